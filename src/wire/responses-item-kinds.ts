import { isObject } from "./json.ts";
import type { ResponsesAnnotation, ResponsesKnownItem, ResponsesOutputItem } from "./responses-items.ts";

/** True when the value is what our types say of a field. */
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isName: Check = (value) => typeof value === "string" && value !== "";
const isNumber: Check = (value) => typeof value === "number";

/** Optional fields: servers write `null` where they mean nothing. */
const orNone =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);

const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** An object of which these fields are as said; of all others nothing is asked. */
const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (!isObject(value)) return false;
    for (const name in fields) if (fields[name]?.(value[name]) === false) return false;
    return true;
  };

const text = orNone(isText);
const number = orNone(isNumber);

const annotation = shape({
  type: isText,
  url: text,
  title: text,
  start_index: number,
  end_index: number,
  file_id: text,
  filename: text,
  index: number,
});
const content = shape({ type: isName, text, refusal: text, annotations: orNone(Array.isArray) });
const thoughts = orNone(listOf(shape({ type: isText, text: isText })));
const source = shape({ type: text, url: text });
const action = shape({ type: text, query: text, url: text, pattern: text, sources: orNone(listOf(source)) });
const codeOutput = shape({ type: text, logs: text, url: text });
const fileResult = shape({ file_id: text, filename: text, score: number, text });
const commands = shape({ commands: orNone(listOf(isText)), timeout_ms: number, max_output_length: number });

const base = { id: text, status: text };
const written = { ...base, call_id: text, name: text, arguments: text };

/** What `ResponsesKnownItem` says, for run time. */
const ITEMS: { readonly [Type in ResponsesKnownItem["type"]]: Check } = {
  message: shape({ ...base, role: text, content: listOf(content), phase: text }),
  reasoning: shape({ ...base, summary: thoughts, content: thoughts, encrypted_content: text }),
  function_call: shape({ ...base, call_id: isText, name: isName, arguments: isText }),
  custom_tool_call: shape({ ...base, call_id: text, name: isText, input: isText }),
  web_search_call: shape({ ...written, action: orNone(action) }),
  x_search_call: shape(written),
  code_interpreter_call: shape({ ...written, code: text, outputs: orNone(listOf(codeOutput)) }),
  file_search_call: shape({ ...base, queries: orNone(listOf(isText)), results: orNone(listOf(fileResult)) }),
  mcp_call: shape({ ...base, name: isText, server_label: text, arguments: text, output: text }),
  image_generation_call: shape({ ...base, prompt: text, result: text }),
  shell_call: shape({ ...base, call_id: isText, action: commands }),
  tool_search_call: shape({ ...base, execution: text }),
  tool_search_output: shape({ ...base, tools: orNone(Array.isArray) }),
  compaction: shape({ ...base, encrypted_content: isText }),
};

/** True for an item of a documented kind whose fields are what our types say; others are kept, and nothing is said of them. */
export function isKnownItem(item: ResponsesOutputItem): item is ResponsesKnownItem {
  const checks: Readonly<Record<string, Check>> = ITEMS;
  return Object.hasOwn(checks, item.type) && checks[item.type]?.(item) === true;
}

/** An item as it came; undefined when it is none, which is to say that it has no type. */
export function readItem(value: unknown): ResponsesOutputItem | undefined {
  if (!isObject(value) || typeof value.type !== "string" || value.type === "") return undefined;
  return value as ResponsesOutputItem; // an object with a type is at least a ResponsesOtherItem
}

export function isAnnotation(value: unknown): value is ResponsesAnnotation {
  return annotation(value);
}
