import { expect, test } from "vitest";
import { compactResponses, createEndpoint, HttpError, type Transport } from "../../src/wire/index.ts";
import { asJson } from "./responses-support.ts";
import { BODY, bytes, endpointOver, failureOf, KEY, replay, serve } from "./support.ts";

const never = new AbortController().signal;
const item = { type: "compaction", id: "cmp_1", encrypted_content: "blob" };
/** As documented, field for field. */
const answer = {
  id: "cmp_1",
  object: "response.compaction",
  created_at: 1_748_895_600,
  model: "grok-4.7",
  output: [item],
  usage: {
    input_tokens: 12_000,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 800,
    output_tokens_details: { reasoning_tokens: 240 },
    total_tokens: 12_800,
    dropped_message_count: 45,
  },
};

const compact = (transport: Transport) => compactResponses(endpointOver(transport), BODY, { signal: never });

test("a compaction is read as documented, and its output is kept whole and unchanged", async () => {
  const odd = { ...item, created_by: "xai", nested: { any: [1] } };
  const extra = { type: "hologram", light: 7 };
  const compacted = await compact(asJson({ ...answer, output: [odd, extra], unknown: 1 }));
  expect(compacted).toEqual({ ...answer, output: [odd, extra] });
});

test("what the server does not say stays unsaid", async () => {
  const bare = await compact(asJson({ output: [item], usage: { input_tokens: "many", dropped_message_count: -1 } }));
  expect(bare).toEqual({ id: "", object: "response.compaction", model: "", output: [item] });
});

test.each([
  ["no object", "[]", "a compaction has no list of output"],
  ["no output", { ...answer, output: undefined }, "a compaction has no list of output"],
  ["output that is no list", { ...answer, output: item }, "a compaction has no list of output"],
  ["an empty output", { ...answer, output: [] }, "the output holds no compaction"],
  [
    "a compaction without its content",
    { ...answer, output: [{ type: "compaction", id: "cmp_1" }] },
    "holds no compaction",
  ],
  ["one whose content is empty", { ...answer, output: [{ ...item, encrypted_content: "" }] }, "holds no compaction"],
  ["an item that is none", { ...answer, output: [item, "text"] }, "an item of the output has no type"],
])("an answer with %s is refused, and may be tried again", async (_, json, message) => {
  expect(await failureOf(compact(typeof json === "string" ? replayJson(json) : asJson(json)))).toMatchObject({
    code: "malformed_event",
    retryable: true,
    message: expect.stringContaining(message),
  });
});

const replayJson = (text: string) => replay([bytes(text)], { headers: { "content-type": "application/json" } });

test("an error in the body of a good answer is that error", async () => {
  const body = '{"code":"The service is currently unavailable","error":"Timed out waiting for first token"}';
  expect(await failureOf(compact(replayJson(body)))).toMatchObject({ retryable: true });
});

test("over a real connection it is one POST that asks for JSON, with its request id", async () => {
  const seen: object[] = [];
  await using server = await serve((request, response) => {
    seen.push({ method: request.method, url: request.url, accept: request.headers.accept });
    response.writeHead(200, { "content-type": "application/json", "x-request-id": "req-9" });
    response.end(JSON.stringify(answer));
  });
  const endpoint = createEndpoint({ apiKey: KEY, baseUrl: server.url });
  expect(await compactResponses(endpoint, BODY, { signal: never, requestId: "mine" })).toEqual({
    ...answer,
    request_id: "req-9",
  });
  expect(seen).toEqual([{ method: "POST", url: "/v1/responses/compact", accept: "application/json" }]);
});

test("a refused blob is an invalid request in the server's words, and nothing to try again", async () => {
  const words = "Could not decode the compaction blob. Ensure it is unmodified from the compact response.";
  const refused = replay([bytes(JSON.stringify({ code: "invalid-argument", error: words }))], {
    status: 400,
    headers: { "content-type": "application/json" },
  });
  const error = await failureOf(compact(refused));
  expect(error).toBeInstanceOf(HttpError);
  expect(error).toMatchObject({ status: 400, retryable: false, message: expect.stringContaining(words) });
});
