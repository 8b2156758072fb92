import type { AssistantMessage } from "../message/index.ts";
import { readJsonText, type Toolbox } from "../tool/index.ts";

/** The tool that an answer looks like a call of, though it has text alone. An answer that fits a schema is what it is. */
export function calledAsText(
  { message, output }: { message: AssistantMessage; output?: unknown },
  { get, serverTools }: Toolbox,
): string | undefined {
  if (output !== undefined || (message.toolCalls?.length ?? 0) > 0) return undefined;
  const isTool = (name: string): boolean => get(name) !== undefined || serverTools.some((tool) => tool.name === name);
  return calledInText(message.content, isTool);
}

/**
 * The registered tool that an answer is shaped like a call of; undefined for any other text. Models write calls as text in the forms
 * that they were trained on: JSON with a name and arguments, alone, in a fence or behind a sentence; tags such as `<tool_call>`,
 * `<function=…>`, `<xai:function_call name="…">`, `<invoke name="…">`, `[TOOL_CALLS]`, `to=functions.…`; and `name(…)`. Nothing of it is
 * ever read as a call and run. The text must end with the call: an answer that speaks of one goes on behind it. Linear.
 * @see user-asks B6; llama.cpp and vLLM list the forms of the model families in their parsers of tool calls
 */
export function calledInText(text: string, isTool: (name: string) => boolean): string | undefined {
  const said = text.trim();
  const block = fenced(said) ?? said;
  return calledInJson(block, isTool) ?? calledInTags(block, isTool) ?? calledPlainly(block, isTool);
}

const FENCE = "```";
const LANGUAGE = /^[\w-]*[ \t]*\n/;

/** What stands in the fence that the text ends with, without its language. */
function fenced(text: string): string | undefined {
  if (!text.endsWith(FENCE)) return undefined;
  const open = text.lastIndexOf(FENCE, text.length - FENCE.length - 1);
  if (open === -1) return undefined;
  return text
    .slice(open + FENCE.length, -FENCE.length)
    .replace(LANGUAGE, "")
    .trim();
}

const BEGINS_JSON = /(?:^|\n)[{[]/;

function calledInJson(text: string, isTool: (name: string) => boolean): string | undefined {
  const at = text.search(BEGINS_JSON);
  if (at === -1 || !/[}\]]$/.test(text)) return undefined;
  const read = readJsonText(text.slice(at).trim(), "it is");
  return "json" in read ? toolOf(read.json, isTool) : undefined;
}

const NAME_KEYS: ReadonlySet<string> = new Set([
  "name",
  "tool",
  "tool_name",
  "toolName",
  "function",
  "function_name",
  "recipient_name",
  "action",
]);
const ARGUMENT_KEYS: ReadonlySet<string> = new Set([
  "arguments",
  "args",
  "parameters",
  "params",
  "input",
  "tool_input",
  "toolInput",
  "action_input",
]);
const HOLDER_KEYS: ReadonlySet<string> = new Set([
  "tool_calls",
  "toolCalls",
  "tool_call",
  "tool_uses",
  "function_call",
  "function",
]);
/** What may stand beside. Any other key makes it an answer of its own. */
const BESIDE: ReadonlySet<string> = new Set(["id", "type", "call_id", "tool_call_id", "index", "role", "content"]);

/** The tool of a call, of calls, or of what holds them. */
function toolOf(json: unknown, isTool: (name: string) => boolean): string | undefined {
  if (Array.isArray(json)) {
    const tools = json.map((item) => toolOf(item, isTool));
    return tools.includes(undefined) ? undefined : tools[0];
  }
  if (typeof json !== "object" || json === null) return undefined;
  const entries = Object.entries(json);
  const held = entries.find(([key, value]) => HOLDER_KEYS.has(key) && typeof value === "object");
  if (held !== undefined) return hasOnly(entries, [HOLDER_KEYS]) ? toolOf(held[1], isTool) : undefined;
  const name = entries.find(([key]) => NAME_KEYS.has(key))?.[1];
  const input = entries.find(([key]) => ARGUMENT_KEYS.has(key))?.[1];
  const isInput = (typeof input === "object" && input !== null) || typeof input === "string";
  if (typeof name !== "string" || !isInput || !hasOnly(entries, [NAME_KEYS, ARGUMENT_KEYS])) return undefined;
  const tool = name.replace(/^functions\./, "");
  return isTool(tool) ? tool : undefined;
}

function hasOnly(entries: readonly (readonly [string, unknown])[], known: readonly ReadonlySet<string>[]): boolean {
  return entries.every(([key]) => BESIDE.has(key) || known.some((keys) => keys.has(key)));
}

/** What begins or ends a call in the words of some family of models; the bars and blocks are DeepSeek's. */
const TAG =
  /<\/?[|｜]?(?:[a-z]{1,12}:)?(?:tool[_▁]?calls?|function[_▁]?calls?|functions?|invoke|tool_use|python_tag)[^a-z]|\[TOOL_CALLS\]|to=functions\./gi;
/** Characters from a tag within which the name stands. */
const NEAR = 300;
/** Tags that are looked at: more than a turn has calls. */
const MOST_TAGS = 256;

function calledInTags(text: string, isTool: (name: string) => boolean): string | undefined {
  let count = 0;
  for (const { 0: tag, index } of text.matchAll(TAG)) {
    count += 1;
    if (count > MOST_TAGS) return undefined;
    if (!/[>}\]|｜]$/.test(text) && !(index === 0 && text.endsWith(")"))) return undefined;
    const isEnd = tag.startsWith("</");
    const near = isEnd ? text.slice(Math.max(0, index - NEAR), index) : text.slice(index + 1, index + NEAR);
    const tool = near.match(/[\w-]+/g)?.find(isTool);
    if (tool !== undefined) return tool;
  }
  return undefined;
}

/** `get_weather({"city": "Oslo"})` and nothing else. */
function calledPlainly(text: string, isTool: (name: string) => boolean): string | undefined {
  if (!text.endsWith(")")) return undefined;
  const name = text.slice(0, text.indexOf("(")).trim();
  return isTool(name) ? name : undefined;
}
