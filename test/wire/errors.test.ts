import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentError } from "../../src/errors.ts";
import { HttpError } from "../../src/wire/index.ts";
import { bytes, completionOf, createFakeClock, failureOf, frames, KEY, replay } from "./support.ts";

async function refused(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = { "content-type": "application/json" },
): Promise<HttpError> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const error = await failureOf(completionOf(replay([bytes(text)], { status, headers }), { clock: createFakeClock() }));
  if (!(error instanceof HttpError)) throw error;
  return error;
}

describe("an error status", () => {
  const wrongKey = "Incorrect API key provided. You can obtain an API key from https://console.x.ai.";
  const cases: readonly (readonly [number, unknown, string, boolean])[] = [
    [400, { code: "invalid-argument", error: wrongKey }, "invalid_key", false],
    [400, { code: "invalid-argument", error: "Bad schema" }, "invalid_request", false],
    [
      400,
      {
        code: "invalid-argument",
        error: "This model's maximum prompt length is 500000 but the request contains 620215 tokens.",
      },
      "context_overflow",
      false,
    ],
    [
      400,
      { code: "Client specified an invalid argument", error: "Each message must have at least one content element." },
      "invalid_request",
      false,
    ],
    [400, { error: { message: "Unsupported", type: "invalid_request_error", code: 17 } }, "invalid_request", false],
    [401, { code: "unauthenticated:no-credentials", error: "No credentials presented." }, "no_credentials", false],
    [401, "", "invalid_key", false],
    [403, { code: "unauthenticated:bad-credentials", error: "Bad token" }, "invalid_key", false],
    [403, { code: "The caller does not have permission", error: "no credits" }, "permission_denied", false],
    [404, { code: "not-found", error: "The model X does not exist" }, "not_found", false],
    [405, "", "http_status", false],
    [409, "", "http_status", false],
    [410, { error: "Live search is deprecated." }, "gone", false],
    [413, "<html><body>too big</body></html>", "invalid_request", false],
    [413, "prompt is too long", "context_overflow", false],
    [415, "", "invalid_request", false],
    [418, "", "http_status", false],
    [
      422,
      "Failed to deserialize the JSON body into the target type: tools[0].type: unknown variant `web_search`",
      "unprocessable",
      false,
    ],
    [429, { code: "resource-exhausted", error: "Too many requests for team t and model m." }, "rate_limited", true],
    [429, { error: "too many tokens, maximum prompt length" }, "rate_limited", true],
    [498, "", "overloaded", true],
    [500, "", "server_error", true],
    [502, "<!DOCTYPE html><html><head><title>Bad</title></head></html>", "server_error", true],
    [503, { code: "The service is currently unavailable", error: "x" }, "server_error", true],
    [522, "<html></html>", "server_error", true],
    [525, "", "server_error", false],
    [529, "", "overloaded", true],
  ];

  test.each(cases)("%i %j is %s (retryable: %s)", async (status, body, code, retryable) => {
    const error = await refused(status, body);
    expect(error).toMatchObject({ code, retryable, status });
    expect(error.message).toMatch(new RegExp(`^api\\.x\\.ai answered ${status}`));
  });

  test("names host, status, code, reason, advice and request id", async () => {
    const headers = { "x-request-id": "req-1", "content-type": "application/json" };
    const error = await refused(404, { code: "not-found", error: "The model x does not exist" }, headers);
    expect(error.message).toBe(
      "api.x.ai answered 404 (not-found): The model x does not exist. Check the model name and the base URL; models.list() shows what this key may use. Request id req-1.",
    );
    expect(error).toMatchObject({ requestId: "req-1", serverCode: "not-found" });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: "not_found", status: 404, requestId: "req-1" });
  });

  test("never shows a page of HTML", async () => {
    for (const page of [
      "<!DOCTYPE html><p>nginx</p>",
      "  <html>nginx</html>",
      "<?xml version='1.0'?>nginx",
      '{"error":"<html>nginx</html>"}',
    ]) {
      expect((await refused(503, page)).message).not.toContain("nginx");
    }
  });

  test("shows the inner text of a message that is JSON, without xAI's marker", async () => {
    const inner = JSON.stringify({ code: "deep", error: "[WKE=permission:x] The inner reason" });
    expect((await refused(403, { error: inner })).message).toContain("answered 403 (deep): The inner reason. ");
  });

  test("is not retried where the server says so", async () => {
    expect((await refused(503, "", { "x-should-retry": "false" })).retryable).toBe(false);
  });

  test("survives a body that breaks off", async () => {
    const transport = replay([bytes('{"error":')], { status: 503, error: new TypeError("terminated") });
    expect(await failureOf(completionOf(transport))).toMatchObject({ code: "server_error", status: 503 });
  });

  test("is read without trusting any of it", async () => {
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        fc.json(),
        fc.record({ error: tie("value"), code: fc.jsonValue(), message: fc.jsonValue() }, { requiredKeys: [] }),
      ),
    })).value;
    await fc.assert(
      fc.asyncProperty(values, fc.integer({ min: 400, max: 599 }), async (body, status) => {
        expect(await refused(status, JSON.stringify(body) ?? "")).toBeInstanceOf(HttpError);
      }),
    );
  });
});

describe("a wait the server asks for", () => {
  const now = Date.UTC(2026, 10, 20);
  const at = (ms: number): string => new Date(ms).toUTCString();
  const waitOf = async (headers: Readonly<Record<string, string>>) => (await refused(429, "", headers)).retryAfterMs;

  test.each([
    ["seconds", { "retry-after": "7" }, 7000],
    ["fractions of a second", { "retry-after": "1.5" }, 1500],
    ["0", { "retry-after": "0" }, 0],
    ["milliseconds, which count before seconds", { "retry-after-ms": "250", "retry-after": "7" }, 250],
    ["a date", { "retry-after": at(now + 9000) }, 9000],
    ["a date by a clock other than ours", { "retry-after": at(9000), date: at(0) }, 9000],
  ])("is read as %s", async (_, headers, waitMs) => expect(await waitOf(headers)).toBe(waitMs));

  test.each(["", "-5", "NaN", "1e309", "Infinity", "soon", "0x10", at(0), "99999999999999999999"])(
    "is ignored when it says %j",
    async (text) => expect(await waitOf({ "retry-after": text })).toBeUndefined(),
  );

  test("is never negative, not a number or endless, whatever is sent", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (after, date) => {
        const waitMs = await waitOf({ "retry-after": after, "retry-after-ms": date, date });
        expect(waitMs === undefined || (Number.isFinite(waitMs) && waitMs >= 0)).toBe(true);
      }),
    );
  });

  test("is in the message", async () => {
    expect((await refused(429, "", { "retry-after": "86400" })).message).toContain("It asks to wait 24 h.");
  });
});

describe("an error in an answer that began with 200", () => {
  const unavailable = { code: "The service is currently unavailable", error: "Timed out waiting for first token" };
  const capacity = {
    type: "error",
    message: "The model is currently at capacity due to high demand. Please try again in a few minutes",
  };

  test("as a JSON body is that error", async () => {
    const transport = replay([bytes(JSON.stringify(unavailable))], { headers: { "content-type": "application/json" } });
    const error = await failureOf(completionOf(transport));
    expect(error).toMatchObject({ code: "overloaded", retryable: true, status: 200 });
  });

  const cases: readonly (readonly [unknown, string, boolean])[] = [
    [unavailable, "overloaded", true],
    [capacity, "overloaded", true],
    [{ error: { message: "Too many requests", code: "resource-exhausted" } }, "rate_limited", true],
    [{ error: { message: "slow down", code: 429 } }, "rate_limited", true],
    [{ code: "invalid-argument", error: "prompt is too long" }, "context_overflow", false],
    [{ code: "invalid-argument", error: "no" }, "invalid_request", false],
    [{ error: { message: "boom", code: 500 } }, "server_error", true],
    [{ error: "boom" }, "server_error", true],
    [{ error: {} }, "server_error", true],
  ];

  test.each(cases)("as a data line %j is %s (rows 36, 37)", async (line, code, retryable) => {
    const text = { choices: [{ index: 0, delta: { content: "half an ans" } }] };
    const error = await failureOf(completionOf(replay([bytes(frames([text, line]))])));
    expect(error).toMatchObject({ code, retryable });
    expect(error).toBeInstanceOf(HttpError);
  });

  test("as a named event is that error, JSON or not (row 36)", async () => {
    for (const data of ['{"message":"at capacity"}', "at capacity", '{"choices":[],"message":"at capacity"}']) {
      const error = await failureOf(completionOf(replay([bytes(`event: error\ndata: ${data}\n\n`)])));
      expect(error).toMatchObject({ code: "overloaded" });
      expect(String(error)).toContain("at capacity");
    }
  });

  test("is not seen in an error field that is null or empty", async () => {
    const chunk = { error: null, choices: [{ delta: { content: "a" }, finish_reason: "stop" }] };
    expect((await completionOf(replay([bytes(frames([chunk]))]))).choices[0]?.message.content).toBe("a");
    expect((await completionOf(replay([bytes(frames([{ ...chunk, error: "" }]))]))).choices).toHaveLength(1);
  });
});

describe("the key", () => {
  const echo = `Incorrect API key provided: ${KEY}, or Bearer ${KEY}, or xai-AbCdEf123456`;
  const reads = [
    replay([bytes(JSON.stringify({ code: echo, error: echo }))], { status: 400, headers: { "x-request-id": KEY } }),
    replay([bytes(JSON.stringify({ error: { message: echo, code: echo, param: echo } }))], { status: 500 }),
    replay([bytes(echo)], { status: 401 }),
    replay([bytes(frames([{ error: echo }]))]),
    replay([bytes(frames([`{"broken": "${echo}`]))]),
    replay([bytes(echo)], { headers: { "content-type": `text/${KEY}` } }),
    replay([bytes(echo)], { headers: { "content-type": "application/json" } }),
    replay([], { status: 302, headers: { location: `https://${KEY}.example.com/${KEY}?key=${KEY}` } }),
  ];

  test.each(reads.map((transport, place) => [place, transport] as const))(
    "is in no error, though the server echoes it (%i)",
    async (_, transport) => {
      const error = await failureOf(completionOf(transport));
      expect(error).toBeInstanceOf(AgentError);
      for (const shown of [inspect(error, { depth: 9 }), JSON.stringify(error), String(error)]) {
        expect(shown).not.toContain(KEY);
        expect(shown.toLowerCase()).not.toMatch(/xai-[a-z]{2}/);
      }
    },
  );

  test("of a server that is not xAI, and secret headers, are taken out as well", async () => {
    const transport = replay([bytes("token hunter2-hunter2 or s3cr3t-header refused")], { status: 400 });
    const options = { apiKey: "hunter2-hunter2", headers: { "X-Proxy-Auth": "s3cr3t-header" } };
    const error = await failureOf(completionOf(transport, options));
    expect(String(error)).toContain("token [redacted] or [redacted] refused");
  });
});
