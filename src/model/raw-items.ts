import type { AssistantMessage, MessageToolCall, RawItems } from "../message/index.ts";
import { toArguments } from "./chat-message.ts";
import { type NoteLeftOut, ownItems } from "./foreign-items.ts";
import { type Json, objectsOf, textOf } from "./json.ts";

/** Whose raw items may go back, and how. */
export interface RawRules {
  maker: Pick<RawItems, "provider" | "family">;
  /** What the maker can no longer read is left out of this message. */
  isUnreadable(message: AssistantMessage): boolean;
  /** Told of what is not sent. */
  note: NoteLeftOut;
}

/**
 * The items of an assistant message as they go back to their maker: as they came and in their order, but for what the server
 * gives and does not take (`status` of reasoning, messages without text), and with the ids that the calls have in this
 * conversation. Undefined when the message has none, or they are another's.
 */
export function replayItems(message: AssistantMessage, rules: RawRules): readonly Json[] | undefined {
  const items = ownItems(message, "responses", rules.maker);
  if (items === undefined) return undefined;
  const claim = claimCalls(items, message.toolCalls ?? []);
  return items.flatMap((item) => {
    const readable = rules.isUnreadable(message) ? withoutBlobs(item) : item;
    const input = readable === undefined ? undefined : inputOf(readable, claim(item));
    return input === undefined ? [] : [input];
  });
}

/** An output item as input; undefined for one that says nothing, which the server would refuse. */
function inputOf(item: Json, call: MessageToolCall | undefined): Json | undefined {
  switch (item.type) {
    case "reasoning":
      return withoutStatus(item);
    case "message":
      return objectsOf(item.content).some(({ text, refusal }) => textOf(text) ?? textOf(refusal)) ? item : undefined;
    case "function_call": {
      // A call without a place in the message has no result: a request with it would be refused.
      if (call === undefined) return undefined;
      const args = toArguments(call.arguments);
      return item.call_id === call.id && item.arguments === args
        ? item
        : { ...item, call_id: call.id, arguments: args };
    }
    default:
      return item;
  }
}

/**
 * `status` is output only; the parts of a trace must name their type; without a summary xAI takes it for a compaction, which it cannot
 * decode. @see wire document 2.2, learned by grok-build; chenyme/grok2api#688
 */
function withoutStatus({ status: _status, ...given }: Json): Json {
  const item = given.summary === undefined || given.summary === null ? { ...given, summary: [] } : given;
  if (!Array.isArray(item.content)) return item;
  return { ...item, content: objectsOf(item.content).map((part) => ({ type: "reasoning_text", ...part })) };
}

/** Which call of the message an item is: by position when there are as many of both, else by id. */
function claimCalls(
  items: readonly Json[],
  calls: readonly MessageToolCall[],
): (item: Json) => MessageToolCall | undefined {
  const written = items.filter(({ type }) => type === "function_call");
  if (written.length === calls.length) return (item) => calls[written.indexOf(item)];
  return (item) => calls.find(({ id }) => id === item.call_id);
}

/**
 * The item without what only its maker can read; undefined for reasoning of which nothing is left. A compaction stays: without it
 * the conversation would be gone, and a server that cannot decode it says so in other words.
 */
function withoutBlobs(item: Json): Json | undefined {
  if (item.type === "compaction") return item;
  const { encrypted_content: blob, ...rest } = item;
  if (blob === undefined) return item;
  const isEmpty = objectsOf(rest.summary).length === 0 && objectsOf(rest.content).length === 0;
  return item.type === "reasoning" && isEmpty ? undefined : rest;
}
