import { describe, expect, test } from "vitest";
import { bytes, endpointOver, failureOf, frames, readAll, replay } from "./support.ts";

const END = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };

describe("an answer of the wrong kind", () => {
  test("that is a web page is refused without showing it (row 33)", async () => {
    const transport = replay([bytes("<html>Log in with your secret</html>")], {
      headers: { "content-type": "text/html; charset=utf-8" },
    });
    const error = await failureOf(readAll(endpointOver(transport)));
    expect(error).toMatchObject({ code: "unexpected_content_type", retryable: false });
    expect(String(error)).toContain("text/html: a web page");
    expect(String(error)).not.toContain("Log in");
  });

  test("that is text is shown up to 200 characters", async () => {
    const transport = replay([bytes("x".repeat(9999))], { headers: { "content-type": "text/plain" } });
    const error = await failureOf(readAll(endpointOver(transport)));
    expect(String(error)).toContain(`"${"x".repeat(200)}"`);
    expect(String(error)).not.toContain("x".repeat(201));
  });

  test.each([
    ["", "stream_incomplete"],
    ["{", "malformed_event"],
    ["{}", "unexpected_content_type"],
    ["[]", "unexpected_content_type"],
    ['{"choices":[]}', "unexpected_content_type"],
    ['{"choices":[{"message":{"content":"half"}}]}', "stream_incomplete"],
  ])("such as the JSON %j is %s (row 34)", async (text, code) => {
    const transport = replay([bytes(text)], { headers: { "content-type": "application/json" } });
    expect(await failureOf(readAll(endpointOver(transport)))).toMatchObject({ code });
  });

  test("that is empty is an incomplete stream (row 35)", async () => {
    expect(await failureOf(readAll(endpointOver(replay([]))))).toMatchObject({ code: "stream_incomplete" });
  });

  test("that does not say what it is is read as the stream that was asked for", async () => {
    const transport = replay([bytes(frames([END]))], { headers: { "content-type": "" } });
    expect((await readAll(endpointOver(transport))).completion.choices).toHaveLength(1);
  });

  test("that is JSON of more than 16 MiB is not read to its end", async () => {
    const read = new Uint8Array(1024 * 1024).fill(0x20);
    const transport = replay(
      Array.from({ length: 40 }, () => read),
      { headers: { "content-type": "application/json" } },
    );
    expect(await failureOf(readAll(endpointOver(transport)))).toMatchObject({ code: "event_too_large" });
  });
});
