import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { streamChat } from "../../src/wire/index.ts";
import { BODY, bytes, completionOf, endpointOver, failureOf, frames, readAll, replay, splitAt } from "./support.ts";

const delta = (content: string): string => JSON.stringify({ choices: [{ delta: { content } }] });
const END = JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }] });

const newline = fc.constantFrom("\n", "\r", "\r\n");
/** What may stand between events and means nothing. */
const noise = fc.constantFrom(
  "",
  ": keep-alive",
  "retry: 1000",
  "unknown: field",
  "id: 7",
  "id: a\u0000b",
  "retry: soon",
  "data",
  "event: message",
);
const text = fc.string({ unit: "grapheme", maxLength: 12 });

describe("a stream", () => {
  test("gives the same text whatever its line ends, splits, comments and byte order mark (rows 44, 45, 46, 47)", async () => {
    const event = fc.record({ content: text, newline, noise, space: fc.constantFrom("", " ") });
    const shape = fc.record({
      events: fc.array(event, { minLength: 1, maxLength: 12 }),
      hasMark: fc.boolean(),
      offsets: fc.array(fc.nat(5000), { maxLength: 40 }),
      done: fc.constantFrom("", "data: [DONE]\n\n", "data:[DONE]\r\r", "data: [DONE]\r\n\r\nrubbish"),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ events, hasMark, offsets, done }) => {
        const lines = events.map((item) => {
          const extra = item.noise === "" ? "" : item.noise + item.newline;
          return `${extra}data:${item.space}${delta(item.content)}${item.newline}${item.newline}`;
        });
        const whole = bytes(`${hasMark ? "\ufeff" : ""}${lines.join("")}data: ${END}\n\n${done}`);
        const completion = await completionOf(replay(splitAt(whole, offsets)));
        expect(completion.choices[0]?.message.content).toBe(events.map((item) => item.content).join(""));
      }),
      { numRuns: 300 },
    );
  });

  test("split at every byte, in the middle of CRLF and of characters too, gives the same text (row 44)", async () => {
    const whole = bytes(`\ufeffdata: ${delta("Grüße 👋🏽")}\r\n\r\ndata: ${END}\r\n\r\ndata: [DONE]\r\n\r\n`);
    for (let offset = 0; offset <= whole.length; offset++) {
      const completion = await completionOf(replay([whole.subarray(0, offset), whole.subarray(offset)]));
      expect(completion.choices[0]?.message.content).toBe("Grüße 👋🏽");
    }
  });

  test("loses its first byte order mark and keeps every other (row 46)", async () => {
    const completion = await completionOf(replay([bytes(`\ufeff${frames([delta("\ufeffa\ufeff"), END])}`)]));
    expect(completion.choices[0]?.message.content).toBe("\ufeffa\ufeff");
  });

  test("loses one byte order mark only: a second one spoils the line it stands in, as WHATWG says (row 46)", async () => {
    const completion = await completionOf(replay([bytes(`\ufeff\ufeff${frames([delta("a"), delta("b"), END])}`)]));
    expect(completion.choices[0]?.message.content).toBe("b");
  });

  test("joins an event of several data lines (row 47)", async () => {
    const [head, tail] = [delta("one").slice(0, 20), delta("one").slice(20)];
    const completion = await completionOf(replay([bytes(`data: ${head}\ndata: ${tail}\n\ndata: ${END}\n\n`)]));
    expect(completion.choices[0]?.message.content).toBe("one");
  });

  test("drops a last event that has no blank line after it, and so is incomplete (row 48)", async () => {
    const error = await failureOf(completionOf(replay([bytes(`${frames([delta("a")])}data: ${END}\n`)])));
    expect(error).toMatchObject({ code: "stream_incomplete", retryable: true });
  });

  test("ends at [DONE], whatever comes after it (row 14)", async () => {
    const rest = ["data: {broken\n\n", frames([{ error: "late" }]), frames([delta("more")])];
    for (const late of rest) {
      const completion = await completionOf(replay([bytes(frames([delta("a"), END, "[DONE]"]) + late), bytes(late)]));
      expect(completion.choices[0]?.message.content).toBe("a");
    }
  });

  test("is read one array for each network read", async () => {
    const transport = replay([bytes(frames([delta("a"), delta("b")])), bytes("data: "), bytes(`${END}\n\n`)]);
    const answer = await streamChat(endpointOver(transport), BODY, { signal: new AbortController().signal });
    const sizes: number[] = [];
    for await (const chunks of answer.chunks) sizes.push(chunks.length);
    expect(sizes).toEqual([2, 1]);
  });

  test("of any bytes is read as TextDecoder reads them all at once, wherever its reads end (row 49)", async () => {
    // Bytes of JSON text: nothing that ends a line or the text, or needs an escape. Many are parts of characters.
    const byte = fc.oneof(
      fc.integer({ min: 0x80, max: 0xff }),
      fc.constantFrom(0x61, 0xe2, 0x82, 0xac, 0xef, 0xbb, 0xbf),
    );
    const shape = fc.record({
      content: fc.array(byte, { maxLength: 24 }),
      offsets: fc.array(fc.nat(120), { maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ content, offsets }) => {
        const [before = "", after = ""] = frames([delta("?"), END]).split("?");
        const whole = Uint8Array.from([...bytes(before), ...content, ...bytes(after)]);
        const completion = await completionOf(replay(splitAt(whole, offsets)));
        const expected = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(content));
        expect(completion.choices[0]?.message.content).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("of bytes that are no UTF-8 is read with the replacement character (row 49)", async () => {
    const whole = bytes(frames([delta("a?b"), END])).map((byte) => (byte === 0x3f ? 0xff : byte));
    expect((await completionOf(replay([whole]))).choices[0]?.message.content).toBe("a\ufffdb");
  });
});

describe("an event that is too large", () => {
  const chunk = new Uint8Array(1024 * 1024).fill(0x61);
  const endless = (first: string) => replay([bytes(first), ...Array.from({ length: 40 }, () => chunk)]);

  test("is refused while its line still grows (row 55)", async () => {
    let taken = 0;
    const transport = endless("data: ");
    const counting: typeof transport = Object.assign(
      async (request: Parameters<typeof transport>[0]) => {
        const answer = await transport(request);
        const body = (async function* () {
          for await (const read of answer.body) {
            taken++;
            yield read;
          }
        })();
        return { ...answer, body };
      },
      { requests: [] },
    );
    const error = await failureOf(completionOf(counting));
    expect(error).toMatchObject({ code: "event_too_large", retryable: false });
    expect(taken).toBeLessThan(20);
  });

  test("is refused when it grows by many short lines (row 54)", async () => {
    const lines = bytes(`data: ${"a".repeat(1023)}\n`.repeat(1024));
    const error = await failureOf(completionOf(replay(Array.from({ length: 40 }, () => lines))));
    expect(error).toMatchObject({ code: "event_too_large" });
  });

  test("is refused when it comes whole in one read (row 54)", async () => {
    const error = await failureOf(completionOf(replay([bytes(frames(["a".repeat(17 * 1024 * 1024)]))])));
    expect(error).toMatchObject({ code: "event_too_large" });
  });

  test("of 8 MiB is not too large, nor slow for coming in small reads", async () => {
    const content = "b".repeat(8 * 1024 * 1024);
    const whole = bytes(frames([delta(content), END]));
    const reads = Array.from({ length: Math.ceil(whole.length / 4096) }, (_, place) =>
      whole.subarray(place * 4096, (place + 1) * 4096),
    );
    expect((await completionOf(replay(reads))).choices[0]?.message.content).toHaveLength(content.length);
  });
});

describe("what is in a stream and not of it", () => {
  test("an object of an unknown kind is kept whole (row 51)", async () => {
    const item = { type: "conversation.note", text: "hello" };
    const { chunks } = await readAll(endpointOver(replay([bytes(frames([item, delta("a"), END]))])));
    expect(chunks[0]).toEqual({ type: "unknown", item });
  });

  test("a named keep-alive is no error, JSON or not (row 51)", async () => {
    const ping = 'event: ping\ndata: {"type":"ping"}\n\nevent: ping\ndata: still here\n\n';
    const { chunks, completion } = await readAll(endpointOver(replay([bytes(ping + frames([delta("a"), END]))])));
    expect(completion.choices[0]?.message.content).toBe("a");
    expect(chunks.slice(0, 2)).toEqual([
      { type: "unknown", event: "ping", item: { type: "ping" } },
      { type: "unknown", event: "ping", item: "still here" },
    ]);
  });

  test("broken JSON fails the turn, without showing what it was (row 50)", async () => {
    const error = await failureOf(completionOf(replay([bytes(frames([delta("a"), '{"choices":[secret', END]))])));
    expect(error).toMatchObject({ code: "malformed_event", retryable: true });
    expect(String(error)).not.toContain("secret");
  });
});
