import { compact, isObject, readCount, readIndex, readString } from "./json.ts";
import type { ResponsesEvent, ResponsesHead, ResponsesPhaseEvent, ResponsesTextName } from "./responses-events.ts";
import { isAnnotation, readItem } from "./responses-item-kinds.ts";
import { decodeResponsesUsage } from "./responses-usage.ts";
import { decodeResponse } from "./responses-whole.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads one JSON object of a stream of the Responses API: the fields we use, and no others. What we do not know, and what says
 * neither its item nor its text, is kept whole as `unknown`: the terminal event has all of it again. Errors in the stream
 * are found before, with `findResponseFault`.
 * @param event Name of the SSE event, which counts where the data has no `type`.
 * @throws {AgentError} `malformed_event` (retryable) when a terminal event cannot be read.
 */
export function decodeResponsesEvent(json: unknown, event?: string): ResponsesEvent {
  const type = (isObject(json) ? readString(json.type) : undefined) ?? event;
  const decoded = type !== undefined && isObject(json) ? decodeKnown(type, json) : undefined;
  return (
    decoded ?? (type === undefined ? { type: "unknown", item: json } : { type: "unknown", event: type, item: json })
  );
}

function decodeKnown(type: string, json: Fields): ResponsesEvent | undefined {
  switch (type) {
    case "response.output_text.delta":
    case "response.refusal.delta":
    case "response.reasoning_text.delta":
    case "response.reasoning_summary_text.delta":
    case "response.function_call_arguments.delta":
    case "response.custom_tool_call_input.delta":
    case "response.mcp_call_arguments.delta":
    case "response.mcp_call_output.delta":
    case "response.code_interpreter_call_code.delta":
      return decodeDelta(type, json);
    case "response.output_text.done":
    case "response.refusal.done":
    case "response.reasoning_text.done":
    case "response.reasoning_summary_text.done":
    case "response.function_call_arguments.done":
    case "response.custom_tool_call_input.done":
    case "response.mcp_call_arguments.done":
    case "response.mcp_call_output.done":
    case "response.code_interpreter_call_code.done":
      return decodeDone(type, json);
    case "response.output_item.added":
    case "response.output_item.done":
      return decodeItem(type, json);
    case "response.content_part.added":
    case "response.content_part.done":
    case "response.reasoning_summary_part.added":
    case "response.reasoning_summary_part.done":
      return decodePart(type, json);
    case "response.output_text.annotation.added":
      return decodeAnnotation(type, json);
    case "response.created":
    case "response.in_progress":
    case "response.queued":
      return { type, response: decodeHead(json.response) };
    case "response.completed":
      return { type, response: decodeResponse(json.response, "completed") };
    case "response.incomplete":
      return { type, response: decodeResponse(json.response, "incomplete") };
    case "response.done":
      return decodeAmbiguousEnd(json.response);
    default:
      return decodePhase(type, json);
  }
}

/** Where in the answer an event belongs; undefined when it does not say. */
function readPlace(json: Fields): { output_index: number; item_id?: string } | undefined {
  const output_index = readIndex(json.output_index);
  if (output_index === undefined) return undefined;
  const item_id = readString(json.item_id);
  return item_id === undefined ? { output_index } : { output_index, item_id };
}

function readPartIndex(json: Fields): number {
  return readIndex(json.content_index) ?? readIndex(json.summary_index) ?? 0;
}

function decodeDelta(type: `response.${ResponsesTextName}.delta`, json: Fields): ResponsesEvent | undefined {
  const place = readPlace(json);
  const delta = readString(json.delta);
  if (place === undefined || delta === undefined) return undefined;
  return { type, ...place, part_index: readPartIndex(json), delta };
}

/** What the wire calls the whole of a text. */
const WHOLE: { readonly [Name in ResponsesTextName]: string } = {
  output_text: "text",
  refusal: "refusal",
  reasoning_text: "text",
  reasoning_summary_text: "text",
  function_call_arguments: "arguments",
  custom_tool_call_input: "input",
  mcp_call_arguments: "arguments",
  mcp_call_output: "output",
  code_interpreter_call_code: "code",
};

/** The name of a text from the type of its event: `output_text` of `response.output_text.delta`. */
export function textNameOf(type: `response.${ResponsesTextName}.${"delta" | "done"}`): ResponsesTextName {
  return type.slice("response.".length, type.lastIndexOf(".")) as ResponsesTextName; // by the type of `type`
}

function decodeDone(type: `response.${ResponsesTextName}.done`, json: Fields): ResponsesEvent | undefined {
  const place = readPlace(json);
  const text = json[WHOLE[textNameOf(type)]];
  if (place === undefined || typeof text !== "string") return undefined;
  return { type, ...place, part_index: readPartIndex(json), text };
}

function decodeItem(
  type: "response.output_item.added" | "response.output_item.done",
  json: Fields,
): ResponsesEvent | undefined {
  const output_index = readIndex(json.output_index);
  const item = readItem(json.item);
  return output_index === undefined || item === undefined ? undefined : { type, output_index, item };
}

function decodePart(
  type: `response.${"content_part" | "reasoning_summary_part"}.${"added" | "done"}`,
  json: Fields,
): ResponsesEvent | undefined {
  const place = readPlace(json);
  const { part } = json;
  if (place === undefined || !isObject(part)) return undefined;
  return { type, ...place, part_index: readPartIndex(json), part };
}

function decodeAnnotation(type: "response.output_text.annotation.added", json: Fields): ResponsesEvent | undefined {
  const place = readPlace(json);
  const { annotation } = json;
  if (place === undefined || !isAnnotation(annotation)) return undefined;
  const annotation_index = readIndex(json.annotation_index);
  const at = { ...place, part_index: readPartIndex(json) };
  return annotation_index === undefined ? { type, ...at, annotation } : { type, ...at, annotation_index, annotation };
}

/** Tools that xAI has yet to invent have phases too: what is named like one is one. */
function decodePhase(type: string, json: Fields): ResponsesEvent | undefined {
  const [, item_type, phase] = /^response\.(\w+_call|mcp_list_tools)\.(\w+)$/.exec(type) ?? [];
  const place = readPlace(json);
  if (item_type === undefined || phase === undefined || place === undefined) return undefined;
  return { type: type as ResponsesPhaseEvent["type"], ...place, item_type, phase }; // by the expression above
}

/** Some servers say no more than that it is over (Vercel's client takes it as well): the response says how. */
function decodeAmbiguousEnd(json: unknown): ResponsesEvent | undefined {
  if (!isObject(json)) return undefined;
  const isIncomplete = json.status === "incomplete";
  const response = decodeResponse(json, isIncomplete ? "incomplete" : "completed");
  return { type: isIncomplete ? "response.incomplete" : "response.completed", response };
}

function decodeHead(json: unknown): ResponsesHead {
  if (!isObject(json)) return {};
  return compact<ResponsesHead>({
    id: readString(json.id),
    model: readString(json.model),
    created_at: readCount(json.created_at),
    usage: decodeResponsesUsage(json.usage),
  });
}
