import { describe, expect, test } from "vitest";
import { type ClientOptions, createClient, type Responses } from "../../src/client/index.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../src/wire/index.ts";
import { asJson } from "../wire/responses-support.ts";
import { bytes, createFakeClock, failureOf, frames, KEY, replay, serve, settle } from "../wire/support.ts";
import { bad, client, inTurn } from "./support.ts";

const ask = { model: "grok-4.7", input: "Lisbon?" };
const CREATED = {
  type: "response.created",
  response: { id: "r", model: "grok-4.7", status: "in_progress", output: [] },
};
const item = (content: readonly object[]) => ({ type: "message", id: "m", role: "assistant", content });
const ADDED = { type: "response.output_item.added", output_index: 0, item: item([]) };
const delta = (text: string) => ({ type: "response.output_text.delta", output_index: 0, item_id: "m", delta: text });
const output = [item([{ type: "output_text", text: "Sunny" }])];
const response = {
  id: "r",
  object: "response",
  model: "grok-4.7",
  status: "completed",
  output,
  usage: { total_tokens: 9 },
};
const COMPLETED = { type: "response.completed", response };
const ANSWER = [CREATED, ADDED, delta("Sun"), delta("ny"), COMPLETED, "[DONE]"];

const stream = (payloads: readonly unknown[], headers: Readonly<Record<string, string>> = {}) =>
  replay([bytes(frames(payloads))], { headers });
const good = () => stream(ANSWER, { "x-request-id": "req-1" });
const responses = (transport: Transport, options: ClientOptions = {}): Responses =>
  client(transport, options).responses;
const bodyOf = (request: TransportRequest | undefined): unknown => JSON.parse(new TextDecoder().decode(request?.body));

describe("responses.create", () => {
  test("streams on the wire and folds the answer", async () => {
    const transport = good();
    const tools = [{ type: "web_search" }, { type: "function", name: "f", parameters: {} }] as const;
    const answer = await responses(transport).create({ ...ask, tools, max_turns: 3 }, { conversation: "c-1" });
    expect(answer).toEqual({ ...response, request_id: "req-1" });
    expect(bodyOf(transport.requests[0])).toEqual({
      ...ask,
      tools,
      max_turns: 3,
      stream: true,
      prompt_cache_key: "c-1",
    });
  });

  test("and responses.stream give one answer, as does a server that does not stream", async () => {
    const awaited = await responses(good()).create(ask);
    expect(await responses(good()).stream(ask).result()).toEqual(awaited);
    expect(await responses(asJson(response)).create(ask)).toEqual(response);
  });

  test("keeps a cache key of the request's own", async () => {
    const transport = good();
    await responses(transport).create({ ...ask, prompt_cache_key: "mine" }, { conversation: "c-1" });
    expect(bodyOf(transport.requests[0])).toMatchObject({ prompt_cache_key: "mine" });
  });

  test("tries again what may pass, under one request id", async () => {
    const transports = [
      bad(503),
      stream([CREATED, delta("half")]),
      stream([CREATED, { type: "error", message: "at capacity" }]),
      good(),
    ];
    const answer = await responses(inTurn(...transports), { retry: { attempts: 4 } }).create(ask);
    expect(answer.output).toEqual(output);
    const ids = transports.map(({ requests }) => requests[0]?.headers["x-client-request-id"]);
    expect(new Set(ids).size).toBe(1);
  });

  test("gives back an answer that was cut short, with its reason", async () => {
    const cut = { ...response, status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    const answer = await responses(stream([CREATED, { type: "response.incomplete", response: cut }])).create(ask);
    expect(answer).toEqual(cut);
  });

  test("waits longer where the model may reason, or the server use its tools, in silence", async () => {
    const clock = createFakeClock();
    const silent: Transport = () => new Promise<TransportResponse>(() => {});
    const swift = { ...ask, model: "grok-4.20-non-reasoning" };
    for (const request of [
      ask,
      { ...swift, tools: [{ type: "x_search" as const }] },
      swift,
      { ...ask, reasoning: { effort: "none" } },
    ]) {
      failureOf(responses(silent, { clock }).create(request));
    }
    await settle();
    expect(clock.pending).toEqual([300_000, 300_000, 120_000, 120_000]);
  });

  test("marks an answer that a simulator gave, whatever the body says of itself", async () => {
    const simulated = stream(ANSWER, { "x-fairwitness-simulated": "1" });
    expect(await responses(simulated).create(ask)).toMatchObject({ simulated: true });
    const lying = stream([{ ...COMPLETED, response: { ...response, simulated: true, request_id: "x" } }]);
    expect(await responses(lying).create(ask)).toEqual(response);
  });

  test("rejects with the caller's own reason when it is aborted", async () => {
    const controller = new AbortController();
    const silent: Transport = () => new Promise<TransportResponse>(() => {});
    const answer = failureOf(responses(silent).create(ask, { signal: controller.signal }));
    await settle();
    controller.abort("later");
    expect(await answer).toBe("later");
  });
});

describe("responses.stream", () => {
  test("hands out pairs of the answer so far and the event", async () => {
    const seen: unknown[] = [];
    const reading = responses(good()).stream(ask);
    for await (const [{ status, output }, { type }] of reading) seen.push([type, status, output]);
    const shown = (text: string) => [item([{ type: "output_text", text }])];
    expect(seen).toEqual([
      ["response.created", "in_progress", []],
      ["response.output_item.added", "in_progress", [item([])]],
      ["response.output_text.delta", "in_progress", shown("Sun")],
      ["response.output_text.delta", "in_progress", shown("Sunny")],
      ["response.completed", "completed", shown("Sunny")],
    ]);
    expect(await reading.result()).toMatchObject({ request_id: "req-1", usage: { total_tokens: 9 } });
  });

  test("is tried again until it shows something of the answer, and not after", async () => {
    const full = { type: "error", message: "The model is currently at capacity" };
    const early = inTurn(bad(503), stream([CREATED, { type: "ping" }, full]), good());
    const types: string[] = [];
    for await (const [, { type }] of responses(early).stream(ask)) types.push(type);
    expect(types.filter((type) => type === "response.created")).toHaveLength(1);
    expect(types.at(-1)).toBe("response.completed");
    const late = inTurn(stream([CREATED, ADDED, full]), good());
    expect(await failureOf(responses(late).stream(ask).result())).toMatchObject({ code: "overloaded" });
    expect(late.count()).toBe(1);
  });

  test("that ends before it shows anything is tried again, and is then a typed error", async () => {
    const empty = inTurn(stream([CREATED]));
    expect(await failureOf(responses(empty).stream(ask).result())).toMatchObject({
      code: "stream_incomplete",
      attempts: 3,
    });
  });

  test("cannot be read twice, and says what to do", async () => {
    const reading = responses(good()).stream(ask);
    for await (const _ of reading);
    expect(() => reading[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: "already_read" }));
    expect(await reading.result()).toMatchObject({ id: "r" });
  });

  test("closes the connection when its reader leaves, and has no result then", async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await serve((_, answer) => {
      answer.writeHead(200, { "content-type": "text/event-stream" }).write(frames([CREATED, ADDED]));
      answer.on("close", () => closed.resolve());
    });
    const reading = createClient({ apiKey: KEY, baseURL: server.url }).responses.stream(ask);
    for await (const _ of reading) break;
    await closed.promise;
    expect(await failureOf(reading.result())).toMatchObject({ code: "stream_incomplete" });
  });

  test("that nobody reads sends nothing", async () => {
    const transport = good();
    responses(transport).stream(ask);
    await settle();
    expect(transport.requests).toEqual([]);
  });
});

describe("a request for a response that cannot work is refused before it is sent", () => {
  // As a program without types would pass them.
  const cases: readonly (readonly [string, object, string, RegExp])[] = [
    ["without a model", { input: "x" }, "invalid_option", /names no model/],
    ["without input", { model: "grok-4.7" }, "invalid_message", /no input/],
    ["with an empty input", { ...ask, input: [] }, "invalid_message", /no input/],
    ["with messages, as for chat completions", { ...ask, messages: [] }, "invalid_option", /`input`/],
    ["that asks create to stream", { ...ask, stream: true }, "invalid_option", /responses\.stream/],
    ["in the background", { ...ask, background: true }, "invalid_option", /background/],
    ["with max_tokens", { ...ask, max_tokens: 5 }, "invalid_option", /max_output_tokens/],
    ["for Live Search", { ...ask, search_parameters: { mode: "on" } }, "invalid_option", /x_search/],
    ["with a nested function", { ...ask, tools: [{ type: "function", function: {} }] }, "invalid_tool", /flat/],
    ["whose tool is a name", { ...ask, tools: ["web_search"] }, "invalid_tool", /object with a type/],
    ["whose tools are no list", { ...ask, tools: {} }, "invalid_tool", /list/],
    ["that holds a BigInt", { ...ask, max_turns: 1n }, "invalid_message", /JSON/],
  ];

  test.each(cases)("%s", async (_, request, code, message) => {
    const transport = good();
    // The types refuse each of these: that is what the test is about.
    const asked = responses(transport).create(request as typeof ask);
    expect(await failureOf(asked)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(transport.requests).toEqual([]);
  });
});

describe("languageModels", () => {
  test("are listed and got with their prices, and tried again where that may pass", async () => {
    const model = { id: "grok-4.7", prompt_text_token_price: 20_000 };
    const list = replay([bytes(JSON.stringify({ models: [model] }))], {
      headers: { "content-type": "application/json" },
    });
    const expected = { id: "grok-4.7", prices: { prompt_text_ticks_per_token: 20_000 } };
    expect(await client(inTurn(bad(503), list)).languageModels.list()).toEqual([expected]);
    expect(await client(asJson(model)).languageModels.get("grok-4.7")).toEqual(expected);
  });
});
