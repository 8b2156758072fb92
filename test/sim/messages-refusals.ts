import { type Json, namedTool, say } from "./support.ts";

export const user: Json = { role: "user", content: "Hello" };
export const call = (id: string): unknown => ({ type: "tool_use", id, name: "f", input: {} });
export const result = (id: string, content: unknown = "ok"): unknown => ({
  type: "tool_result",
  tool_use_id: id,
  content,
});
export const talk = (...messages: unknown[]): Json => say({ messages: [user, ...messages] });
export const asks = (...content: unknown[]): unknown => ({ role: "assistant", content });
export const tells = (...content: unknown[]): unknown => ({ role: "user", content });
export const image: Json = { type: "image", source: { type: "url", url: "https://example.com/a.png" } };
const document = { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } };
export const f: Json = namedTool("f", {});
export const without = (field: string): Json => {
  const { [field]: _left, ...rest } = say();
  return rest;
};
const serde = "Failed to deserialize the JSON body into the target type: ";

export type Refusal = readonly [name: string, body: unknown, xai: string, proxy?: string];

/** What is sent, and a part of the error's text: on xAI, and on a proxy where that differs. `ok`: it is taken. */
export const shapes: readonly Refusal[] = [
  ["no model", without("model"), `${serde}missing field \`model\``],
  ["no max_tokens", without("max_tokens"), `${serde}missing field \`max_tokens\``],
  ["no messages", without("messages"), `${serde}missing field \`messages\``],
  ["a text for max_tokens", say({ max_tokens: "9" }), 'max_tokens: invalid type: string "9", expected i32'],
  ["a message of the tool role", talk({ role: "tool", content: "x" }), "messages[1].role: unknown variant `tool`"],
  ["a message without content", talk({ role: "user" }), "messages[1]: missing field `content`"],
  ["a null content", talk({ role: "user", content: null }), "messages[1].content: invalid type: null"],
  ["a block of no known type", talk(tells({ type: "hologram" })), "content[0].type: unknown variant `hologram`"],
  ["a block without a type", talk(tells({ text: "x" })), "content[0]: missing field `type`"],
  ["a part of chat completions", talk(tells({ type: "image_url" })), "unknown variant `image_url`"],
  ["a call whose input is text", talk(asks({ ...(call("a") as object), input: "{}" })), "input: invalid type: string"],
  ["a call without an id", talk(asks({ type: "tool_use", name: "f", input: {} })), "missing field `id`"],
  ["an image at no place", talk(tells({ type: "image", source: { type: "ftp" } })), "unknown variant `ftp`"],
  [
    "an image by its id",
    talk(tells({ type: "image", source: { type: "file", file_id: "x" } })),
    "unknown variant `file`",
    "file x was not found",
  ],
  ["a document", talk(tells(document)), "unknown variant `document`", "ok"],
  [
    "a thought as result",
    talk(asks(call("a")), tells(result("a", [{ type: "thinking" }]))),
    "unknown variant `thinking`",
  ],
  [
    "an unsigned thought",
    talk(asks({ type: "thinking", thinking: "x" })),
    "Invalid `signature`",
    "missing field `signature`",
  ],
  [
    "a tool of the server",
    say({ tools: [{ type: "web_search_20250305", name: "web_search" }] }),
    "missing field `description`",
    "unknown variant",
  ],
  [
    "a tool without a description",
    say({ tools: [{ name: "f", input_schema: { type: "object" } }] }),
    "missing field `description`",
    "ok",
  ],
  [
    "a tool with parameters",
    say({ tools: [{ name: "f", description: "d", parameters: {} }] }),
    "missing field `input_schema`",
  ],
  [
    "the choice none",
    say({ tools: [f], tool_choice: { type: "none" } }),
    "tool_choice.type: unknown variant `none`, expected one of `auto`, `any`, `tool`",
    "ok",
  ],
  [
    "a choice of chat completions",
    say({ tools: [f], tool_choice: "auto" }),
    'tool_choice: invalid type: string "auto", expected a map',
  ],
  ["a tool choice without a name", say({ tools: [f], tool_choice: { type: "tool" } }), "missing field `name`"],
  ["a system that is an object", say({ system: { text: "x" } }), "system: invalid type: map, expected a sequence"],
  ["stop_sequences as a text", say({ stop_sequences: "x" }), "stop_sequences: invalid type"],
  ["a body that is no JSON", '{"model":', "Failed to parse the request body as JSON"],
];

export const fields: readonly Refusal[] = [
  [
    "thinking",
    say({ thinking: { type: "enabled", budget_tokens: 10 } }),
    "Argument not supported: thinking",
    "greater than or equal to 1024",
  ],
  [
    "a budget as large as the answer",
    say({ thinking: { type: "enabled", budget_tokens: 1024 }, max_tokens: 1024 }),
    "Argument not supported",
    "`max_tokens` must be greater than",
  ],
  [
    "thinking with a forced tool",
    say({
      thinking: { type: "enabled", budget_tokens: 1024 },
      max_tokens: 2048,
      tools: [f],
      tool_choice: { type: "any" },
    }),
    "Argument not supported",
    "Thinking may not be enabled",
  ],
  ["top_k", say({ top_k: 5 }), "Argument not supported: top_k", "ok"],
  [
    "cache_control on a block",
    talk(tells({ type: "text", text: "x", cache_control: { type: "ephemeral" } })),
    "Argument not supported: cache_control",
    "ok",
  ],
  [
    "cache_control on a tool",
    say({ tools: [{ ...f, cache_control: { type: "ephemeral" } }] }),
    "Argument not supported: cache_control",
    "ok",
  ],
  [
    "cache_control on the system",
    say({ system: [{ type: "text", text: "x", cache_control: {} }] }),
    "Argument not supported: cache_control",
    "ok",
  ],
  [
    "max_completion_tokens",
    say({ max_completion_tokens: 5 }),
    "Argument not supported: max_completion_tokens",
    "max_completion_tokens: Extra inputs are not permitted",
  ],
  [
    "response_format",
    say({ response_format: { type: "text" } }),
    "Argument not supported: response_format",
    "Extra inputs",
  ],
  ["no room for an answer", say({ max_tokens: 0 }), "max_tokens is 0"],
  ["a temperature above 2", say({ temperature: 2.5 }), "temperature is 2.5", "temperature: range: 0..1"],
  ["a temperature above 1", say({ temperature: 1.5 }), "ok", "temperature: range: 0..1"],
  ["a top_p of 0", say({ top_p: 0 }), "top_p is 0"],
  ["stop_sequences on a reasoning model", say({ stop_sequences: ["x"] }), "does not support parameter stop"],
  ["an unknown model", say({ model: "grok-99" }), "The model grok-99 does not exist"],
  ["two tools of one name", say({ tools: [f, f] }), "Duplicate tool names: f"],
  ["a reserved tool name", say({ tools: [namedTool("tool_search", {})] }), "is reserved"],
  ["a name with a space", say({ tools: [namedTool("a b", {})] }), "Invalid function name"],
  [
    "a schema that is no object",
    say({ tools: [{ ...f, input_schema: { type: "string" } }] }),
    "must be an object type",
  ],
  ["a choice without tools", say({ tool_choice: { type: "auto" } }), "no tools were specified"],
  ["a choice of no tool", say({ tools: [f], tool_choice: { type: "tool", name: "g" } }), 'names function "g"'],
  ["351 tools", say({ tools: Array.from({ length: 351 }, (_, n) => namedTool(`f${n}`, {})) }), "at most 350 tools"],
];

export const talks: readonly Refusal[] = [
  ["no message", say({ messages: [] }), "at least one message is required"],
  ["an empty message", say({ messages: [{ role: "user", content: "" }] }), "text content blocks must be non-empty"],
  [
    "a message without blocks",
    say({ messages: [{ role: "user", content: [] }] }),
    "messages.0: all messages must have non-empty content",
  ],
  ["an empty text block", talk(asks({ type: "text", text: "" }), user), "text content blocks must be non-empty"],
  [
    "an empty text in a result",
    talk(asks(call("a")), tells(result("a", [{ type: "text", text: "" }]))),
    "text content blocks must be non-empty",
  ],
  ["an empty result", talk(asks(call("a")), tells(result("a", ""))), "must have at least one content element", "ok"],
  ["a message of the system", talk({ role: "system", content: "x" }), "ok", 'Unexpected role "system"'],
  [
    "a call of the user",
    say({ messages: [tells(call("a"))] }),
    "messages.0: `tool_use` blocks can only be in `assistant` messages",
  ],
  [
    "a thought of the user",
    say({ messages: [tells({ type: "redacted_thinking", data: "x" })] }),
    "can only be in `assistant`",
  ],
  [
    "a result of the assistant",
    talk(asks(result("a"))),
    "messages.1: `tool_result` blocks can only be in `user` messages",
  ],
  [
    "a call without a result",
    talk(asks(call("a"))),
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a.",
  ],
  [
    "a call that is answered too late",
    talk(asks(call("a")), user, asks({ type: "text", text: "x" }), tells(result("a"))),
    "without `tool_result` blocks immediately after: a.",
  ],
  ["one result for two calls", talk(asks(call("a"), call("b")), tells(result("a"))), "immediately after: b."],
  [
    "a result behind a text",
    talk(asks(call("a")), tells({ type: "text", text: "x" }, result("a"))),
    "immediately after: a.",
  ],
  [
    "a result without a call",
    talk(tells(result("a"))),
    "messages.0: unexpected `tool_use_id` found in `tool_result` blocks: a.",
  ],
  [
    "a result given twice",
    talk(asks(call("a")), tells(result("a"), result("a"))),
    "each tool_use must have a single result",
  ],
  ["a call id that comes twice", talk(asks(call("a"), call("a")), tells(result("a"))), "`tool_use` ids must be unique"],
  [
    "a call id that comes again",
    talk(asks(call("a")), tells(result("a")), asks(call("a")), tells(result("a"))),
    "ids must be unique",
  ],
  [
    "thinking that was not made here",
    talk(asks({ type: "thinking", thinking: "x", signature: "Zm9v" }), user),
    "messages.1.content.0: Invalid `signature` in `thinking` block",
  ],
  [
    "redacted thinking that was not made here",
    talk(asks({ type: "redacted_thinking", data: "Zm9v" }), user),
    "Invalid `data` in `redacted_thinking` block",
  ],
];
