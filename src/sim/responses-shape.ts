import type { JsonPath } from "./json-position.ts";
import { isRecord } from "./request.ts";
import { HOSTED_TOOLS } from "./responses-hosted-shape.ts";
import { inputProblem } from "./responses-input-shape.ts";
import {
  anything,
  type Check,
  flag,
  integer,
  listOf,
  map,
  number,
  oneOf,
  optional,
  problem,
  type ShapeProblem,
  struct,
  text,
} from "./serde.ts";

/**
 * The first thing in a Responses request that is not of the shape of OpenAPI `ModelRequest`; unknown fields are ignored.
 * @param invented Types of items that no parser knows, and that this server has sent itself.
 */
export function responsesShapeProblem(body: unknown, invented: ReadonlySet<string>): ShapeProblem | undefined {
  return request(body, []) ?? inputProblem(isRecord(body) ? body.input : undefined, invented);
}

/** What `include` may name (xai-wire 2.5); what only gRPC takes is not among it. */
const INCLUDE = [
  "reasoning.encrypted_content",
  "no_inline_citations",
  "web_search_call.action.sources",
  "file_search_call.results",
  "code_interpreter_call.outputs",
  "mcp_call.output",
  "code_execution_files_output",
  "message.output_text.logprobs",
];

const functionTool = struct(
  { name: text, description: optional(text), parameters: map, strict: optional(flag), defer_loading: optional(flag) },
  ["name", "parameters"],
);

const toolType = oneOf("function", ...Object.keys(HOSTED_TOOLS));

/** A tool is read as its type says; one of no known type is not read further. */
const tool: Check = (value, path) => {
  if (!isRecord(value)) return map(value, path);
  if (value.type === undefined) return problem(path, "missing field `type`");
  const wrong = toolType(value.type, [...path, "type"]);
  if (wrong !== undefined) return wrong;
  const check = value.type === "function" ? functionTool : HOSTED_TOOLS[String(value.type)];
  return check?.(value, path);
};

/** Flat, and functions only: a hosted tool cannot be chosen (xai-wire 2.1). */
const toolChoice: Check = (value, path) => {
  const isWord = value === "auto" || value === "none" || value === "required";
  const isNamed = isRecord(value) && value.type === "function" && typeof value.name === "string";
  return isWord || isNamed
    ? undefined
    : problem(path, "data did not match any variant of untagged enum ModelToolChoice");
};

/** Flat, without the `json_schema` wrapper of chat completions. */
const format = struct(
  {
    type: oneOf("text", "json_object", "json_schema"),
    schema: anything,
    name: optional(text),
    strict: optional(flag),
    description: optional(text),
  },
  ["type"],
  (value, path) =>
    isRecord(value) && value.type === "json_schema" && !isRecord(value.schema)
      ? problem(path, "missing field `schema`")
      : undefined,
);

const notNull =
  (check: Check): Check =>
  (value: unknown, path: JsonPath) =>
    value === null ? problem(path, "invalid type: null") : check(value, path);

const request = struct(
  {
    model: text,
    input: notNull(anything),
    instructions: optional(text),
    stream: optional(flag),
    max_output_tokens: optional(integer),
    max_turns: optional(integer),
    temperature: optional(number),
    top_p: optional(number),
    top_k: optional(integer),
    min_p: optional(number),
    reasoning: optional(
      struct({ effort: optional(text), summary: optional(text), generate_summary: optional(text) }, []),
    ),
    reasoning_effort: optional(text),
    text: optional(struct({ format: optional(format) }, [])),
    tools: optional(listOf(tool)),
    tool_choice: optional(toolChoice),
    parallel_tool_calls: optional(flag),
    include: optional(listOf(oneOf(...INCLUDE))),
    store: optional(flag),
    previous_response_id: optional(text),
    prompt_cache_key: optional(text),
    top_logprobs: optional(integer),
    background: optional(flag),
    user: optional(text),
    safety_identifier: optional(text),
    service_tier: optional(text),
  },
  ["model", "input"],
);
