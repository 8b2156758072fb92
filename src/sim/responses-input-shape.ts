import type { JsonPath } from "./json-position.ts";
import { isRecord } from "./request.ts";
import {
  anything,
  type Check,
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

const NO_VARIANT = "data did not match any variant of untagged enum ModelInput";

/**
 * What of the input the server cannot read. It tries each item as every kind it knows and does not say which part did not
 * fit: one bad item refuses the whole request with the same words (router-for-me/CLIProxyAPI#4282).
 */
export function inputProblem(input: unknown, invented: ReadonlySet<string>): ShapeProblem | undefined {
  if (typeof input === "string") return undefined;
  const isReadable = Array.isArray(input) && input.every((item) => fits(item, invented));
  return isReadable ? undefined : problem(["input"], NO_VARIANT);
}

function fits(item: unknown, invented: ReadonlySet<string>): boolean {
  if (!isRecord(item)) return false;
  const type = item.type ?? "message";
  // What has a blob and nothing else that a known kind needs is read as a compaction (chenyme/grok2api#688).
  if (type === "reasoning" && item.summary === undefined) return ITEMS.compaction?.(item, []) === undefined;
  const check = typeof type === "string" ? ITEMS[type] : undefined;
  if (check === undefined) return typeof type === "string" && invented.has(type);
  return check(item, []) === undefined;
}

const id: Check = optional(text);
const status: Check = optional(text);
const some = (value: unknown, path: JsonPath): ShapeProblem | undefined =>
  value === undefined ? problem(path, "missing field") : undefined;

const inputParts: Readonly<Record<string, Check>> = {
  input_text: struct({ text }, ["text"]),
  output_text: struct({ text, annotations: optional(listOf(map)) }, ["text"]),
  refusal: struct({ refusal: text }, ["refusal"]),
  input_image: struct({ image_url: optional(text), detail: optional(text), file_id: optional(text) }, []),
  input_file: struct({ file_id: optional(text), file_url: optional(text), file_data: optional(text) }, []),
};

const part: Check = (value, path) => {
  const check = isRecord(value) ? inputParts[String(value.type)] : undefined;
  return check === undefined ? problem(path, NO_VARIANT) : check(value, path);
};
const content: Check = (value, path) => (typeof value === "string" ? undefined : listOf(part)(value, path));

const summary = listOf(struct({ type: oneOf("summary_text"), text }, ["type", "text"]));

/** The calls of server tools of all ages: some have arguments, some an action, none must have either. */
const call = struct({ id, status, call_id: optional(text), name: optional(text), arguments: optional(text) }, []);

/** Every kind of item that is taken (OpenAPI `ModelInputPart`, `ModelOutput`; xai-wire 2.2, 2.4). */
const ITEMS: Readonly<Record<string, Check>> = {
  message: struct({ role: oneOf("user", "assistant", "system", "developer", "tool"), content, id, status }, [
    "role",
    "content",
  ]),
  reasoning: struct({ id, summary, content: optional(listOf(map)), encrypted_content: optional(text), status }, [
    "summary",
  ]),
  function_call: struct({ id, call_id: text, name: text, arguments: text, status }, ["call_id", "name", "arguments"]),
  function_call_output: struct({ id, call_id: text, output: content, status }, ["call_id", "output"]),
  web_search_call: struct({ id, status, action: optional(map), arguments: optional(text) }, []),
  x_search_call: call,
  custom_tool_call: struct({ id, status, call_id: text, name: text, input: text }, ["call_id", "name", "input"]),
  code_interpreter_call: struct(
    { id, status, code: optional(text), outputs: optional(listOf(map)), arguments: optional(text) },
    [],
  ),
  file_search_call: struct({ id, status, queries: optional(listOf(text)), results: optional(listOf(map)) }, []),
  mcp_call: struct({ id, status, name: text, server_label: text, arguments: text, output: anything }, [
    "name",
    "server_label",
    "arguments",
  ]),
  image_generation_call: struct({ id, status, prompt: optional(text), result: optional(text) }, []),
  shell_call: struct({ id, call_id: text, action: map, status }, ["call_id", "action"]),
  shell_call_output: struct({ call_id: text, output: listOf(map), max_output_length: optional(number) }, [
    "call_id",
    "output",
  ]),
  tool_search_call: struct({ id, status, arguments: some }, ["arguments"]),
  tool_search_output: struct({ id, status, tools: listOf(map) }, ["tools"]),
  compaction: struct({ id, encrypted_content: text }, ["encrypted_content"]),
};
