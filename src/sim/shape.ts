import type { JsonPath } from "./json-position.ts";
import { isRecord } from "./request.ts";

/** What does not fit, in serde's words, and where. */
export interface ShapeProblem {
  readonly path: JsonPath;
  readonly text: string;
}

type Json = Readonly<Record<string, unknown>>;
type Check = (value: unknown, path: JsonPath) => ShapeProblem | undefined;

/** The first thing in a chat request that is not of the shape of OpenAPI `ChatRequest`; unknown fields are ignored. */
export const shapeProblem = (body: unknown): ShapeProblem | undefined => request(body, []);

const problem = (path: JsonPath, text: string): ShapeProblem => ({ path, text });

/** A value as serde names it in a message. */
function named(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "sequence";
  switch (typeof value) {
    case "string":
      return `string ${JSON.stringify(value)}`;
    case "number":
      return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
    case "boolean":
      return `boolean \`${value}\``;
    default:
      return "map";
  }
}

const typed =
  (expected: string, fits: (value: unknown) => boolean): Check =>
  (value, path) =>
    fits(value) ? undefined : problem(path, `invalid type: ${named(value)}, expected ${expected}`);

const text = typed("a string", (value) => typeof value === "string");
const flag = typed("a boolean", (value) => typeof value === "boolean");
const number = typed("f32", (value) => typeof value === "number");
const integer = typed("i32", Number.isInteger);
const map = typed("a map", isRecord);
const anything: Check = () => undefined;

const optional =
  (check: Check): Check =>
  (value, path) =>
    value === undefined || value === null ? undefined : check(value, path);

const listOf =
  (item: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return problem(path, `invalid type: ${named(value)}, expected a sequence`);
    return first(value.map((entry, at) => () => item(entry, [...path, at])));
  };

/** One of some words, with serde's wording for two and for more. */
const oneOf =
  (...variants: readonly string[]): Check =>
  (value, path) => {
    if (typeof value !== "string") return text(value, path);
    if (variants.includes(value)) return undefined;
    const quoted = variants.map((variant) => `\`${variant}\``);
    const expected = quoted.length === 2 ? quoted.join(" or ") : `one of ${quoted.join(", ")}`;
    return problem(path, `unknown variant \`${value}\`, expected ${expected}`);
  };

/** An object whose required fields are there and whose known fields fit; `then` looks further once they do. */
const struct =
  (fields: Readonly<Record<string, Check>>, required: readonly string[], then: Check = anything): Check =>
  (value, path) => {
    if (!isRecord(value)) return map(value, path);
    const missing = required.find((name) => !Object.hasOwn(value, name));
    return (
      first(
        Object.entries(fields).map(
          ([name, check]) =>
            () =>
              fieldProblem(value, name, check, path),
        ),
      ) ?? (missing === undefined ? then(value, path) : problem(path, `missing field \`${missing}\``))
    );
  };

function fieldProblem(value: Json, name: string, check: Check, path: JsonPath): ShapeProblem | undefined {
  return Object.hasOwn(value, name) ? check(value[name], [...path, name]) : undefined;
}

function first(checks: readonly (() => ShapeProblem | undefined)[]): ShapeProblem | undefined {
  for (const check of checks) {
    const found = check();
    if (found !== undefined) return found;
  }
  return undefined;
}

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
