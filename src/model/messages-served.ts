import type { ErrorInfo } from "../errors.ts";
import { freshId, type ServerCall, type Source } from "../message/index.ts";
import type { MessagesServerToolUseBlock } from "../wire/index.ts";
import { isObject, type Json, objectsOf, textOf } from "./json.ts";
import type { ModelEvent, ServerCallResult } from "./model.ts";
import { serverCall } from "./server-call.ts";
import { type CalledTool, calledTool } from "./server-call-kind.ts";
import { sourceOf } from "./sources.ts";

/** The calls that the server carried out in one answer, as they come. Each is known by the index of its block. */
export interface ServedBlocks {
  begin(index: number, block: MessagesServerToolUseBlock, ms: number): readonly ModelEvent[];
  /** The input is whole: told once. */
  ask(index: number, input: string): readonly ModelEvent[];
  /** Notes when a result was seen. False where it is the result of no call. */
  sight(block: Json, ms: number): boolean;
  /** How the call ended: with the result that names it, or with none. */
  result(index: number, input: string, results: readonly Json[]): ServerCallResult | undefined;
}

interface Served {
  /** The wire's own, by which its result names it. */
  wireId: string;
  /** The same, but unique in the answer. */
  id: string;
  called: CalledTool;
  isAsked: boolean;
  firstMs: number;
  lastMs: number;
}

export function createServedBlocks(): ServedBlocks {
  const known = new Map<number, Served>();
  const ids = new Set<string>();
  const callOf = ({ called, id }: Served, input?: string): ServerCall =>
    serverCall(called, id, input === undefined ? {} : { input });
  return {
    begin(index, { type, id: wireId, name, server_name }, ms) {
      const called = calledTool({ type, name, server_name }, []);
      if (called === undefined || known.has(index)) return [];
      const id = freshId(wireId, (taken) => ids.has(taken));
      ids.add(id);
      const served: Served = { wireId, id, called, isAsked: false, firstMs: ms, lastMs: ms };
      known.set(index, served);
      return [{ type: "tool.started", call: callOf(served) }];
    },
    ask(index, input) {
      const served = known.get(index);
      if (served === undefined || served.isAsked) return [];
      served.isAsked = true;
      return [{ type: "tool.input", call: callOf(served, input) }];
    },
    sight({ tool_use_id }, ms) {
      const served = [...known.values()].find(({ wireId }) => wireId === tool_use_id);
      if (served !== undefined) served.lastMs = ms;
      return served !== undefined;
    },
    result(index, input, results) {
      const served = known.get(index);
      if (served === undefined) return undefined;
      const found = results.find(({ tool_use_id }) => tool_use_id === served.wireId);
      const result = resultOf(callOf(served, input), found);
      const observedMs = served.lastMs - served.firstMs;
      return observedMs > 0 ? { ...result, observedMs } : result;
    },
  };
}

/** Whether a block is the result of a call that the server carried out. */
export function isResult({ type, tool_use_id }: Json): boolean {
  return typeof type === "string" && type.endsWith("_tool_result") && typeof tool_use_id === "string";
}

function resultOf(call: ServerCall, block: Json | undefined): ServerCallResult {
  if (block === undefined) {
    const message = `The answer ended before the result of ${call.action ?? call.tool} came.`;
    return { call, outcome: "unknown", visibility: "not_disclosed", error: { code: "tool_failed", message } };
  }
  const { content } = block;
  const error = errorOf(call, block);
  if (error !== undefined) return { call, outcome: "error", ...shown(content), error };
  const sources = sourcesOf(content);
  return { call, outcome: "ok", ...shown(content), ...(sources === undefined ? {} : { sources }) };
}

/** Results of an MCP server say `is_error`, those of other tools are an object with a code. */
function errorOf(call: ServerCall, { is_error, content }: Json): ErrorInfo | undefined {
  const code = isObject(content) ? textOf(content.error_code) : undefined;
  if (is_error !== true && code === undefined) return undefined;
  const said =
    code ??
    textOf(content) ??
    objectsOf(content)
      .flatMap(({ text }) => textOf(text) ?? [])
      .join(" ");
  const reason = said === "" ? ", and not why." : `: ${said}`;
  return { code: "tool_failed", message: `The server says that ${call.action ?? call.tool} failed${reason}` };
}

/** What is there to be seen, without what only its maker can read: that stays in the message's raw items. */
function shown(content: unknown): Pick<ServerCallResult, "visibility" | "output"> {
  if (content === undefined || content === null) return { visibility: "not_disclosed" };
  let hasBlobs = false;
  const output = JSON.parse(
    JSON.stringify(content, (name, value: unknown) => {
      if (!name.startsWith("encrypted_") || textOf(value) === undefined) return value;
      hasBlobs = true;
      return undefined;
    }),
  );
  return { visibility: hasBlobs ? "encrypted" : "full", output };
}

/** What was found or fetched, where the result lists addresses; an empty list of results is one. */
function sourcesOf(content: unknown): readonly Source[] | undefined {
  const listed = isObject(content) ? [fetched(content)] : objectsOf(content);
  const isList = Array.isArray(content) && listed.every(({ type }) => type === "web_search_result");
  const byId = new Map(listed.flatMap((item) => sourceOf(item) ?? []).map((source) => [source.id, source]));
  return byId.size > 0 || isList ? [...byId.values()] : undefined;
}

/** The title of a page that was fetched is that of the document in it. */
function fetched(result: Json): Json {
  const { content, url } = result;
  return isObject(content) && url !== undefined ? { url, title: content.title } : result;
}
