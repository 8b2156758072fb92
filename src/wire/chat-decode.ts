import { AgentError } from "../errors.ts";
import type { ChatChoiceDelta, ChatChunk, ChatDelta, ChatToolCallDelta, ChatUsage } from "./chat-types.ts";
import { decodeChatUsage } from "./chat-usage.ts";
import { compact, isObject, readCount, readIndex, readString, readStrings } from "./json.ts";

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
  return {
    type: "chunk",
    choices: list.map(decodeChoice),
    ...compact({
      id: readString(json.id),
      created: readCount(json.created),
      model: readString(json.model),
      usage,
      system_fingerprint: readString(json.system_fingerprint),
      service_tier: readString(json.service_tier),
      citations: readStrings(json.citations),
      output_files: Array.isArray(json.output_files) ? (json.output_files as readonly unknown[]) : undefined,
    }),
  };
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
  return {
    index: readIndex(choice.index) ?? 0,
    delta: decodeDelta(piece, isWhole),
    ...compact({
      finish_reason: readString(choice.finish_reason),
      logprobs: choice.logprobs ?? undefined,
    }),
  };
}

function decodeDelta(piece: Readonly<Record<string, unknown>>, isWhole: boolean): ChatDelta {
  const calls = piece.tool_calls ?? [];
  if (!Array.isArray(calls)) throw malformed("tool_calls is not a list");
  const tool_calls = calls.map((call, place) => decodeCall(call, isWhole ? place : undefined));
  return compact<ChatDelta>({
    content: readText(piece.content, "content"),
    reasoning_content: readText(piece.reasoning_content, "reasoning_content"),
    refusal: readText(piece.refusal, "refusal"),
    tool_calls: tool_calls.length === 0 ? undefined : tool_calls,
  });
}

function decodeCall(call: unknown, place: number | undefined): ChatToolCallDelta {
  if (!isObject(call)) throw malformed("a tool call is not an object");
  const asked = call.function ?? {};
  if (!isObject(asked)) throw malformed("the function of a tool call is not an object");
  return compact<ChatToolCallDelta>({
    index: readIndex(call.index) ?? place,
    id: readString(call.id),
    name: readString(asked.name),
    arguments: readArguments(asked.arguments),
  });
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
