import fc from "fast-check";
import { expect, test } from "vitest";
import { ask, flatTool, type Json, respond, withSimulator } from "./support.ts";

const user = { role: "user", content: "Hello" };
const call = (id: string, args = "{}"): unknown => ({ type: "function_call", call_id: id, name: "f", arguments: args });
const output = (id: string): unknown => ({ type: "function_call_output", call_id: id, output: "ok" });
const talk = (...items: unknown[]): Record<string, unknown> => ask({ input: [user, ...items] });
const thought = (extra: Record<string, unknown>): unknown => ({ type: "reasoning", id: "rs_1", summary: [], ...extra });
const f = flatTool("f", {});

const NO_INPUT = "data did not match any variant of untagged enum ModelInput";
const NO_CONTENT = "Each message must have at least one content element.";
const FOREIGN = Buffer.from('{"sim_enc":1,"family":"grok-4","of":"rs_1","hash":"0"}').toString("base64");

/** What is sent, the status, and a part of the error text. */
const refusals: readonly (readonly [name: string, body: unknown, status: number, error: string])[] = [
  ["an unknown model", ask({ model: "grok-99" }), 404, "The model grok-99 does not exist"],
  ["a body that is no JSON", '{"model":', 400, "Failed to parse the request body as JSON"],
  ["a missing input", { model: "grok-4.7" }, 422, "missing field `input`"],
  ["messages instead of input", { model: "grok-4.7", messages: [user] }, 422, "missing field `input`"],
  ["an empty input", ask({ input: [] }), 400, "input must not be empty"],
  ["an item of no known type", talk({ type: "hologram" }), 422, NO_INPUT],
  ["a reference to an item", talk({ type: "item_reference", id: "x" }), 422, NO_INPUT],
  ["the output of a custom tool", talk({ type: "custom_tool_call_output", call_id: "a", output: "x" }), 422, NO_INPUT],
  [
    "a part of chat completions",
    ask({ input: [{ role: "user", content: [{ type: "text", text: "x" }] }] }),
    422,
    NO_INPUT,
  ],
  [
    "an image as an object",
    ask({ input: [{ role: "user", content: [{ type: "input_image", image_url: { url: "u" } }] }] }),
    422,
    NO_INPUT,
  ],
  ["a call without arguments", talk({ type: "function_call", call_id: "a", name: "f" }), 422, NO_INPUT],
  [
    "arguments that are an object",
    talk({ type: "function_call", call_id: "a", name: "f", arguments: {} }),
    422,
    NO_INPUT,
  ],
  [
    "an output that is an object",
    talk(call("a"), { type: "function_call_output", call_id: "a", output: {} }),
    422,
    NO_INPUT,
  ],
  ["a message of the tool role", talk({ role: "function", content: "x" }), 422, NO_INPUT],
  ["an item that is null", talk(null), 422, NO_INPUT],
  [
    "arguments that are no JSON",
    talk(call("a", "{"), output("a")),
    400,
    "arguments to a tool_call with ID 'a' are not",
  ],
  [
    "an output without a call",
    talk(output("a")),
    400,
    "No function_call found for function_call_output with call_id 'a'",
  ],
  ["a call without an output", talk(call("a")), 400, "No function_call_output found for function_call a"],
  ["a call that is answered too late", talk(call("a"), user, output("a")), 400, "No function_call_output found"],
  ["a call that is answered twice", talk(call("a"), output("a"), output("a")), 400, "'a' already has an output"],
  ["a call id that comes twice", talk(call("a"), output("a"), call("a"), output("a")), 400, "Duplicate function_call"],
  ["reasoning with a status", talk(thought({ status: "completed" })), 400, "reasoning items must not have a status"],
  ["reasoning content without its type", talk(thought({ content: [{ text: "x" }] })), 400, "reasoning_text"],
  [
    "reasoning that was not made here",
    talk(thought({ encrypted_content: "Zm9yZWlnbg==" })),
    400,
    "Could not decrypt the provided encrypted_content",
  ],
  ["reasoning that only looks so", talk(thought({ encrypted_content: FOREIGN })), 400, "Could not decrypt"],
  ["an empty message", ask({ input: "" }), 400, NO_CONTENT],
  [
    "an empty text part",
    ask({ input: [{ role: "user", content: [{ type: "input_text", text: "" }] }] }),
    400,
    NO_CONTENT,
  ],
  ["an empty assistant message", talk({ role: "assistant", content: "" }), 400, NO_CONTENT],
  ["a message without parts", talk({ role: "assistant", content: [] }), 400, NO_CONTENT],
  ["live search", ask({ search_parameters: { mode: "auto" } }), 410, "Live search is deprecated"],
  [
    "an unknown include",
    ask({ include: ["x_search_call_output"] }),
    422,
    "include[0]: unknown variant `x_search_call_output`",
  ],
  [
    "instructions for a stored response",
    ask({ instructions: "x", previous_response_id: "y" }),
    404,
    "Response with id=y not found",
  ],
  ["an unknown previous response", ask({ previous_response_id: "gone" }), 404, "Response with id=gone not found"],
  ["an effort the model does not take", ask({ reasoning: { effort: "none" } }), 400, 'Invalid reasoning_effort "none"'],
  [
    "an effort for a model without",
    ask({ model: "grok-build-0.1", reasoning: { effort: "low" } }),
    400,
    "does not support parameter reasoningEffort",
  ],
  [
    "a schema in the wrapper of chat",
    ask({ text: { format: { type: "json_schema", json_schema: { schema: {} } } } }),
    422,
    "missing field `schema`",
  ],
  ["a field of chat", ask({ max_tokens: 5 }), 400, "Argument not supported: max_tokens"],
  ["the background", ask({ background: true }), 400, "Argument not supported: background"],
  ["no server turns", ask({ max_turns: 0 }), 400, "max_turns must be at least 1"],
  ["a temperature out of range", ask({ temperature: 3 }), 400, "temperature is 3"],
];

test.each(refusals)("%s is refused", async (_name, body, status, error) => {
  await withSimulator({}, async (simulator) => {
    const reply = await respond(simulator, body);
    expect([reply.status, reply.json.error]).toEqual([status, expect.stringContaining(error)]);
    expect(reply.json.code === undefined).toBe(status === 422 || status === 410 || typeof body === "string");
  });
});

const accepted: readonly (readonly [name: string, extra: Record<string, unknown>])[] = [
  ["a text as input", { input: "Hello" }],
  [
    "roles of all kinds",
    { input: [{ role: "developer", content: "Be brief." }, user, { role: "assistant", content: "Yes?" }, user] },
  ],
  [
    "items of server tools of all ages",
    {
      input: [
        user,
        {
          type: "web_search_call",
          id: "ws_1",
          status: "completed",
          action: { type: "search", query: "q", sources: [] },
        },
        { type: "web_search_call", id: "fc_1", call_id: "", name: "web_search", arguments: "{}", status: "completed" },
        { type: "x_search_call", id: "fc_2", call_id: "", name: "x_keyword_search", arguments: "{}" },
        {
          type: "custom_tool_call",
          id: "ctc_1",
          call_id: "c",
          name: "x_keyword_search",
          input: "{}",
          status: "completed",
        },
        { type: "code_interpreter_call", id: "ci_1", code: "1", outputs: null, status: "failed" },
        {
          type: "mcp_call",
          id: "m",
          name: "t",
          server_label: "s",
          arguments: "{}",
          output: null,
          error: "no",
          status: "failed",
        },
      ],
    },
  ],
  [
    "calls in a row, and one by one",
    { input: [user, call("a"), call("b"), output("b"), output("a"), call("c"), output("c")] },
  ],
  [
    "content parts as an output",
    {
      input: [
        user,
        call("a"),
        { type: "function_call_output", call_id: "a", output: [{ type: "input_text", text: "x" }] },
      ],
    },
  ],
  [
    "every tool with its parameters",
    {
      tools: [
        f,
        {
          type: "web_search",
          allowed_domains: ["example.com"],
          enable_image_understanding: true,
          search_context_size: "low",
        },
        { type: "x_search", excluded_x_handles: ["a"], from_date: "2026-01-01", to_date: "2026-01-01" },
        { type: "code_interpreter" },
        { type: "file_search", vector_store_ids: ["c"], max_num_results: 3 },
        { type: "mcp", server_url: "https://a.invalid/mcp", server_label: "a", headers: { a: "b" } },
        { type: "image_generation", action: "auto" },
      ],
      tool_choice: "auto",
      max_turns: 2,
    },
  ],
  ["a tool of the server that must be used", { tools: [{ type: "web_search" }], tool_choice: "required" }],
  [
    "every include it knows",
    {
      include: [
        "reasoning.encrypted_content",
        "no_inline_citations",
        "web_search_call.action.sources",
        "file_search_call.results",
        "code_interpreter_call.outputs",
        "mcp_call.output",
      ],
    },
  ],
  [
    "settings of all kinds",
    {
      temperature: 0,
      top_p: 1,
      top_k: 5,
      min_p: 0.1,
      store: false,
      prompt_cache_key: "c",
      reasoning: { effort: "low" },
      metadata: {},
      truncation: "disabled",
    },
  ],
];

test.each(accepted)("%s are taken", async (_name, extra) => {
  await withSimulator({ script: [{ text: "Fine" }] }, async (simulator) => {
    const { status, json } = await respond(simulator, ask(extra));
    expect([status, json.error]).toEqual([200, null]);
  });
});

test("instructions do not go with a previous response that is there", async () => {
  await withSimulator({ script: () => ({ text: "Fine" }) }, async (simulator) => {
    const { json } = await respond(simulator, ask());
    const both = await respond(simulator, ask({ instructions: "x", previous_response_id: json.id }));
    expect([both.status, both.json.error]).toEqual([400, expect.stringContaining("cannot be used together")]);
  });
});

test("what was sealed for one model is read by its family alone", async () => {
  await withSimulator({ script: () => ({ reasoning: "hm", text: "Fine" }) }, async (simulator) => {
    const { json } = await respond(simulator, ask({ include: ["reasoning.encrypted_content"] }));
    const input = [user, { ...json.output[0], status: undefined }, json.output[1], user];
    for (const [model, status] of [
      ["grok-4.7", 200],
      ["grok-4.3", 200],
      ["grok-3", 200],
      ["grok-build-0.1", 400],
    ]) {
      expect([model, (await respond(simulator, ask({ model, input }))).status]).toEqual([model, status]);
    }
  });
});

test("a chained request may answer a call that only the stored response holds", async () => {
  const script = [{ toolCalls: [{ name: "f", arguments: {} }], reasoning: "hm" }, { text: "Fine" }];
  await withSimulator({ script }, async (simulator) => {
    const { json } = await respond(simulator, ask({ tools: [f] }));
    const id = json.output[1].call_id;
    const open = await respond(simulator, ask({ previous_response_id: json.id }));
    expect([open.status, open.json.error]).toEqual([400, expect.stringContaining(id)]);
    const input = [output(id)];
    expect((await respond(simulator, ask({ previous_response_id: json.id, input }))).status).toBe(200);
  });
});

test("no JSON at all makes it fail", async () => {
  await withSimulator({ script: () => ({ text: "Fine" }) }, async (simulator) => {
    const field = fc.constantFrom(
      "input",
      "tools",
      "include",
      "text",
      "reasoning",
      "tool_choice",
      "previous_response_id",
    );
    await fc.assert(
      fc.asyncProperty(field, fc.jsonValue(), async (name, value) => {
        const { status }: Json = await respond(simulator, ask({ [name]: value }));
        expect([200, 400, 404, 422]).toContain(status);
      }),
      { numRuns: 150 },
    );
  });
});
