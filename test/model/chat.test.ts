import { describe, expect, test } from "vitest";
import { AgentError } from "../../src/errors.ts";
import { createChatModel, type ModelTurn } from "../../src/model/index.ts";
import type { Endpoint } from "../../src/wire/index.ts";
import { chunk, drain, eventStream, fakeEndpoint, hello, never, request, type Seen, turnOf } from "./fake-endpoint.ts";

async function answered(chunks: readonly unknown[], headers: Record<string, string> = {}): Promise<Seen> {
  const { endpoint } = fakeEndpoint(() => ({ reads: [eventStream(chunks)], headers }));
  return drain(createChatModel({ id: "grok-4.7", endpoint }).stream(request(), never));
}

async function turnWith(last: object, finish = "stop"): Promise<ModelTurn> {
  return turnOf(await answered([chunk({ content: "x" }), chunk({}, last, finish)]));
}

const call = (fields: object): object => ({ tool_calls: [fields] });

describe("a turn", () => {
  test.each([
    ["stop", "stop"],
    ["end_turn", "stop"],
    ["length", "length"],
    ["content_filter", "content_filter"],
    ["max_tokens", "length"],
    ["refusal", "refusal"],
    ["max_context", "other"],
  ])("that the server ends with %s has the finish reason %s", async (finish, reason) => {
    expect((await turnWith({}, finish)).finishReason).toBe(reason);
  });

  test("with a refusal is a refusal, in the model's words", async () => {
    const turn = turnOf(await answered([chunk({ refusal: "I won't." }), chunk({}, {}, "stop")]));
    expect(turn).toMatchObject({ finishReason: "refusal", message: { content: "", refusal: "I won't." } });
  });

  test("with calls has the finish reason tool_calls, whatever the server says, unless it was cut off", async () => {
    const one = call({ index: 0, id: "c", function: { name: "t", arguments: "{}" } });
    expect(turnOf(await answered([chunk(one), chunk({}, {}, "stop")])).finishReason).toBe("tool_calls");
    expect(turnOf(await answered([chunk(one), chunk({}, {}, "length")])).finishReason).toBe("length");
  });

  test("carries what identifies it: request, response, model, fingerprint, tier and simulation", async () => {
    const last = { system_fingerprint: "fp_1", service_tier: "priority", model: "grok-4.3" };
    const headers = { "x-request-id": "req-1", "x-fairwitness-simulated": "true" };
    const seen = await answered([chunk({ content: "x" }, last), chunk({}, last, "stop")], headers);
    expect(turnOf(seen)).toEqual({
      message: { role: "assistant", content: "x" },
      finishReason: "stop",
      cost: { basis: "unknown" },
      servedModel: "grok-4.3",
      responseId: "c1",
      requestId: "req-1",
      systemFingerprint: "fp_1",
      serviceTier: "priority",
      simulated: true,
    });
  });

  test("without a finish reason is an error, never an answer", async () => {
    const seen = await answered([chunk({ content: "x" })]);
    expect(seen.error).toMatchObject({ code: "stream_incomplete", retryable: true });
    expect(seen.events).toEqual([{ type: "text.delta", delta: "x" }]);
  });
});

describe("usage", () => {
  const usage = (prompt: number, completion: number, more: object = {}): object => ({
    usage: { prompt_tokens: prompt, completion_tokens: completion, ...more },
  });
  const thought = (reasoning: number, cached?: number): object => ({
    completion_tokens_details: { reasoning_tokens: reasoning },
    ...(cached !== undefined && { prompt_tokens_details: { cached_tokens: cached } }),
  });

  test.each([
    ["outside, as on xAI", usage(10, 2, { total_tokens: 17, ...thought(5) }), [10, 7, 17]],
    ["inside, as elsewhere", usage(10, 7, { total_tokens: 17, ...thought(5) }), [10, 7, 17]],
    ["outside, when there is no total", usage(10, 7, thought(5)), [10, 12, 22]],
    [
      "outside, when there is more of it than could be inside",
      usage(10, 2, { total_tokens: 12, ...thought(5) }),
      [10, 7, 17],
    ],
    ["inside, when the total leaves no room for it", usage(10, 7, { total_tokens: 19, ...thought(5) }), [10, 7, 19]],
    ["nowhere, when there is none", usage(10, 7, { total_tokens: 17 }), [10, 7, 17]],
    [
      "outside, beside cached tokens outside the prompt",
      usage(10, 2, { total_tokens: 37, ...thought(5, 20) }),
      [30, 7, 37],
    ],
    [
      "inside, beside cached tokens outside the prompt",
      usage(10, 7, { total_tokens: 37, ...thought(5, 20) }),
      [30, 7, 37],
    ],
  ])("finds reasoning %s", async (_, last, [inputTokens, outputTokens, totalTokens]) => {
    expect((await turnWith(last)).usage).toMatchObject({ inputTokens, outputTokens, totalTokens });
  });

  test("that the server does not report is unknown, not 0", async () => {
    const turn = await turnWith({});
    expect(turn.usage).toBeUndefined();
    expect(turn.cost).toEqual({ basis: "unknown" });
    expect((await turnWith({ usage: { prompt_tokens: 5 } })).usage).toBeUndefined();
  });

  test("has cached and reasoning tokens only where the server said so", async () => {
    expect((await turnWith(usage(1, 2, { total_tokens: 3 }))).usage).toEqual({
      inputTokens: 1,
      outputTokens: 2,
      totalTokens: 3,
    });
  });

  test("of 0 ticks, or of no whole number, was not billed as far as is known: the price list says what it costs", async () => {
    const estimated = { basis: "estimated", ticks: 20_000 + 2 * 60_000 };
    expect((await turnWith(usage(1, 2, { cost_in_usd_ticks: 1.5 }))).cost).toEqual(estimated);
    expect((await turnWith(usage(1, 2, { cost_in_usd_ticks: 0 }))).cost).toEqual(estimated);
    expect((await turnWith(usage(1, 2, { cost_in_usd_ticks: 7 }))).cost).toEqual({ basis: "billed", ticks: 7 });
  });

  test("is told when it changes, the last one counting", async () => {
    const seen = await answered([
      chunk({ content: "a" }, usage(1, 1, { cost_in_usd_ticks: 5 })),
      chunk({ content: "b" }, usage(1, 1, { cost_in_usd_ticks: 5 })),
      chunk({}, usage(1, 2), "stop"),
    ]);
    expect(seen.events.filter((event) => event.type === "usage")).toEqual([
      {
        type: "usage",
        usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
        cost: { basis: "billed", ticks: 5 },
      },
      {
        type: "usage",
        usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
        cost: { basis: "billed", ticks: 5 },
      },
    ]);
    expect(turnOf(seen).usage?.outputTokens).toBe(2);
  });
});

describe("the events of a stream", () => {
  test("come as one array for each network read, the turn last", async () => {
    const parts = [chunk({ content: "a" }), chunk({ content: "b" }), chunk({}, {}, "stop")];
    const reads = [eventStream(parts.slice(0, 2), false), eventStream(parts.slice(2))];
    const { endpoint } = fakeEndpoint(() => ({ reads }));
    const batches: string[][] = [];
    for await (const batch of createChatModel({ id: "grok-4.7", endpoint }).stream(request(), never)) {
      batches.push(batch.map((event) => event.type));
    }
    expect(batches).toEqual([["text.delta", "text.delta"], ["turn"]]);
  });

  test("name the call of every fragment, also where index, id or name come late or not at all", async () => {
    const seen = await answered([
      chunk(call({ index: 3, id: "a", function: { arguments: '{"x"' } })),
      chunk(call({ index: 3, function: { name: "first", arguments: ":1" } })),
      chunk(call({ index: 3, id: "", function: { arguments: "}" } })),
      chunk(call({ id: "b", function: { name: "second", arguments: "" } })),
      chunk(call({ function: { arguments: "{}" } })),
      chunk({}, {}, "tool_calls"),
    ]);
    expect(seen.events.filter((event) => event.type === "tool.input.delta")).toEqual([
      { type: "tool.input.delta", index: 0, tool: "first", delta: '{"x":1' },
      { type: "tool.input.delta", index: 0, tool: "first", delta: "}" },
      { type: "tool.input.delta", index: 1, tool: "second", delta: "" },
      { type: "tool.input.delta", index: 1, tool: "second", delta: "{}" },
    ]);
    expect(turnOf(seen).message.toolCalls).toEqual([
      { id: "a", tool: "first", arguments: '{"x":1}' },
      { id: "b", tool: "second", arguments: "{}" },
    ]);
  });

  test("and the turn are those of the first choice, should a server send more", async () => {
    const both = (first: object, second: object): object => ({
      choices: [
        { index: 1, ...second },
        { index: 0, ...first },
      ],
    });
    const seen = await answered([
      both({ delta: { content: "first" } }, { delta: { content: "second" } }),
      both({ delta: {}, finish_reason: "stop" }, { delta: {}, finish_reason: "length" }),
    ]);
    expect(seen.events.filter((event) => event.type === "text.delta")).toEqual([
      { type: "text.delta", delta: "first" },
    ]);
    expect(turnOf(seen)).toMatchObject({ message: { content: "first" }, finishReason: "stop" });
  });

  test("hold what is not known on the wire whole, and citations and files once", async () => {
    const unknown = { type: "mystery", deep: { n: 1 } };
    const last = { citations: ["https://example.com"], output_files: [{ file_id: "f" }] };
    const seen = await answered([chunk({ content: "a" }), unknown, chunk({}, last, "stop"), chunk({}, last)]);
    expect(seen.events.filter((event) => event.type === "wire").map((event) => event.item)).toEqual([
      unknown,
      { citations: ["https://example.com"] },
      { output_files: [{ file_id: "f" }] },
    ]);
    expect(seen.events.at(-1)?.type).toBe("turn");
  });
});

describe("a request", () => {
  test.each([
    ["conv-1", "conv-1"],
    ["später\n", "sp%C3%A4ter%0A"],
    ["a\ud800", "a%EF%BF%BD"],
  ])("of the conversation %j carries it as the header x-grok-conv-id", async (conversation, header) => {
    const { endpoint, sent } = fakeEndpoint(() => ({ reads: [hello] }));
    const seen = await drain(createChatModel({ id: "m", endpoint }).stream(request({ conversation }), never));
    expect(seen.error).toBeUndefined();
    expect(sent[0]?.headers["x-grok-conv-id"]).toBe(header);
  });

  test.each([
    ["grok-4.7", {}, true],
    ["grok-4.3", { reasoningEffort: "none" }, false],
    ["grok-4.20-0309-non-reasoning", {}, false],
    ["some-model", {}, true],
    ["some-model", { reasoningEffort: "none" }, false],
  ] as const)("to %s with %j waits longer where the model may reason: %s", async (id, settings, isPatient) => {
    const { endpoint } = fakeEndpoint(() => ({ reads: [hello] }));
    const delays: number[] = [];
    const { clock } = endpoint;
    const timed: Endpoint = {
      ...endpoint,
      clock: {
        ...clock,
        after(delayMs, callback) {
          delays.push(delayMs);
          return clock.after(delayMs, callback);
        },
      },
    };
    expect(
      (await drain(createChatModel({ id, endpoint: timed }).stream(request({ settings }), never))).error,
    ).toBeUndefined();
    expect(Math.max(...delays)).toBe(isPatient ? 300_000 : 120_000);
  });

  test("carries the caller's id of the turn, and none when there is none", async () => {
    const { endpoint, sent } = fakeEndpoint(() => ({ reads: [hello] }));
    const model = createChatModel({ id: "m", endpoint });
    await drain(model.stream(request({ requestId: "turn-1" }), never));
    await drain(model.stream(request(), never));
    expect(sent.map(({ headers }) => headers["x-client-request-id"])).toEqual(["turn-1", undefined]);
  });

  test("with a signal that is aborted already is never sent, and the reason comes out as it is", async () => {
    const { endpoint, sent } = fakeEndpoint(() => ({ reads: [hello] }));
    const reason = { why: "stop" };
    const { error } = await drain(createChatModel({ id: "m", endpoint }).stream(request(), AbortSignal.abort(reason)));
    expect(error).toBe(reason);
    expect(sent).toEqual([]);
  });

  test("that is aborted while the answer comes ends with the reason as it is", async () => {
    const controller = new AbortController();
    const { endpoint } = fakeEndpoint(() => ({ reads: [eventStream([chunk({ content: "a" })], false), hello] }));
    const reason = new Error("enough");
    const stream = createChatModel({ id: "m", endpoint }).stream(request(), controller.signal);
    const seen = drain(
      (async function* () {
        for await (const batch of stream) {
          controller.abort(reason);
          yield batch;
        }
      })(),
    );
    expect((await seen).error).toBe(reason);
  });

  test("whose reader leaves early closes the connection", async () => {
    const { endpoint } = fakeEndpoint(() => ({ reads: [] }));
    let isClosed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield eventStream([chunk({ content: "a" })], false);
      } finally {
        isClosed = true;
      }
    }
    const answer = { status: 200, header: () => "text/event-stream", body: endless() };
    const model = createChatModel({ id: "m", endpoint: { ...endpoint, transport: async () => answer } });
    for await (const _ of model.stream(request(), never)) break;
    await expect.poll(() => isClosed).toBe(true);
  });

  test("with parameters that are no JSON is an error that says so", async () => {
    const { endpoint } = fakeEndpoint(() => ({ reads: [hello] }));
    const parameters: Record<string, unknown> = {};
    parameters.self = parameters;
    const tools = [{ name: "t", description: "d", parameters }];
    const { error } = await drain(createChatModel({ id: "m", endpoint }).stream(request({ tools }), never));
    expect(error).toMatchObject({ code: "invalid_tool", message: expect.stringContaining('the tool "t"') });
  });

  test("that the server refuses ends in its typed error", async () => {
    const body =
      '{"code":"not-found","error":"The model nope does not exist or your team x does not have access to it."}';
    const { endpoint } = fakeEndpoint(() => ({
      status: 404,
      headers: { "content-type": "application/json" },
      reads: [new TextEncoder().encode(body)],
    }));
    const { error, events } = await drain(createChatModel({ id: "nope", endpoint }).stream(request(), never));
    expect(error).toBeInstanceOf(AgentError);
    expect(error).toMatchObject({ code: "not_found" });
    expect(events).toEqual([]);
  });
});
