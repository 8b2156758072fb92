import type { ErrorInfo } from "../errors.ts";
import type { Outcome, ServerCall, Source, Visibility } from "../message/index.ts";
import { isObject, type Json, objectsOf, textOf } from "./json.ts";
import type { ServerCallResult } from "./model.ts";
import { sourceOf } from "./sources.ts";

/** What an answer says of where an item stands in it. */
export interface ItemPlace {
  /** Position among the items of the answer. */
  index: number;
  /** The answer came to its end, so that what it does not call unfinished is finished. */
  isWhole: boolean;
}

/** Characters of the logs that go into an error. */
const MAX_LOGS = 500;

/** How a call of a server tool ended, with all that its item tells of it. */
export function serverResult(call: ServerCall, item: Json, place: ItemPlace): ServerCallResult {
  const outcome = outcomeOf(item, place.isWhole);
  const sources = sourcesOf(call, item);
  const found = sources === undefined ? {} : { sources };
  const error = outcome === "ok" ? {} : { error: outcome === "error" ? errorOf(call, item) : unfinished(call, item) };
  const output = outputOf(call, item, place.index);
  // A call that did not go well and has nothing to show: that is no sight of an empty output.
  const isShown = output !== undefined && (outcome === "ok" || !isEmpty(output));
  const shown = isShown ? ({ visibility: "full", output } as const) : { visibility: hidden(item) };
  return { call, outcome, ...shown, ...error, ...found };
}

function isEmpty(output: unknown): boolean {
  return output === "" || (Array.isArray(output) && output.length === 0);
}

/** MCP calls have an error and not always a status. Only a call that was let finish is held to have gone well. */
function outcomeOf({ status, error }: Json, isWhole: boolean): Outcome {
  if (status === "failed" || status === "error" || (error !== undefined && error !== null && error !== "")) {
    return "error";
  }
  if (status === "completed") return "ok";
  return isWhole && textOf(status) === undefined ? "ok" : "unknown";
}

function errorOf(call: ServerCall, item: Json): ErrorInfo {
  const { error } = item;
  const said = textOf(error) ?? (isObject(error) ? (textOf(error.message) ?? JSON.stringify(error)) : undefined);
  const logs = logsOf(call, item);
  const message = said ?? `xAI says that ${call.action ?? call.tool} failed${logs === "" ? ", and not why." : "."}`;
  return { code: "tool_failed", message: logs === "" ? message : `${message} It printed: ${logs}` };
}

/** What failed code printed: its last lines, since that is where the reason stands. */
function logsOf(call: ServerCall, { outputs }: Json): string {
  if (call.kind !== "code_execution") return "";
  const logs = objectsOf(outputs)
    .map((output) => textOf(output.logs) ?? "")
    .join("")
    .trim();
  return logs.length > MAX_LOGS ? `…${logs.slice(-MAX_LOGS).replace(/^[\udc00-\udfff]/, "")}` : logs;
}

function unfinished(call: ServerCall, { status }: Json): ErrorInfo {
  const state = textOf(status) ?? "unfinished";
  return { code: "tool_failed", message: `The answer ended while ${call.action ?? call.tool} was ${state}.` };
}

/** The output where xAI gives one. An image stays in the message's raw items: it may be megabytes. */
function outputOf(call: ServerCall, item: Json, index: number): unknown {
  switch (call.kind) {
    case "code_execution":
      return Array.isArray(item.outputs) ? item.outputs : given(item.output);
    case "collections_search":
      return Array.isArray(item.results) ? item.results : given(item.output);
    case "image_generation":
      return imageOf(item, index);
    default:
      return given(item.output);
  }
}

function given(output: unknown): unknown {
  return output === null ? undefined : output;
}

/** Where the image is: an address, or the place of its bytes among the raw items. */
function imageOf({ result }: Json, index: number): unknown {
  const image = textOf(result);
  if (image === undefined) return undefined;
  if (/^https?:/.test(image)) return { url: image };
  const padding = image.endsWith("==") ? 2 : image.endsWith("=") ? 1 : 0;
  return { rawItem: index, bytes: Math.floor((image.length * 3) / 4) - padding };
}

function hidden(item: Json): Visibility {
  const isEncrypted = Object.entries(item).some(([name, value]) => name.startsWith("encrypted") && textOf(value));
  return isEncrypted ? "encrypted" : "not_disclosed";
}

/** What it found, where xAI says. An empty list is how xAI leaves it out, so that it says nothing. */
function sourcesOf(call: ServerCall, { action, results }: Json): readonly Source[] | undefined {
  const listed = isObject(action)
    ? objectsOf(action.sources)
    : call.kind === "collections_search"
      ? objectsOf(results)
      : [];
  const byId = new Map<string, Source>();
  for (const source of listed.map(sourceOf)) {
    if (source !== undefined && !byId.has(source.id)) byId.set(source.id, source);
  }
  return byId.size === 0 ? undefined : [...byId.values()];
}
