import { expect, test } from "vitest";
import { type SimulatorOptions, simModels } from "../../src/sim/index.ts";
import { chat, post, readReply, tool, withSimulator } from "./support.ts";

const user = { role: "user", content: "Hello" };
const call = (id: string, args = "{}"): unknown => ({ id, type: "function", function: { name: "f", arguments: args } });
const asks = (...calls: unknown[]): unknown => ({ role: "assistant", content: "", tool_calls: calls });
const result = (id?: string): unknown => ({ role: "tool", tool_call_id: id, content: "ok" });
const talk = (...messages: unknown[]): Record<string, unknown> => chat({ messages: [user, ...messages] });
const f = tool("f", {});
const NO_CONTENT = "Each message must have at least one content element.";

/** What is sent, the status, and a part of the error text. */
const refusals: readonly (readonly [name: string, body: unknown, status: number, error: string])[] = [
  ["an unknown model", chat({ model: "grok-99" }), 404, "The model grok-99 does not exist or your team"],
  ["a body that is no JSON", '{"model":', 400, "Failed to parse the request body as JSON"],
  ["a body that is no object", "[]", 422, "invalid type: sequence, expected a map at line 1 column 2"],
  ["a missing model", '{"messages":[]}', 422, "target type: missing field `model` at line 1 column 15"],
  ["missing messages", '{"model":"grok-4.7"}', 422, "missing field `messages` at line 1 column 20"],
  [
    "a model that is a number",
    '{"model":5,"messages":[]}',
    422,
    "model: invalid type: integer `5`, expected a string at line 1 column 10",
  ],
  [
    "a role it does not know",
    talk({ role: "developer", content: "x" }),
    422,
    "messages[1].role: unknown variant `developer`, expected one of",
  ],
  [
    "arguments that are an object",
    talk({ role: "assistant", content: "", tool_calls: [{ id: "a", function: { name: "f", arguments: {} } }] }),
    422,
    "messages[1].tool_calls[0].function.arguments: invalid type: map, expected a string",
  ],
  [
    "a server tool",
    '{"model":"grok-4.7","messages":[],\n"tools":[{"type":"web_search"}]}',
    422,
    "Failed to deserialize the JSON body into the target type: tools[0].type: unknown variant `web_search`, expected `function` or `live_search` at line 2 column 29",
  ],
  [
    "a function without parameters",
    chat({ tools: [{ type: "function", function: { name: "f" } }] }),
    422,
    "tools[0].function: missing field `parameters`",
  ],
  ["a tool without a function", chat({ tools: [{ type: "function" }] }), 422, "tools[0]: missing field `function`"],
  [
    "a hosted tool as tool_choice",
    chat({ tools: [f], tool_choice: { type: "web_search" } }),
    422,
    "did not match any variant of untagged enum",
  ],
  [
    "search_parameters",
    chat({ search_parameters: { mode: "auto" } }),
    410,
    "Live search is deprecated. Please switch to the Agent Tools API",
  ],
  ["the live_search tool", chat({ tools: [{ type: "live_search", sources: [] }] }), 410, "Live search is deprecated"],
  ["deferred completions", chat({ deferred: true }), 400, "no deferred completions"],
  ["no messages", chat({ messages: [] }), 400, "messages must not be empty"],
  ["an empty user message", talk({ role: "user", content: "" }), 400, NO_CONTENT],
  ["an empty list of parts", talk({ role: "user", content: [] }), 400, NO_CONTENT],
  ["a missing content", talk({ role: "user" }), 400, NO_CONTENT],
  ["an empty assistant message", talk({ role: "assistant", content: "" }), 400, NO_CONTENT],
  ["calls beside content null", talk({ ...(asks(call("a")) as object), content: null }, result("a")), 400, NO_CONTENT],
  [
    "arguments that are empty",
    talk(asks(call("a", "")), result("a")),
    400,
    "The arguments to a tool_call with ID 'a' are not a valid JSON string.",
  ],
  [
    "arguments that are a list",
    talk(asks(call("a", "[1]")), result("a")),
    400,
    "The arguments to a tool_call with ID 'a'",
  ],
  ["a call without a result", talk(asks(call("a"))), 400, "Missing: a"],
  [
    "a call whose result comes too late",
    talk(asks(call("a")), user, result("a")),
    400,
    "must be followed by tool messages",
  ],
  ["one of two calls without a result", talk(asks(call("a"), call("b")), result("a"), user), 400, "Missing: b"],
  ["a result without a call", talk(result("a")), 400, "which no assistant message before it made"],
  ["a result without an id", talk(asks(call("a")), result()), 400, "must have a tool_call_id"],
  ["two results of one call", talk(asks(call("a")), result("a"), result("a")), 400, "already has a result"],
  ["two calls of one id", talk(asks(call("a"), call("a")), result("a")), 400, "Duplicate tool_call ID 'a'"],
  [
    "an id used again in a later turn",
    talk(asks(call("a")), result("a"), asks(call("a")), result("a")),
    400,
    "Duplicate tool_call ID 'a'",
  ],
  ["351 tools", chat({ tools: Array.from({ length: 351 }, (_, n) => tool(`f${n}`, {})) }), 400, "at most 350 tools"],
  ["two tools of one name", chat({ tools: [f, f] }), 400, "Duplicate tool names: f"],
  ["a name with a space", chat({ tools: [tool("get weather", {})] }), 400, "Invalid function name"],
  ["a name that is too long", chat({ tools: [tool("f".repeat(65), {})] }), 400, "Invalid function name"],
  [
    "a reserved name",
    chat({ tools: [tool("tool_search", {})] }),
    400,
    "function name tool_search is reserved for the native server-side tool",
  ],
  [
    "parameters that are no object type",
    chat({ tools: [{ type: "function", function: { name: "f", parameters: { type: "string" } } }] }),
    400,
    "tool parameter root must be an object type",
  ],
  [
    "a forced function that is not there",
    chat({ tools: [f], tool_choice: { type: "function", function: { name: "g" } } }),
    400,
    '"g", which is not among the tools',
  ],
  [
    "tool_choice without tools",
    chat({ tool_choice: "auto" }),
    400,
    "A tool_choice was set on the request but no tools were specified.",
  ],
  [
    "functions for the multi-agent model",
    chat({ model: "grok-4.20-multi-agent-0309", tools: [f] }),
    400,
    "does not support client-side tools",
  ],
  ["stop on a reasoning model", chat({ stop: ["x"] }), 400, "Model grok-4.7 does not support parameter stop."],
  ["presence_penalty on a reasoning model", chat({ presence_penalty: 1 }), 400, "parameter presencePenalty"],
  ["frequency_penalty on a reasoning model", chat({ frequency_penalty: 1 }), 400, "parameter frequencyPenalty"],
  [
    "five stop sequences",
    chat({ model: "grok-4.20-0309-non-reasoning", stop: ["a", "b", "c", "d", "e"] }),
    400,
    "at most 4 stop",
  ],
  ["an effort the model lacks", chat({ reasoning_effort: "none" }), 400, 'Invalid reasoning_effort "none"'],
  [
    "an effort on grok-4.20",
    chat({ model: "grok-4.20-0309-reasoning", reasoning_effort: "low" }),
    400,
    "parameter reasoningEffort",
  ],
  ["a temperature of 3", chat({ temperature: 3 }), 400, "temperature is 3"],
  ["a top_p of 0", chat({ top_p: 0 }), 400, "top_p is 0"],
  ["an n of 0", chat({ n: 0 }), 400, "n is 0"],
  ["an n of one and a half", chat({ n: 1.5 }), 422, "n: invalid type: floating point `1.5`, expected i32"],
  ["top_logprobs of 9", chat({ top_logprobs: 9 }), 400, "top_logprobs is 9"],
  [
    "a response format with a circle",
    chat({ response_format: { type: "json_schema", json_schema: { schema: { $ref: "#" } } } }),
    400,
    "circular $ref",
  ],
];

test.each(refusals)("%s is refused", async (_name, body, status, error) => {
  await withSimulator({}, async (simulator) => {
    const reply = await post(simulator, body);
    expect({ status: reply.status, error: reply.json.error }).toEqual({
      status,
      error: expect.stringContaining(error),
    });
    if (status === 400 && !String(error).startsWith("Failed")) expect(reply.json.code).toBeTypeOf("string");
  });
});

const accepted: readonly (readonly [name: string, body: Record<string, unknown>])[] = [
  ["fields it does not know", chat({ metadata: { a: 1 }, store: true, made_up: [] })],
  ["optional fields that are null", chat({ temperature: null, tools: null, stop: null, stream_options: null })],
  [
    "roles in any order",
    chat({
      messages: [
        { role: "assistant", content: "Hi" },
        { role: "system", content: "s" },
        user,
        { role: "system", content: "t" },
      ],
    }),
  ],
  ['calls with content "" and their results', talk(asks(call("a"), call("b")), result("b"), result("a"))],
  ["a question in parts", chat({ messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }] })],
  ["350 tools", chat({ tools: Array.from({ length: 350 }, (_, n) => tool(`f${n}`, {})) })],
  ["stop on a model that does not reason", chat({ model: "grok-4.20-0309-non-reasoning", stop: ["a"] })],
  ["every effort the model has", chat({ reasoning_effort: "xhigh" })],
];

test.each(accepted)("%s is accepted", async (_name, body) => {
  await withSimulator({}, async (simulator) => {
    expect((await post(simulator, body)).json).toMatchObject({ object: "chat.completion" });
  });
});

const NO_SCRIPT: SimulatorOptions = {};

test("a missing key is 401 and a wrong key is 400, with xAI's bodies", async () => {
  await withSimulator(NO_SCRIPT, async (simulator) => {
    const missing = await readReply(await fetch(`${simulator.url}/models`));
    expect([missing.status, missing.json]).toEqual([
      401,
      { code: "unauthenticated:no-credentials", error: "No credentials presented." },
    ]);
    const wrong = await post(simulator, chat(), { authorization: "Bearer sim_other" });
    expect([wrong.status, wrong.json]).toEqual([
      400,
      {
        code: "invalid-argument",
        error: "Incorrect API key provided. You can obtain an API key from https://console.x.ai.",
      },
    ]);
  });
});

test("wrong verbs, paths, content types and sizes have their own status", async () => {
  await withSimulator({ maxBodyBytes: 1000 }, async (simulator) => {
    const verb = await fetch(`${simulator.url}/chat/completions`);
    expect([verb.status, verb.headers.get("allow")]).toEqual([405, "POST"]);
    expect((await fetch(`${simulator.url}/models`, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${simulator.url}/embeddings`, { method: "POST" })).status).toBe(404);
    expect((await post(simulator, chat(), { "content-type": "text/plain" })).status).toBe(415);
    expect((await post(simulator, chat({ user: "x".repeat(2000) }))).status).toBe(413);
    expect((await post(simulator, chat({ user: "x".repeat(4_000_000) }))).status).toBe(413);
  });
});

test("a prompt longer than the model's context is refused with both numbers", async () => {
  const models = simModels.map((model) => ({ ...model, contextLength: 20 }));
  await withSimulator({ models }, async (simulator) => {
    expect((await post(simulator, chat())).status).toBe(200);
    const reply = await post(simulator, chat({ messages: [{ role: "user", content: "word ".repeat(40) }] }));
    expect(reply.status).toBe(400);
    expect(reply.json.error).toMatch(
      /^This model's maximum prompt length is 20 but the request contains \d+ tokens\.$/,
    );
  });
});
