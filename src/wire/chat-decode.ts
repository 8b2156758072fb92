import { AgentError } from "../errors.ts";
import type {
  ChatChoiceDelta,
  ChatChunk,
  ChatDataChunk,
  ChatDelta,
  ChatToolCallDelta,
  ChatUsage,
} from "./chat-types.ts";
import { decodeChatUsage } from "./chat-usage.ts";
import { isObject, readCount, readIndex, readString, readStrings } from "./json.ts";

/**
 * Reads one JSON object of a chat stream, or a whole answer (`message` in the place of `delta`). Takes the fields we use
 * and ignores the others; an object with neither `choices` nor `usage` is kept whole as `unknown`.
 * Errors in the stream are found before, with `findFault`.
 * @param event Name of the SSE event, when it has one.
 * @throws {AgentError} `malformed_event` (retryable) when a field we use is there and cannot be read.
 */
export function decodeChatChunk(json: unknown, event?: string): ChatChunk {
  if (!isObject(json)) return unknownChunk(json, event);
  const list = json.choices ?? [];
  if (!Array.isArray(list)) throw malformed("choices is not a list");
  const usage = readUsage(json, list);
  if (json.choices === undefined && usage === undefined) return unknownChunk(json, event);
  const chunk: ChatDataChunk = { type: "chunk", choices: list.map(decodeChoice) };
  addHead(chunk, json);
  if (usage !== undefined) chunk.usage = usage;
  return chunk;
}

/** Field by field, here and below: this runs for every token, and an object that is copied for its absent fields costs as much again. */
function addHead(chunk: ChatDataChunk, json: Readonly<Record<string, unknown>>): void {
  const [id, created, model] = [readString(json.id), readCount(json.created), readString(json.model)];
  if (id !== undefined) chunk.id = id;
  if (created !== undefined) chunk.created = created;
  if (model !== undefined) chunk.model = model;
  const fingerprint = readString(json.system_fingerprint);
  if (fingerprint !== undefined) chunk.system_fingerprint = fingerprint;
  const tier = readString(json.service_tier);
  if (tier !== undefined) chunk.service_tier = tier;
  const citations = readStrings(json.citations);
  if (citations !== undefined) chunk.citations = citations;
  if (Array.isArray(json.output_files)) chunk.output_files = json.output_files;
}

function unknownChunk(item: unknown, event: string | undefined): ChatChunk {
  return event === undefined ? { type: "unknown", item } : { type: "unknown", event, item };
}

/** At the top; in a choice (Moonshot); under a key of the vendor's own (Groq). */
function readUsage(json: Readonly<Record<string, unknown>>, choices: readonly unknown[]): ChatUsage | undefined {
  const top = decodeChatUsage(json.usage);
  if (top !== undefined) return top;
  for (const choice of choices) {
    const usage = isObject(choice) ? decodeChatUsage(choice.usage) : undefined;
    if (usage !== undefined) return usage;
  }
  return isObject(json.x_groq) ? decodeChatUsage(json.x_groq.usage) : undefined;
}

function decodeChoice(choice: unknown): ChatChoiceDelta {
  if (!isObject(choice)) throw malformed("a choice is not an object");
  const piece = choice.delta ?? choice.message ?? {};
  if (!isObject(piece)) throw malformed("a delta is not an object");
  // Calls of a whole message carry no index: their place is their index.
  const isWhole = choice.delta === undefined || choice.delta === null;
  const decoded: ChatChoiceDelta = { index: readIndex(choice.index) ?? 0, delta: decodeDelta(piece, isWhole) };
  const reason = readString(choice.finish_reason);
  if (reason !== undefined) decoded.finish_reason = reason;
  if (choice.logprobs !== undefined && choice.logprobs !== null) decoded.logprobs = choice.logprobs;
  return decoded;
}

function decodeDelta(piece: Readonly<Record<string, unknown>>, isWhole: boolean): ChatDelta {
  const delta: ChatDelta = {};
  const content = readText(piece.content, "content");
  if (content !== undefined) delta.content = content;
  const reasoning = readText(piece.reasoning_content, "reasoning_content");
  if (reasoning !== undefined) delta.reasoning_content = reasoning;
  const refusal = readText(piece.refusal, "refusal");
  if (refusal !== undefined) delta.refusal = refusal;
  const calls = decodeCalls(piece.tool_calls, isWhole);
  if (calls !== undefined) delta.tool_calls = calls;
  return delta;
}

function decodeCalls(calls: unknown, isWhole: boolean): readonly ChatToolCallDelta[] | undefined {
  if (calls === undefined || calls === null) return undefined;
  if (!Array.isArray(calls)) throw malformed("tool_calls is not a list");
  return calls.length === 0 ? undefined : calls.map((call, place) => decodeCall(call, isWhole ? place : undefined));
}

function decodeCall(call: unknown, place: number | undefined): ChatToolCallDelta {
  if (!isObject(call)) throw malformed("a tool call is not an object");
  const asked = call.function ?? {};
  if (!isObject(asked)) throw malformed("the function of a tool call is not an object");
  const decoded: ChatToolCallDelta = {};
  const index = readIndex(call.index) ?? place;
  if (index !== undefined) decoded.index = index;
  const id = readString(call.id);
  if (id !== undefined) decoded.id = id;
  const name = readString(asked.name);
  if (name !== undefined) decoded.name = name;
  const written = readArguments(asked.arguments);
  if (written !== undefined) decoded.arguments = written;
  return decoded;
}

/** Text, or nothing. Anything else is refused: to leave it out would make another answer of it. */
function readText(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  throw malformed(`${field} is not text`);
}

/** JSON as text; some servers send the object itself. */
function readArguments(value: unknown): string | undefined {
  return isObject(value) ? JSON.stringify(value) : readText(value, "arguments");
}

/** The server broke the protocol. Retryable: the next answer may be whole. Says where, never what was sent. */
export function malformed(what: string): AgentError {
  const message = `The chat stream holds something that cannot be read: ${what}. Try again.`;
  return new AgentError("malformed_event", message, { retryable: true });
}
