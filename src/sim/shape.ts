import { isRecord } from "./request.ts";
import {
  anything,
  type Check,
  flag,
  integer,
  listOf,
  number,
  oneOf,
  optional,
  problem,
  type ShapeProblem,
  struct,
  text,
} from "./serde.ts";

/** The first thing in a chat request that is not of the shape of OpenAPI `ChatRequest`; unknown fields are ignored. */
export const shapeProblem = (body: unknown): ShapeProblem | undefined => request(body, []);

const PART_TYPES = ["text", "image_url", "file", "text_file", "input_text", "input_image"];
const part = struct({ type: oneOf(...PART_TYPES), text: optional(text) }, ["type"]);
const content: Check = (value, path) => (typeof value === "string" ? undefined : listOf(part)(value, path));

const sentCall = struct(
  {
    id: text,
    type: optional(oneOf("function")),
    function: struct({ name: text, arguments: text }, ["name", "arguments"]),
  },
  ["id", "function"],
);

/** `developer` is a role of the Responses API only, as far as OpenAPI says (xai-wire 1.2). */
const message = struct(
  {
    role: oneOf("system", "user", "assistant", "tool", "function"),
    content: optional(content),
    reasoning_content: optional(text),
    tool_calls: optional(listOf(sentCall)),
    tool_call_id: optional(text),
    name: optional(text),
  },
  ["role"],
);

const functionTool = struct({ name: text, description: optional(text), parameters: anything }, ["name", "parameters"]);
const tool = struct(
  { type: oneOf("function", "live_search"), function: optional(functionTool) },
  ["type"],
  (value, path) =>
    isRecord(value) && value.type === "function" && !isRecord(value.function)
      ? problem(path, "missing field `function`")
      : undefined,
);

const toolChoice: Check = (value, path) => {
  const word = value === "auto" || value === "none" || value === "required";
  const named =
    isRecord(value) && value.type === "function" && isRecord(value.function) && typeof value.function.name === "string";
  return word || named ? undefined : problem(path, "data did not match any variant of untagged enum ToolChoice");
};

const responseFormat = struct(
  {
    type: oneOf("text", "json_object", "json_schema"),
    json_schema: optional(struct({ schema: anything }, ["schema"])),
  },
  ["type"],
  (value, path) =>
    isRecord(value) && value.type === "json_schema" && !isRecord(value.json_schema)
      ? problem(path, "missing field `json_schema`")
      : undefined,
);

const request = struct(
  {
    model: text,
    messages: listOf(message),
    stream: optional(flag),
    stream_options: optional(struct({ include_usage: optional(flag) }, [])),
    max_completion_tokens: optional(integer),
    max_tokens: optional(integer),
    temperature: optional(number),
    top_p: optional(number),
    n: optional(integer),
    seed: optional(integer),
    stop: optional(listOf(text)),
    frequency_penalty: optional(number),
    presence_penalty: optional(number),
    top_logprobs: optional(integer),
    reasoning_effort: optional(text),
    response_format: optional(responseFormat),
    tools: optional(listOf(tool)),
    tool_choice: optional(toolChoice),
    parallel_tool_calls: optional(flag),
    deferred: optional(flag),
    user: optional(text),
  },
  ["model", "messages"],
);
