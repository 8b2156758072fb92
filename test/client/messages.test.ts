import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { type ClientOptions, createClient, type Messages } from "../../src/client/index.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../src/wire/index.ts";
import { asJson, type Json, named, over } from "../wire/messages-support.ts";
import { bytes, createFakeClock, failureOf, KEY, replay, serve, settle } from "../wire/support.ts";
import { bad, client, inTurn } from "./support.ts";

const ask = { model: "grok-4.7", max_tokens: 99, messages: [{ role: "user" as const, content: "Lisbon?" }] };
const START = {
  type: "message_start",
  message: { id: "m", type: "message", role: "assistant", model: "grok-4.7", content: [], usage: { input_tokens: 3 } },
};
const PING = { type: "ping" };
const BLOCK = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
const delta = (text: string) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
const END = { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 6 } };
const STOP = { type: "message_stop" };
const ANSWER: readonly Json[] = [START, PING, BLOCK, delta("Sun"), delta("ny"), END, STOP];
const FULL = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
const answer = {
  id: "m",
  type: "message",
  role: "assistant",
  model: "grok-4.7",
  content: [{ type: "text", text: "Sunny" }],
  raw: [{ type: "text", text: "Sunny" }],
  stop_reason: "end_turn",
  usage: { input_tokens: 3, output_tokens: 6 },
};

const good = () => replay([bytes(named(ANSWER))], { headers: { "request-id": "req_1" } });
const messages = (transport: Transport, options: ClientOptions = {}): Messages => client(transport, options).messages;
const bodyOf = (request: TransportRequest | undefined): unknown => JSON.parse(new TextDecoder().decode(request?.body));
const silent: Transport = () => new Promise<TransportResponse>(() => {});

describe("messages.create", () => {
  test("streams on the wire and folds the answer", async () => {
    const transport = good();
    const tools = [{ name: "f", description: "d", input_schema: { type: "object" } }];
    const given = await messages(transport).create({ ...ask, tools, system: "Be brief." }, { conversation: "c-1" });
    expect(given).toEqual({ ...answer, request_id: "req_1" });
    expect(bodyOf(transport.requests[0])).toEqual({ ...ask, tools, system: "Be brief.", stream: true });
    expect(transport.requests[0]).toMatchObject({
      url: "https://api.x.ai/v1/messages",
      headers: { "anthropic-version": "2023-06-01", "x-grok-conv-id": "c-1", authorization: `Bearer ${KEY}` },
    });
  });

  test("and messages.stream give one answer, as does a server that does not stream", async () => {
    const awaited = await messages(good()).create(ask);
    expect(await messages(good()).stream(ask).result()).toEqual(awaited);
    const { raw, ...body } = answer;
    expect(await messages(asJson({ ...body, content: raw })).create(ask)).toEqual(answer);
  });

  test("tries again what may pass, under one request id", async () => {
    const transports = [bad(529), over([START, BLOCK, delta("half")]), over([START, FULL]), good()];
    const given = await messages(inTurn(...transports), { retry: { attempts: 4 } }).create(ask);
    expect(given.content).toEqual(answer.content);
    const ids = transports.map(({ requests }) => requests[0]?.headers["x-client-request-id"]);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[\da-f-]{36}$/);
  });

  test("is not tried again where an MCP server was called for it, which would be called again", async () => {
    const called = { type: "mcp_tool_use", id: "mcp_1", name: "pay", server_name: "shop", input: {} };
    const cut: readonly Json[] = [START, { type: "content_block_start", index: 0, content_block: called }];
    for (const how of ["create", "stream"] as const) {
      let requests = 0;
      const transport: Transport = (request) => {
        requests += 1;
        return over(cut)(request);
      };
      const api = messages(transport);
      const failure = await failureOf(how === "create" ? api.create(ask) : api.stream(ask).result());
      expect(failure).toMatchObject({ code: "stream_incomplete" });
      expect(requests).toBe(1);
    }
  });

  test("does not try again what will not pass", async () => {
    const wrong = inTurn(bad(401), good());
    expect(await failureOf(messages(wrong).create(ask))).toMatchObject({ code: "invalid_key", attempts: 1 });
    expect(wrong.count()).toBe(1);
  });

  test("waits longer where the model may think in silence", async () => {
    const clock = createFakeClock();
    const swift = { ...ask, model: "grok-4.20-non-reasoning" };
    const foreign = { ...ask, model: "claude-3-5-sonnet-latest" };
    const unthinking = { ...foreign, thinking: { type: "disabled" as const } };
    for (const request of [ask, foreign, swift, unthinking]) failureOf(messages(silent, { clock }).create(request));
    await settle();
    expect(clock.pending).toEqual([300_000, 300_000, 120_000, 120_000]);
  });

  test("marks an answer that a simulator gave, whatever the body says of itself", async () => {
    const simulated = replay([bytes(named(ANSWER))], { headers: { "x-fairwitness-simulated": "1" } });
    expect(await messages(simulated).create(ask)).toMatchObject({ simulated: true });
    const lying = { ...START, message: { ...START.message, simulated: true, request_id: "x" } };
    const given = await messages(over([lying, ...ANSWER.slice(1)])).create(ask);
    expect(given).not.toHaveProperty("simulated");
    expect(given).not.toHaveProperty("request_id");
  });

  test("rejects with the caller's own reason when it is aborted", async () => {
    const controller = new AbortController();
    const asked = failureOf(messages(silent).create(ask, { signal: controller.signal }));
    await settle();
    controller.abort("later");
    expect(await asked).toBe("later");
  });
});

describe("messages.stream", () => {
  test("hands out pairs of the answer so far and the event", async () => {
    const seen: unknown[] = [];
    const reading = messages(good()).stream(ask);
    for await (const [{ content, stop_reason }, { type }] of reading) seen.push([type, content, stop_reason]);
    const shown = (text: string) => [{ type: "text", text }];
    expect(seen).toEqual([
      ["message_start", [], undefined],
      ["ping", [], undefined],
      ["content_block_start", shown(""), undefined],
      ["content_block_delta", shown("Sun"), undefined],
      ["content_block_delta", shown("Sunny"), undefined],
      ["message_delta", shown("Sunny"), "end_turn"],
      ["message_stop", shown("Sunny"), "end_turn"],
    ]);
    expect(await reading.result()).toMatchObject({ request_id: "req_1", usage: { output_tokens: 6 } });
  });

  test("is tried again until it shows something of the answer, and not after", async () => {
    const early = inTurn(bad(503), over([START, PING, BLOCK, { type: "zz" }, FULL]), good());
    const types: string[] = [];
    for await (const [, { type }] of messages(early).stream(ask)) types.push(type);
    expect(types).toEqual(ANSWER.map(({ type }) => type));
    const late = inTurn(over([START, BLOCK, delta("Sun"), FULL]), good());
    expect(await failureOf(messages(late).stream(ask).result())).toMatchObject({ code: "overloaded" });
    expect(late.count()).toBe(1);
  });

  test("that ends before it shows anything is tried again, and is then a typed error", async () => {
    const empty = inTurn(over([START]));
    expect(await failureOf(messages(empty).stream(ask).result())).toMatchObject({
      code: "stream_incomplete",
      attempts: 3,
    });
  });

  test("closes the connection when its reader leaves, and has no result then", async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(named([START, BLOCK, delta("Sun")]));
      response.on("close", () => closed.resolve());
    });
    const reading = createClient({ apiKey: KEY, baseURL: server.url }).messages.stream(ask);
    for await (const _ of reading) break;
    await closed.promise;
    expect(await failureOf(reading.result())).toMatchObject({ code: "stream_incomplete" });
  });

  test("cannot be read twice, and sends nothing until it is read", async () => {
    const transport = good();
    const reading = messages(transport).stream(ask);
    await settle();
    expect(transport.requests).toEqual([]);
    for await (const _ of reading);
    expect(() => reading[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: "already_read" }));
    expect(await reading.result()).toMatchObject({ id: "m" });
  });
});

describe("a request for a message that cannot work is refused before it is sent", () => {
  const tool = { name: "f", description: "d", input_schema: {} };
  // As a program without types would pass them.
  const cases: readonly (readonly [string, unknown, string, RegExp])[] = [
    ["that is no object", "Lisbon?", "invalid_option", /max_tokens, messages/],
    ["without a model", { ...ask, model: " " }, "invalid_option", /names no model/],
    ["without max_tokens", { ...ask, max_tokens: undefined }, "invalid_option", /no max_tokens.*requires it/],
    ["with half a token", { ...ask, max_tokens: 0.5 }, "invalid_option", /max_tokens is not a whole number/],
    ["with no tokens", { ...ask, max_tokens: 0 }, "invalid_option", /max_tokens is not a whole number/],
    ["without messages", { ...ask, messages: [] }, "invalid_message", /no messages/],
    ["with a message of a tool", { ...ask, messages: [{ role: "tool" }] }, "invalid_message", /tool_result/],
    ["that asks create to stream", { ...ask, stream: true }, "invalid_option", /messages\.stream/],
    ["with instructions", { ...ask, instructions: "x" }, "invalid_option", /`system`/],
    ["with input", { ...ask, input: "x" }, "invalid_option", /`messages`/],
    ["with max_completion_tokens", { ...ask, max_completion_tokens: 5 }, "invalid_option", /`max_tokens`/],
    ["with max_output_tokens", { ...ask, max_output_tokens: 5 }, "invalid_option", /`max_tokens`/],
    ["with stop", { ...ask, stop: ["x"] }, "invalid_option", /stop_sequences/],
    ["with response_format", { ...ask, response_format: {} }, "invalid_option", /`system`/],
    ["for Live Search", { ...ask, search_parameters: {} }, "invalid_option", /410/],
    ["with a tool choice that is a word", { ...ask, tool_choice: "auto" }, "invalid_option", /type: "auto"/],
    [
      "with a nested function",
      { ...ask, tools: [{ type: "function", function: tool }] },
      "invalid_tool",
      /input_schema/,
    ],
    ["with parameters", { ...ask, tools: [{ name: "f", parameters: {} }] }, "invalid_tool", /input_schema/],
    ["with a server tool of xAI", { ...ask, tools: [{ type: "web_search" }] }, "invalid_tool", /server tools/],
    ["whose tools are no list", { ...ask, tools: {} }, "invalid_tool", /list/],
    ["that holds a BigInt", { ...ask, temperature: 1n }, "invalid_message", /JSON/],
  ];

  test.each(cases)("%s", async (_, request, code, message) => {
    const transport = good();
    // The types refuse each of these: that is what the test is about.
    const asked = messages(transport).create(request as typeof ask);
    expect(await failureOf(asked)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(transport.requests).toEqual([]);
  });

  test("and one with all that other servers know is sent as it is", async () => {
    const transport = good();
    const request = {
      ...ask,
      stream: false,
      tools: [tool],
      tool_choice: { type: "none" as const },
      thinking: { type: "enabled" as const, budget_tokens: 1024 },
      metadata: { user_id: "u" },
    };
    await messages(transport).create(request);
    expect(bodyOf(transport.requests[0])).toEqual({ ...request, stream: true });
  });
});

describe("auth", () => {
  test("sends the key of a client in the header that is asked for, on every endpoint", async () => {
    await using server = await serve(({ url }, response) => {
      const isList = url === "/v1/models";
      response.writeHead(200, { "content-type": isList ? "application/json" : "text/event-stream" });
      response.end(isList ? '{"data":[]}' : named(ANSWER));
    });
    for (const auth of ["bearer", "x-api-key", "both"] as const) {
      const own = createClient({ apiKey: KEY, baseURL: `${server.url}/v1/messages`, auth });
      await own.messages.create(ask);
      await own.models.list();
    }
    const bearer = `Bearer ${KEY}`;
    expect(server.requests.map(({ headers }) => [headers.authorization, headers["x-api-key"]])).toEqual([
      ...Array(2).fill([bearer, undefined]),
      ...Array(2).fill([undefined, KEY]),
      ...Array(2).fill([bearer, KEY]),
    ]);
  });

  test("that is none is refused by name when the client is made, and the key is not shown", () => {
    for (const auth of ["basic", KEY]) {
      const make = () => createClient({ apiKey: KEY, auth: auth as "bearer" }); // past the types
      expect(make).toThrow(
        expect.objectContaining({ code: "invalid_option", message: expect.stringContaining("auth must") }),
      );
      expect(make).toThrow(expect.objectContaining({ message: expect.not.stringContaining(KEY) }));
    }
    expect(() => createClient({ authToken: KEY } as ClientOptions)).toThrow(/Use apiKey/); // past the types
    expect(inspect(createClient({ apiKey: KEY, auth: "both" }), { depth: 9, showHidden: true })).not.toContain(KEY);
  });
});
