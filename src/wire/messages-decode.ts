import { compact, isObject, readIndex, readString } from "./json.ts";
import { malformedMessage, readBlock, readText } from "./messages-blocks.ts";
import type { MessagesDelta, MessagesEvent, MessagesHead } from "./messages-types.ts";
import { decodeMessagesUsage } from "./messages-usage.ts";

type Fields = Readonly<Record<string, unknown>>;
type DeltaEvent = Extract<MessagesEvent, { type: "message_delta" }>;

/**
 * Reads one JSON object of a stream of the Messages protocol. Events, blocks and deltas that we do not know are kept whole.
 * Errors in the stream are found before, with `findFault`.
 * @param event Name of the SSE event, which counts where the data has no `type`.
 * @throws {AgentError} `malformed_event` (retryable) when an event of the content cannot be read or placed.
 */
export function decodeMessagesEvent(json: unknown, event?: string): MessagesEvent {
  const type = (isObject(json) ? readString(json.type) : undefined) ?? event;
  const decoded = type !== undefined && isObject(json) ? decodeKnown(type, json) : undefined;
  return (
    decoded ?? (type === undefined ? { type: "unknown", item: json } : { type: "unknown", event: type, item: json })
  );
}

function decodeKnown(type: string, json: Fields): MessagesEvent | undefined {
  switch (type) {
    case "content_block_delta":
      return { type, index: indexOf(json), delta: decodeDelta(json.delta) };
    case "content_block_start": {
      const raw = json.content_block;
      if (!isObject(raw)) throw malformedMessage("a block is not an object");
      return { type, index: indexOf(json), block: readBlock(raw), raw };
    }
    case "content_block_stop":
      return { type, index: indexOf(json) };
    case "message_start":
      return { type, message: decodeHead(json.message) };
    case "message_delta":
      return decodeEnd(json);
    case "message_stop":
    case "ping":
      return { type };
    default:
      return undefined;
  }
}

/** Nothing else says which block is meant: without it a piece of the answer would be lost. */
function indexOf(json: Fields): number {
  const index = readIndex(json.index);
  if (index === undefined) throw malformedMessage("an event of a block does not say of which");
  return index;
}

function decodeDelta(delta: unknown): MessagesDelta {
  if (!isObject(delta)) throw malformedMessage("a delta is not an object");
  switch (delta.type) {
    case "text_delta":
      return { type: "text_delta", text: readText(delta.text, "text") };
    case "thinking_delta":
      return { type: "thinking_delta", thinking: readText(delta.thinking, "thinking") };
    case "signature_delta":
      return { type: "signature_delta", signature: readText(delta.signature, "signature") };
    case "input_json_delta":
      return { type: "input_json_delta", partial_json: readInputPiece(delta.partial_json) };
    case "citations_delta":
      return { type: "citations_delta", citation: delta.citation };
    default:
      return { type: "other", delta };
  }
}

/** JSON as text; some servers send the object itself. */
function readInputPiece(value: unknown): string {
  return isObject(value) ? JSON.stringify(value) : readText(value, "partial_json");
}

/** Fields of a message that have a place of their own. */
const HEAD: ReadonlySet<string> = new Set([
  "id",
  "type",
  "role",
  "model",
  "content",
  "stop_reason",
  "stop_sequence",
  "stop_details",
  "usage",
]);

function decodeHead(message: unknown): MessagesHead {
  if (!isObject(message)) return { id: "", model: "" };
  // What a message begins with would be shown by no event.
  if (Array.isArray(message.content) && message.content.length > 0) {
    throw malformedMessage("it begins with content that belongs to no block");
  }
  return compact<MessagesHead>({
    id: readString(message.id) ?? "",
    model: readString(message.model) ?? "",
    usage: decodeMessagesUsage(message.usage),
    rest: restOf(message, HEAD),
  });
}

const END: ReadonlySet<string> = new Set(["type", "delta", "usage", ...HEAD]);

function decodeEnd(json: Fields): DeltaEvent {
  const delta = isObject(json.delta) ? json.delta : {};
  return decodeEnding({ ...json, ...delta });
}

/** What a message says beside its id, model and content: in its `message_delta`, or all at once. */
export function decodeEnding(fields: Fields): DeltaEvent {
  return compact<DeltaEvent>({
    type: "message_delta",
    stop_reason: readString(fields.stop_reason),
    stop_sequence: readString(fields.stop_sequence),
    stop_details: fields.stop_details ?? undefined,
    usage: decodeMessagesUsage(fields.usage),
    rest: restOf(fields, END),
  });
}

/** Fields that are none of the known; null says that there is nothing. */
function restOf(fields: Fields, known: ReadonlySet<string>): Fields | undefined {
  const others = Object.entries(fields).filter(([name, value]) => !known.has(name) && value !== null);
  return others.length === 0 ? undefined : Object.fromEntries(others);
}
