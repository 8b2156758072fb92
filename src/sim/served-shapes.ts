import type { Answer } from "./answer.ts";
import { isIncluded, type Json } from "./output-item.ts";
import type { SimServerCall, SimServerKind } from "./server-calls.ts";

/** What a call's item is made from. */
export interface Served {
  readonly answer: Answer;
  readonly call: SimServerCall;
  readonly n: number;
  /** The input as an object; {} where it is text that is none. */
  readonly input: Json;
  /** The input as the wire's text. */
  readonly inputText: string;
}

/** How a kind of call looks on the wire (xai-wire 2.4, 2.7). */
export interface Shape {
  readonly type: string;
  readonly prefix: string;
  /** Events are named after it: `response.<name>.<phase>`. */
  readonly name: string;
  readonly phases: readonly string[];
  /** The fields of the item when it is added. */
  open(served: Served): Json;
  /** The fields of the item when it is done. */
  closed(served: Served): Json;
  /** The events by which its input is told. */
  input?: { readonly after: number; readonly name: string; readonly field: string; text(served: Served): string };
}

/** True for a call that did not succeed; an empty text is an error without words. */
export const isFailed = (failed: SimServerCall["failed"]): boolean => failed !== undefined && failed !== false;

/** The items of today; those of X, web and image calls as observed, the others as xAI's OpenAPI has them. */
export const shapes: Readonly<Record<SimServerKind, Shape>> = {
  web_search: {
    type: "web_search_call",
    prefix: "ws",
    name: "web_search_call",
    phases: ["in_progress", "searching", "completed"],
    open: () => ({ action: { type: "search", query: "", sources: [] } }),
    closed: (served) => ({ action: webAction(served) }),
  },
  x_search: {
    type: "custom_tool_call",
    prefix: "ctc",
    name: "x_search_call",
    phases: [],
    open: (served) => ({ ...customCall(served), input: "" }),
    closed: (served) => ({ ...customCall(served), input: served.inputText }),
    input: { after: 0, name: "custom_tool_call_input", field: "input", text: ({ inputText }) => inputText },
  },
  code_execution: {
    type: "code_interpreter_call",
    prefix: "ci",
    name: "code_interpreter_call",
    phases: ["in_progress", "interpreting", "completed"],
    open: () => ({ code: "", outputs: null }),
    closed: (served) => ({ code: codeOf(served), outputs: logs(served) }),
    input: { after: 1, name: "code_interpreter_call_code", field: "code", text: codeOf },
  },
  collections_search: {
    type: "file_search_call",
    prefix: "fs",
    name: "file_search_call",
    phases: ["in_progress", "searching", "completed"],
    open: () => ({ queries: [], results: null }),
    closed: (served) => ({ queries: queriesOf(served), results: disclosed(served, "file_search_call.results") }),
  },
  mcp: {
    type: "mcp_call",
    prefix: "mcp",
    name: "mcp_call",
    phases: ["in_progress", "completed"],
    open: (served) => ({ ...mcpTool(served), arguments: "", output: null, error: null }),
    closed: (served) => ({
      ...mcpTool(served),
      arguments: served.inputText,
      output: disclosed(served, "mcp_call.output"),
      error: mcpError(served.call),
    }),
    input: { after: 1, name: "mcp_call_arguments", field: "arguments", text: ({ inputText }) => inputText },
  },
  image_generation: {
    type: "image_generation_call",
    prefix: "ig",
    name: "image_generation_call",
    phases: ["in_progress", "generating", "completed"],
    open: () => ({ result: null }),
    closed: ({ call, input }) => ({ result: call.output ?? null, prompt: input.prompt ?? "" }),
  },
};

/** A search, a page opened, a text looked for in a page. Sources are told only to who asks for them. */
function webAction({ answer, call, input, inputText }: Served): Json {
  const action = call.action ?? "search";
  const { url = "", pattern = "" } = input;
  if (action === "open_page" || action === "browse_page") return { type: "open_page", url };
  if (action === "find_in_page" || action === "open_page_with_find") return { type: "find_in_page", url, pattern };
  const query = typeof call.input === "string" ? inputText : (input.query ?? "");
  const asked = isIncluded(answer, "web_search_call.action.sources") ? (call.sources ?? []) : [];
  return { type: "search", query, sources: asked.map((source) => ({ type: "url", url: source })) };
}

function customCall({ answer, call, n }: Served): Json {
  return { call_id: `call_sim_${answer.index}_s${n}`, name: call.action ?? "x_keyword_search" };
}

function codeOf({ input, inputText, call }: Served): string {
  return typeof call.input === "string" ? inputText : String(input.code ?? "");
}

/** What a call came to, for who asked for it; `null` is what is not told. */
function disclosed({ answer, call }: Served, name: string): unknown {
  return isIncluded(answer, name) ? (call.output ?? null) : null;
}

function logs(served: Served): unknown {
  const output = disclosed(served, "code_interpreter_call.outputs");
  return typeof output === "string" ? [{ type: "logs", logs: output }] : output;
}

function queriesOf({ input, inputText, call }: Served): unknown {
  if (typeof call.input === "string") return [inputText];
  return input.queries ?? (input.query === undefined ? [] : [input.query]);
}

function mcpTool({ answer, call }: Served): Json {
  const declared = (answer.request.hosted ?? []).find((tool) => tool.type === "mcp");
  return { name: call.action ?? "", server_label: call.server ?? declared?.server_label ?? "sim" };
}

function mcpError({ failed }: SimServerCall): string | null {
  return typeof failed === "string" ? failed : failed === true ? "The tool failed." : null;
}
