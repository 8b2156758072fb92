import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createEndpoint,
  createMessagesAccumulator,
  decodeMessagesEvent,
  HttpError,
  type MessagesEvent,
  streamMessages,
} from "../../src/wire/index.ts";
import { asJson, bare, bodyOf, fold, type Json, named, over, readMessage, readOver } from "./messages-support.ts";
import {
  BODY,
  bytes,
  createFakeClock,
  endpointOver,
  failureOf,
  frames,
  KEY,
  replay,
  serve,
  settle,
  splitAt,
} from "./support.ts";

const start = (fields: object = {}): Json => ({
  type: "message_start",
  message: { id: "m", type: "message", role: "assistant", model: "grok-4.7", content: [], ...fields },
});
const block = (content_block: object, index = 0): Json => ({ type: "content_block_start", index, content_block });
const delta = (piece: object, index = 0): Json => ({ type: "content_block_delta", index, delta: piece });
const stop = (index = 0): Json => ({ type: "content_block_stop", index });
const end = (stop_reason: string | null = "end_turn", fields: object = {}): Json => ({
  type: "message_delta",
  delta: { stop_reason, stop_sequence: null },
  ...fields,
});
const STOP = { type: "message_stop" };
const PING = { type: "ping" };
const text = (piece: string, index = 0): Json => delta({ type: "text_delta", text: piece }, index);
const json = (partial_json: unknown, index = 0): Json => delta({ type: "input_json_delta", partial_json }, index);
const TEXT = { type: "text", text: "" };
const CALL = { type: "tool_use", id: "t", name: "weather", input: {} };
const whole = (...content: Json[]): Json[] => [start(), ...content, end(), STOP];
const SUN = whole(block(TEXT), text("Sun"), stop());

const failing = (payloads: readonly Json[]): Promise<unknown> => failureOf(readOver(over(payloads)));
const signal = new AbortController().signal;

describe("a request for a message", () => {
  test("goes to /messages with the version of the protocol", async () => {
    const transport = over(SUN);
    await readMessage(endpointOver(transport), { requestId: "id-1" });
    expect(transport.requests[0]).toMatchObject({
      method: "POST",
      url: "https://api.x.ai/v1/messages",
      headers: {
        accept: "text/event-stream",
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "x-client-request-id": "id-1",
      },
    });
  });

  test("takes another version, from the request or from the endpoint", async () => {
    const [first, second] = [over(SUN), over(SUN)];
    await readMessage(endpointOver(first), { headers: { "Anthropic-Version": "2099-01-01", "anthropic-beta": "b" } });
    expect(first.requests[0]?.headers).toMatchObject({ "anthropic-version": "2099-01-01", "anthropic-beta": "b" });
    await readMessage(endpointOver(second, { headers: { "anthropic-version": "2098-01-01" } }));
    expect(second.requests[0]?.headers["anthropic-version"]).toBe("2098-01-01");
  });

  test("tells the id of its answer by either name, and whether it was simulated", async () => {
    const open = (headers: Record<string, string>) =>
      streamMessages(endpointOver(replay([], { headers })), BODY, { signal });
    expect(await open({ "request-id": "req_a" })).toMatchObject({ requestId: "req_a", simulated: false });
    expect(await open({ "x-request-id": "b", "request-id": "c" })).toMatchObject({ requestId: "b" });
    expect(await open({ "x-fairwitness-simulated": "1" })).toMatchObject({ requestId: undefined, simulated: true });
  });

  test("never shows a key, in whichever header it went", async () => {
    const echo = replay([bytes(JSON.stringify({ error: { message: `wrong: ${KEY}, other-secret` } }))], {
      status: 401,
    });
    for (const auth of ["bearer", "x-api-key", "both"] as const) {
      const error = await failureOf(readOver(echo, { auth }));
      expect(error).toMatchObject({ code: "invalid_key" });
      expect(inspect(error)).not.toContain(KEY);
    }
    const given = readMessage(endpointOver(echo), { headers: { "x-api-key": "other-secret" } });
    expect(inspect(await failureOf(given))).not.toContain("other-secret");
  });
});

describe("an error of a server of the Messages protocol is typed", () => {
  const shapes: readonly (readonly [string, string, number, object])[] = [
    ["invalid_request_error", "max_tokens: must be greater than 0", 400, { code: "invalid_request", retryable: false }],
    ["invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", 400, { code: "context_overflow" }],
    [
      "invalid_request_error",
      "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
      400,
      { code: "context_overflow", retryable: false },
    ],
    ["authentication_error", "invalid x-api-key", 401, { code: "invalid_key", retryable: false }],
    ["authentication_error", "Please sign in", 401, { code: "invalid_key", retryable: false }],
    ["billing_error", "Your credit balance is too low", 402, { code: "permission_denied", retryable: false }],
    ["permission_error", "Not for this key", 403, { code: "permission_denied", retryable: false }],
    ["not_found_error", "model: claude-9", 404, { code: "not_found", retryable: false }],
    ["request_too_large", "Request exceeds the maximum size", 413, { code: "invalid_request", retryable: false }],
    ["rate_limit_error", "This would exceed your limit", 429, { code: "rate_limited", retryable: true }],
    ["api_error", "Internal server error", 500, { code: "server_error", retryable: true }],
    ["timeout_error", "Request timed out", 504, { code: "server_error", retryable: true }],
    ["overloaded_error", "Overloaded", 529, { code: "overloaded", retryable: true }],
  ];

  test.each(shapes)("%s: %s, as status, as event and as JSON body", async (type, message, status, expected) => {
    const error = { type: "error", error: { type, message }, request_id: "req_1" };
    const inStream = await failing([start(), block(TEXT), text("Sun"), error]);
    expect(inStream).toBeInstanceOf(HttpError);
    expect(inStream).toMatchObject({ status: 200, serverCode: type, ...expected });
    expect(await failureOf(readOver(asJson(error, status)))).toMatchObject({ status, serverCode: type, ...expected });
    expect(await failureOf(readOver(asJson(error)))).toMatchObject({ status: 200, serverCode: type, ...expected });
  });

  test("in xAI's own flat shape, and named by its event alone", async () => {
    const flat = { code: "resource-exhausted", error: "Too many requests" };
    expect(await failureOf(readOver(replay([bytes(bare([start(), flat]))])))).toMatchObject({ code: "rate_limited" });
    const lone = replay([bytes(`${named([start()])}event: error\ndata: {"message":"Overloaded"}\n\n`)]);
    expect(await failureOf(readOver(lone))).toMatchObject({ code: "overloaded" });
    const plain = replay([bytes(`${named([start()])}event: error\ndata: Overloaded\n\n`)]);
    expect(await failureOf(readOver(plain))).toMatchObject({ code: "overloaded" });
  });

  test("with what stood before it handed out first", async () => {
    const types: string[] = [];
    const read = async () => {
      const broken = over([start(), block(TEXT), { type: "error", error: { type: "overloaded_error" } }]);
      const stream = await streamMessages(endpointOver(broken), BODY, { signal });
      for await (const batch of stream.events) types.push(...batch.map(({ type }) => type));
    };
    expect(await failureOf(read())).toMatchObject({ code: "overloaded" });
    expect(types).toEqual(["message_start", "content_block_start"]);
  });

  test("but the failure of a server's tool is none: the answer goes on", async () => {
    const failed = {
      type: "web_search_tool_result",
      tool_use_id: "s",
      content: { type: "web_search_tool_result_error", error_code: "max_uses_exceeded" },
    };
    expect((await fold(whole(block(failed), stop()))).content).toEqual([{ type: "other", block: failed }]);
  });
});

describe("the end of a message", () => {
  test("is message_stop with a stop reason before it: anything less is stream_incomplete", async () => {
    const begun = [start(), block(TEXT), text("Sun"), stop()];
    const short = [[], [start()], begun, [...begun, end()], [...begun, STOP], [...begun, end(null), STOP], [STOP]];
    for (const payloads of short) {
      expect(await failing(payloads)).toMatchObject({ code: "stream_incomplete", retryable: true });
      const withDone = readOver(replay([bytes(bare(payloads))]));
      expect(await failureOf(withDone)).toMatchObject({ code: "stream_incomplete", retryable: true });
    }
    expect(await failureOf(readOver(asJson({ type: "message", content: [] })))).toMatchObject({
      code: "stream_incomplete",
    });
  });

  test("settles the answer: what follows is handed out, and changes and spoils nothing", async () => {
    const late = [text("more"), block(TEXT, 1), end("max_tokens"), STOP, { type: "error", error: {} }, { zz: 1 }];
    const { events, answer } = await readOver(replay([bytes(`${named(SUN)}${frames(late)}data: {broken\n\n`)]));
    expect(answer).toEqual(await fold(SUN));
    const after = events.slice(SUN.length);
    expect(after.slice(0, -1).map((event) => event.type === "unknown" && event.item)).toEqual(late);
    expect(after.at(-1)).toMatchObject({ event: "error_after_end", item: { code: "malformed_event" } });
  });

  test("without a reason settles nothing: an error behind it is the outcome", async () => {
    const broken = [start(), STOP, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }];
    expect(await failing(broken)).toMatchObject({ code: "overloaded" });
  });

  test("settles what an accumulator holds", () => {
    const accumulator = createMessagesAccumulator();
    for (const payload of SUN) accumulator.add(decodeMessagesEvent(payload));
    const answer = accumulator.finish();
    const late = [text("more"), block(TEXT), block(TEXT, 1), stop(7), start({ id: "other" }), end("refusal")];
    for (const payload of late) accumulator.add(decodeMessagesEvent(payload));
    expect(accumulator.finish()).toEqual(answer);
  });

  test("is not waited for on a connection that stays open", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(named(SUN));
    });
    const { events, answer } = await readMessage(createEndpoint({ apiKey: KEY, baseUrl: server.url }));
    expect(answer.content).toEqual([{ type: "text", text: "Sun" }]);
    expect(events).toHaveLength(SUN.length);
  });

  test("reached, a connection that breaks is told and forgiven", async () => {
    const broken = replay([bytes(named(SUN))], { error: new Error("reset") });
    const { events, answer } = await readOver(broken);
    expect(answer.stop_reason).toBe("end_turn");
    expect(events.at(-1)).toMatchObject({ event: "error_after_end", item: { code: "connection_failed" } });
  });

  test("tells the stop sequence, the details of a refusal, and reasons nobody knows", async () => {
    const sequence = end("stop_sequence", { delta: { stop_reason: "stop_sequence", stop_sequence: "END" } });
    expect(await fold([start(), sequence, STOP])).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "END" });
    const stop_details = { type: "refusal", category: "cyber" };
    const refusal = end("refusal", { delta: { stop_reason: "refusal", stop_details } });
    expect(await fold([start(), refusal, STOP])).toMatchObject({ stop_reason: "refusal", stop_details, content: [] });
    expect(await fold([start(), end("zz_new"), STOP])).toMatchObject({ stop_reason: "zz_new" });
  });

  test("is told twice without harm, and differently not", async () => {
    expect(await fold([start(), end(), end(null), end(), STOP])).toMatchObject({ stop_reason: "end_turn" });
    expect(await failing([start(), end("max_tokens"), end(), STOP])).toMatchObject({ code: "malformed_event" });
  });
});

describe("blocks of a message", () => {
  test("interleave, and stand in the order of their indexes", async () => {
    const answer = await fold(
      whole(block(CALL, 2), block(TEXT, 0), json('{"x":', 2), text("Sun", 0), json("1}", 2), text("ny", 0), stop(2)),
    );
    expect(answer.content).toEqual([
      { type: "text", text: "Sunny" },
      { type: "tool_use", id: "t", name: "weather", input_json: '{"x":1}' },
    ]);
    expect(answer.raw).toEqual([
      { type: "text", text: "Sunny" },
      { ...CALL, input: { x: 1 } },
    ]);
  });

  test("may begin with some of their text", async () => {
    const thinking = { type: "thinking", thinking: "Hm", signature: "s1" };
    const piece = delta({ type: "thinking_delta", thinking: "m" }, 1);
    const answer = await fold(whole(block({ ...TEXT, text: "Su" }), text("n"), block(thinking, 1), piece));
    expect(answer.raw).toEqual([
      { type: "text", text: "Sun" },
      { ...thinking, thinking: "Hmm" },
    ]);
  });

  test("of thinking get their signature from the last delta that has one", async () => {
    const sign = (signature: string) => delta({ type: "signature_delta", signature });
    const begun = { type: "thinking", thinking: "" };
    const signed = await fold(whole(block(begun), sign("a"), sign("b"), sign("")));
    expect(signed.content).toEqual([{ ...begun, signature: "b" }]);
    expect(signed.raw).toEqual([{ ...begun, signature: "b" }]);
    const unsigned = await fold(whole(block(begun)));
    expect(unsigned.content).toEqual([{ ...begun, signature: "" }]);
    expect(unsigned.raw).toEqual([begun]);
  });

  test("keep their citations, those they began with first", async () => {
    const [a, b] = [{ url: "a" }, { url: "b" }];
    const cite = delta({ type: "citations_delta", citation: b });
    const answer = await fold(whole(block({ ...TEXT, citations: [a] }), text("Sun"), cite));
    expect(answer.content).toEqual([{ type: "text", text: "Sun", citations: [a, b] }]);
    expect(answer.raw).toEqual([{ type: "text", text: "Sun", citations: [a, b] }]);
    expect((await fold(whole(block({ ...TEXT, citations: [] })))).content).toEqual([TEXT]);
  });

  test("of kinds nobody knows are kept whole, with the deltas that are known", async () => {
    const other = { type: "zz_block", deep: [{ n: null }] };
    const unknown = { type: "zz_delta", zz: 1 };
    const payloads = whole(block(other), text("Sun"), json('{"x":1}'), delta(unknown), stop());
    const { events, answer } = await readOver(over(payloads));
    expect(answer.raw).toEqual([{ ...other, text: "Sun", input: { x: 1 } }]);
    expect(answer.content).toEqual([{ type: "other", block: answer.raw[0] }]);
    expect(events[4]).toEqual({ type: "content_block_delta", index: 0, delta: { type: "other", delta: unknown } });
  });

  test("that were compacted get what their delta says", async () => {
    const piece = delta({ type: "compaction_delta", content: "Earlier: sun.", encrypted_content: "e" });
    const answer = await fold(whole(block({ type: "compaction", content: null }), piece, stop()));
    expect(answer.raw).toEqual([{ type: "compaction", content: "Earlier: sun.", encrypted_content: "e" }]);
    expect((await fold(whole(block(TEXT), piece))).raw).toEqual([TEXT]);
  });

  test("that lack what their kind must have are kept as they came, but for calls of ours", async () => {
    const poor = [
      { type: "redacted_thinking" },
      { type: "server_tool_use", input: {} },
      { type: "mcp_tool_use", id: "x" },
    ];
    const answer = await fold(whole(...poor.map(block)));
    expect(answer.raw).toEqual(poor);
    expect(answer.content).toEqual(poor.map((own) => ({ type: "other", block: own })));
    expect(await failing(whole(block({ type: "tool_use", id: "t" })))).toMatchObject({ code: "malformed_event" });
  });
});

describe("the input of a call", () => {
  const callOf = async (...payloads: Json[]) => {
    const { content, raw } = await fold([start(), ...payloads, end("tool_use"), STOP]);
    return { text: content.flatMap((own) => ("input_json" in own ? [own.input_json] : [])), input: raw[0]?.input };
  };
  const { input: _, ...BARE } = CALL;

  test.each([
    ["nothing", [block(CALL)]],
    ["no input at all", [block(BARE)]],
    ["an empty piece", [block(CALL), json("")]],
    ["white space", [block(CALL), json(" ")]],
    ["null", [block({ ...CALL, input: null }), json(null)]],
  ])("that is %s is an empty object", async (_, payloads) => {
    expect(await callOf(...payloads)).toEqual({ text: [expect.stringMatching(/^\{\}$/)], input: {} });
  });

  test("is what the model wrote, and not what the block began with", async () => {
    expect(await callOf(block(CALL), json('{"x": '), json("1}"))).toEqual({ text: ['{"x": 1}'], input: { x: 1 } });
    const begun = block({ ...CALL, input: { y: 2 } });
    expect(await callOf(begun)).toEqual({ text: ['{"y":2}'], input: { y: 2 } });
    expect(await callOf(begun, json('{"x":1}'))).toEqual({ text: ['{"x":1}'], input: { x: 1 } });
    expect(await callOf(block(CALL), json({ x: 1 }))).toEqual({ text: ['{"x":1}'], input: { x: 1 } });
  });

  test("that is no object keeps its text, and goes back as an empty object", async () => {
    for (const broken of ['{"x":', "[1]", '"x"', "7"]) {
      expect(await callOf(block(CALL), json(broken))).toEqual({ text: [broken], input: {} });
    }
  });

  test("cut off by a limit is an answer with half of a call", async () => {
    const answer = await fold([start(), block(CALL), json('{"x":'), end("max_tokens"), STOP]);
    expect(answer).toMatchObject({ stop_reason: "max_tokens", content: [{ input_json: '{"x":' }] });
  });
});

describe("the usage of a message", () => {
  const usageOf = async (first: unknown, ...later: unknown[]) =>
    (await fold([start({ usage: first }), end(), ...later.map((usage) => end(null, { usage })), STOP])).usage;

  test("is cumulative: of each count the last holds", async () => {
    const first = { input_tokens: 43, cache_read_input_tokens: 5, output_tokens: 1, service_tier: "standard" };
    expect(await usageOf(first, { output_tokens: 2 }, { input_tokens: 61, output_tokens: 9 })).toEqual({
      input_tokens: 61,
      cache_read_input_tokens: 5,
      output_tokens: 9,
      service_tier: "standard",
    });
  });

  test("holds thinking, the server's tools and a cost where they are told", async () => {
    const told = {
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 7 },
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
      cost_in_usd_ticks: 1_000,
    };
    expect(await usageOf(told, { output_tokens: 10, cost_in_usd_ticks: 0 })).toEqual({ ...told, output_tokens: 10 });
  });

  test("leaves out what is no count, and is absent when there is none (row 43)", async () => {
    expect(await usageOf({ input_tokens: "many", output_tokens: null, cache_read_input_tokens: -1 })).toBeUndefined();
    expect(await usageOf(undefined, { input_tokens: 3, output_tokens_details: {} })).toEqual({ input_tokens: 3 });
  });
});

describe("contradictions in a stream of messages", () => {
  const cases: readonly (readonly [string, Json[]])[] = [
    ["a piece of a block that never began", whole(text("Sun"))],
    ["text in a call", whole(block(CALL), text("Sun"))],
    ["input in a text", whole(block(TEXT), json("{}"))],
    ["thinking in a text", whole(block(TEXT), delta({ type: "thinking_delta", thinking: "Hm" }))],
    ["a signature on a text", whole(block(TEXT), delta({ type: "signature_delta", signature: "s" }))],
    ["a citation in a call", whole(block(CALL), delta({ type: "citations_delta", citation: {} }))],
    ["a block that goes on after its end", whole(block(TEXT), stop(), text("Sun"))],
    ["two blocks of one index", whole(block(TEXT), text("Sun"), block(TEXT))],
    ["two kinds of one index", whole(block(TEXT), block(CALL))],
    ["a second block after the first one's end", whole(block(TEXT), stop(), block(TEXT))],
    ["tool_use without a call", [start(), block(TEXT), end("tool_use"), STOP]],
    ["content before the first block", [start({ content: [{ type: "text", text: "Sun" }] }), end(), STOP]],
    ["a block that is none", whole({ type: "content_block_start", index: 0, content_block: 7 })],
    ["a delta that is none", whole(block(TEXT), { type: "content_block_delta", index: 0 })],
    ["a block without an index", whole({ type: "content_block_start", content_block: TEXT })],
    ["text that is none", whole(block(TEXT), delta({ type: "text_delta", text: 7 }))],
  ];

  test.each(cases)("%s is malformed, and may be tried again", async (_, payloads) => {
    expect(await failing(payloads)).toMatchObject({ code: "malformed_event", retryable: true });
  });

  test("that take nothing away are tolerated", async () => {
    const reference = await fold(SUN);
    const harmless = [
      [start(), block(TEXT), block(TEXT), text("Sun"), stop(), stop(), stop(4), end(), STOP],
      [start(), start({ id: "other", model: "other" }), block(TEXT), text("Sun"), end(), STOP],
      [start(), block(TEXT), json(""), text("Sun"), PING, text(""), end(), STOP],
      [start(), end(), block(TEXT), text("Sun"), STOP],
    ];
    for (const payloads of harmless) expect(await fold(payloads)).toEqual(reference);
    const headless = await fold(SUN.slice(1));
    expect(headless).toEqual({ ...reference, id: "", model: "" });
  });
});

describe("a whole message as JSON", () => {
  test("is taken at its word, as the events it would have been", async () => {
    const raw = [
      { type: "thinking", thinking: "Hm", signature: "s" },
      { type: "text", text: "Sun", citations: null },
      { ...CALL, input: { x: [1] }, caller: { type: "direct" } },
      { type: "zz" },
    ];
    const body = {
      id: "m",
      type: "message",
      role: "assistant",
      model: "g",
      content: raw,
      stop_reason: "tool_use",
      zz: 1,
    };
    const { events, answer } = await readOver(asJson(body));
    expect(answer).toMatchObject({ id: "m", model: "g", raw, rest: { zz: 1 }, stop_reason: "tool_use" });
    const pieces = events.flatMap((event) => (event.type === "content_block_delta" ? [event.delta] : []));
    expect(pieces).toEqual([
      { type: "thinking_delta", thinking: "Hm" },
      { type: "text_delta", text: "Sun" },
      { type: "input_json_delta", partial_json: '{"x":[1]}' },
    ]);
  });

  test("that is another thing is no message", async () => {
    for (const body of [{ choices: [] }, [], "x", { content: "text" }]) {
      expect(await failureOf(readOver(asJson(body)))).toMatchObject({ code: "unexpected_content_type" });
    }
    for (const content of [[7], [{ type: "tool_use" }], [{ type: "text", text: {} }]]) {
      const broken = readOver(asJson({ content, stop_reason: "end_turn" }));
      expect(await failureOf(broken)).toMatchObject({ code: "malformed_event" });
    }
  });
});

describe("the answer so far", () => {
  test("is one object that grows, and has the whole in the end", () => {
    const accumulator = createMessagesAccumulator();
    const partial = accumulator.partial();
    const seen: unknown[] = [];
    expect(partial).toMatchObject({ type: "message", role: "assistant", id: "", model: "", content: [] });
    for (const payload of [
      start({ usage: { input_tokens: 3 } }),
      block(TEXT),
      text("Sun"),
      text("ny"),
      block(CALL, 1),
      json('{"x"', 1),
      end("tool_use", { usage: { output_tokens: 2 } }),
      STOP,
    ]) {
      accumulator.add(decodeMessagesEvent(payload));
      const { content, stop_reason, usage } = partial;
      seen.push([
        content.map((own) => ("text" in own ? own.text : "input_json" in own && own.input_json)),
        stop_reason,
      ]);
      expect(usage?.input_tokens).toBe(3);
    }
    expect(seen.slice(0, 7)).toEqual([
      [[], undefined],
      [[""], undefined],
      [["Sun"], undefined],
      [["Sunny"], undefined],
      [["Sunny", ""], undefined],
      [["Sunny", '{"x"'], undefined],
      [["Sunny", '{"x"'], "tool_use"],
    ]);
    expect(partial).toMatchObject({ id: "m", usage: { input_tokens: 3, output_tokens: 2 } });
  });
});

describe("a stream that does not get on", () => {
  test("is given up where only pings and empty pieces come", async () => {
    const clock = createFakeClock();
    const feed = Promise.withResolvers<void>();
    const transport = async () => ({
      status: 200,
      header: () => "text/event-stream",
      body: (async function* () {
        yield bytes(named([start(), block(TEXT)]));
        await feed.promise;
        yield bytes(named([PING, text("")]));
        await new Promise(() => {});
      })(),
    });
    const reading = failureOf(readOver(transport, { clock, timeouts: { progressMs: 50, idleMs: 100 } }));
    await settle();
    await clock.advance(60);
    feed.resolve();
    expect(await reading).toMatchObject({ code: "idle_timeout", message: expect.stringContaining("added nothing") });
  });
});

/** Any JSON value in the place of events: without -0, which JSON has not. */
const anything: fc.Arbitrary<Json> = fc.json().map((value) => JSON.parse(value));

/** Events that look like ones of the protocol, and may contradict each other in any way. */
const likeAnEvent: fc.Arbitrary<Json> = fc.record(
  {
    type: fc.constantFrom(
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
      "ping",
      "zz",
    ),
    index: fc.oneof(fc.nat(2), anything),
    message: anything,
    content_block: fc.oneof(fc.constantFrom<Json>(TEXT, CALL, { type: "thinking" }, { type: "zz" }), anything),
    delta: fc.oneof(
      fc.constantFrom<Json>({ type: "text_delta", text: "a" }, { type: "input_json_delta", partial_json: "{" }),
      fc.constantFrom<Json>({ stop_reason: "end_turn" }, { stop_reason: "tool_use" }),
      anything,
    ),
    usage: anything,
  },
  { requiredKeys: ["type"] },
);

describe("whatever a server sends", () => {
  test("is an answer or a typed error, the same however it is split", async () => {
    const outcome = async (reads: readonly Uint8Array[]): Promise<unknown> => {
      try {
        return await readOver(replay(reads));
      } catch (error) {
        expect(["malformed_event", "stream_incomplete", "server_error"]).toContain(Reflect.get(Object(error), "code"));
        return error;
      }
    };
    const payloads = fc.array(fc.oneof({ weight: 9, arbitrary: likeAnEvent }, anything), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(payloads, fc.array(fc.nat(2_000), { maxLength: 9 }), async (sent, offsets) => {
        const stream = bytes(frames(sent.map((payload) => JSON.stringify(payload))));
        expect(await outcome(splitAt(stream, offsets))).toEqual(await outcome([stream]));
      }),
      { numRuns: 300 },
    );
  });

  /** Blocks as a model may make them, each with its pieces. */
  const made = fc.array(
    fc.oneof(
      fc
        .array(fc.string(), { maxLength: 5 })
        .map((pieces) => ({ begun: TEXT, pieces: pieces.map((piece) => text(piece)) })),
      fc.object({ maxDepth: 2 }).map((input) => {
        const written = JSON.stringify(input);
        const half = written.length >> 1;
        return {
          begun: { ...CALL, caller: { type: "direct" } },
          pieces: [json(written.slice(0, half)), json(written.slice(half))],
        };
      }),
    ),
    { maxLength: 5 },
  );

  test("a message streamed in pieces and the same sent whole are one answer, and go back unchanged", async () => {
    await fc.assert(
      fc.asyncProperty(made, async (blocks) => {
        const content = blocks.flatMap(({ begun, pieces }, index) => [
          block(begun, index),
          ...pieces.map((piece) => ({ ...piece, index })),
          stop(index),
        ]);
        const streamed = await fold(whole(...content));
        const again = (await readOver(asJson(bodyOf(streamed)))).answer;
        expect(again).toEqual(streamed);
        expect(again.raw).toHaveLength(blocks.length);
      }),
      { numRuns: 100 },
    );
  });
});

test("a million pieces cost linear time: the pieces are joined once", () => {
  const accumulator = createMessagesAccumulator();
  const add = (payload: Json) => accumulator.add(decodeMessagesEvent(payload));
  add(start());
  add(block(TEXT));
  const piece: MessagesEvent = decodeMessagesEvent(text("ab"));
  for (let count = 0; count < 1_000_000; count++) accumulator.add(piece);
  add(end());
  add(STOP);
  expect(accumulator.finish().raw).toEqual([{ type: "text", text: "ab".repeat(1_000_000) }]);
});
