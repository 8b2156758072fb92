import { AgentError } from "../errors.ts";
import { compact, isObject, readCount, readString } from "./json.ts";
import { isKnownItem, readItem } from "./responses-item-kinds.ts";
import type { ResponsesOutputItem } from "./responses-items.ts";
import type { ResponsesIncompleteDetails, ResponsesMetadata, ResponsesResponse } from "./responses-types.ts";
import { decodeResponsesUsage } from "./responses-usage.ts";

/** The fields of a response that we read. A field of another kind than expected is as if it were absent. */
const READ = [
  "id",
  "object",
  "created_at",
  "completed_at",
  "model",
  "status",
  "output",
  "usage",
  "incomplete_details",
  "service_tier",
  "previous_response_id",
  "metadata",
  "request_id",
  "simulated",
] as const;

/**
 * A response as a terminal event or a JSON body has it. What we do not read is kept as it came.
 * @param status What the event says, where the response does not.
 * @throws {AgentError} `malformed_event` (retryable) when its output cannot be read.
 */
export function decodeResponse(json: unknown, status: "completed" | "incomplete"): ResponsesResponse {
  if (!isObject(json)) throw malformedResponse("the end of the answer holds no response");
  const rest: Record<string, unknown> = { ...json };
  for (const name of READ) delete rest[name];
  return {
    ...rest,
    id: readString(json.id) ?? "",
    object: "response",
    model: readString(json.model) ?? "",
    status: readString(json.status) ?? status,
    output: readOutput(json.output),
    ...compact<Omit<ResponsesResponse, "id" | "object" | "model" | "status" | "output">>({
      created_at: readCount(json.created_at),
      completed_at: readCount(json.completed_at),
      usage: decodeResponsesUsage(json.usage),
      incomplete_details: readIncomplete(json.incomplete_details),
      service_tier: readString(json.service_tier),
      previous_response_id: readString(json.previous_response_id),
      metadata: readMetadata(json.metadata),
      // Ours: set from the headers of the answer, never from its body.
      request_id: undefined,
      simulated: undefined,
    }),
  };
}

/** Some servers leave the output out of the terminal event: then what was streamed is the answer. */
function readOutput(value: unknown): readonly ResponsesOutputItem[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw malformedResponse("output is not a list");
  return value.map(checkItem);
}

/**
 * An item that can be handed on. Messages and calls of our functions must be what they say they are, since the loop acts on
 * them; what the server did by itself is kept however it looks.
 * @throws {AgentError} `malformed_event` (retryable)
 */
export function checkItem(value: unknown): ResponsesOutputItem {
  const item = readItem(value);
  if (item === undefined) throw malformedResponse("an item of the output has no type");
  const mustBeKnown = item.type === "message" || item.type === "function_call";
  if (mustBeKnown && !isKnownItem(item)) throw malformedResponse(`a ${item.type} lacks what makes it one`);
  return item;
}

function readIncomplete(value: unknown): ResponsesIncompleteDetails | undefined {
  if (!isObject(value)) return undefined;
  const reason = readString(value.reason);
  return reason === undefined ? undefined : { reason };
}

function readMetadata(value: unknown): ResponsesMetadata | undefined {
  if (!isObject(value)) return undefined;
  const { system_fingerprint: _, ...rest } = value;
  return { ...rest, ...compact<ResponsesMetadata>({ system_fingerprint: readString(value.system_fingerprint) }) };
}

/** The server broke the protocol. Retryable: the next answer may be whole. Says where, never what was sent. */
export function malformedResponse(what: string): AgentError {
  const message = `The response holds something that cannot be read: ${what}. Try again.`;
  return new AgentError("malformed_event", message, { retryable: true });
}

/** The stream is over and the answer is not. */
export function incompleteResponse(when: string): AgentError {
  const message = `The response ended ${when}. What came is not an answer: try again.`;
  return new AgentError("stream_incomplete", message, { retryable: true });
}
