import type { AssistantMessage, MessageToolCall, RawItems } from "../message/index.ts";
import { mendSurrogates, toArguments } from "./chat-message.ts";
import { type NoteLeftOut, ownItems } from "./foreign-items.ts";
import { type Json, textOf } from "./json.ts";

/** Whose blocks may go back, and who is told of what may not. */
export interface BlockRules {
  maker: Pick<RawItems, "provider" | "family">;
  note: NoteLeftOut;
}

/**
 * The blocks of an assistant message as JSON, as they go back to their maker: as they came and in their order, with the ids
 * and arguments that the calls have in this conversation. Left out is what servers of this protocol refuse: unsigned thinking, text
 * without a word, thinking at the end, calls without a result, the server's too. Undefined when the message has none, or they are another's.
 * @see github.com/tailcallhq/forgecode/issues/3071, for thinking at the end: such a conversation could never go on
 */
export function replayBlocks(
  message: AssistantMessage,
  at: string,
  { maker, note }: BlockRules,
): readonly string[] | undefined {
  const items = ownItems(message, "messages", maker);
  if (items === undefined) return undefined;
  const { claim, unclaimed } = claimCalls(items, message.toolCalls ?? []);
  const answered = new Set(items.map(({ tool_use_id }) => tool_use_id));
  const kept = items.filter((item) => {
    if (item.type === "tool_use") return claim(item) !== undefined;
    if (item.type === "server_tool_use" || item.type === "mcp_tool_use") return answered.has(item.id);
    if (isUnsigned(item)) note("reasoning", at);
    return item.type === "text" ? !isBlank(item.text) : !isUnsigned(item);
  });
  const added = unclaimed.map((call) => toolUse(call));
  const last = added.length > 0 ? kept.length : kept.findLastIndex((item) => !isThinking(item)) + 1;
  return [...kept.slice(0, last).map((item) => blockJson(item, claim(item))), ...added];
}

function isUnsigned({ type, signature }: Json): boolean {
  return type === "thinking" && textOf(signature) === undefined;
}

function isThinking({ type }: Json): boolean {
  return type === "thinking" || type === "redacted_thinking";
}

/** Whether a text says nothing: a block of it is refused. */
export function isBlank(value: unknown): boolean {
  return typeof value !== "string" || value.trim() === "";
}

function blockJson(item: Json, call: MessageToolCall | undefined): string {
  return call === undefined ? mendSurrogates(JSON.stringify(item)) : toolUse(call, item);
}

/** A call as a block; the arguments stand there as the model wrote them. `item` is the block it came in. */
export function toolUse({ id, tool, arguments: written }: MessageToolCall, item: Json = {}): string {
  const { type: _type, id: _id, name: _name, input: _input, ...rest } = item;
  const head = mendSurrogates(JSON.stringify({ type: "tool_use", id: wireId(id), name: wireName(tool), ...rest }));
  return `${head.slice(0, -1)},"input":${toArguments(written)}}`;
}

/**
 * An id as this protocol takes it: other protocols allow more characters. Two ids that differ stay different but for
 * such as were made to collide.
 * @see Anthropic's answer to others: "String should match pattern '^[a-zA-Z0-9_-]+$'"
 */
export function wireId(id: string): string {
  return id.replace(/[^\w-]/g, (character) => `_x${character.charCodeAt(0).toString(16)}`);
}

/** A name may be one that the model made up: the answer to the call says that there is no such tool. */
function wireName(name: string): string {
  return name.replace(/[^\w-]/g, "_");
}

interface Claims {
  /** The call of the message that an item is. */
  claim(item: Json): MessageToolCall | undefined;
  /** Calls that are in no item. */
  unclaimed: readonly MessageToolCall[];
}

/** By position when there are as many of both, else by id. */
function claimCalls(items: readonly Json[], calls: readonly MessageToolCall[]): Claims {
  const written = items.filter(({ type }) => type === "tool_use");
  const claimed = new Map<Json, MessageToolCall>();
  const left = new Set(calls);
  written.forEach((item, index) => {
    const call = written.length === calls.length ? calls[index] : [...left].find(({ id }) => id === item.id);
    if (call === undefined) return;
    claimed.set(item, call);
    left.delete(call);
  });
  return { claim: (item) => claimed.get(item), unclaimed: [...left] };
}
