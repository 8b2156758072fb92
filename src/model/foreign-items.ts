import type { AssistantMessage, RawItems } from "../message/index.ts";
import { isObject, type Json, objectsOf, textOf } from "./json.ts";
import { isResult } from "./messages-served.ts";
import { calledTool } from "./server-call-kind.ts";

/** What a conversation may hold and a request cannot: items of another maker, reasoning, who speaks, how finely to look. */
export type LeftOutKind = "items" | "reasoning" | "name" | "detail";

/**
 * Says that something of a message does not go along.
 * @param at Its place, such as `messages[2]`.
 * @param what Of items: what they are, for people.
 */
export type NoteLeftOut = (kind: LeftOutKind, at: string, what?: string) => void;

/** The raw items of a message that may go back over this protocol, as objects; undefined when it has none, or they are another's. */
export function ownItems(
  { raw }: AssistantMessage,
  api: RawItems["api"],
  { provider, family }: Pick<RawItems, "provider" | "family">,
): readonly Json[] | undefined {
  if (!isObject(raw) || !Array.isArray(raw.items)) return undefined;
  if (raw.api !== api || raw.provider !== provider) return undefined;
  const items = raw.items.filter(isObject);
  return raw.family === family || isCompacted(items) ? items : undefined;
}

/** Any model of the provider goes on from a compaction: xAI advises a smaller one to make it (docs.x.ai, context-compaction). */
function isCompacted(items: readonly Json[]): boolean {
  return items.length > 0 && items.every(({ type }) => type === "compaction");
}

/** Notes what the items of another maker hold beside the text, the reasoning and the calls, which every protocol has a place for. */
export function noteForeign({ raw }: AssistantMessage, at: string, note: NoteLeftOut): void {
  if (!isObject(raw)) return;
  for (const item of objectsOf(raw.items)) for (const what of beyondWords(item)) note("items", at, what);
}

const BLOB = "encrypted reasoning";
const CITATIONS = "citations";

/** What an item says that the message does not. A signature only vouches for a text, and says nothing by itself. */
function beyondWords(item: Json): readonly string[] {
  switch (item.type) {
    case "function_call":
    case "tool_use":
    case "thinking":
      return [];
    case "message":
      return objectsOf(item.content).flatMap(beyondPart);
    case "text":
      return objectsOf(item.citations).length > 0 ? [CITATIONS] : [];
    case "reasoning":
      return textOf(item.encrypted_content) === undefined ? [] : [BLOB];
    case "redacted_thinking":
      return [BLOB];
    default:
      return isResult(item) ? [] : [otherItem(item)]; // a result stands beside its call
  }
}

/** Of what a message cites, the address mostly stands in the text. */
function beyondPart({ type, text = "", annotations }: Json): readonly string[] {
  if (type === "refusal") return [];
  if (type !== "output_text") return [`parts of type ${typeOf(type)}`];
  const isHidden = objectsOf(annotations).some(({ url }) => !String(text).includes(textOf(url) ?? "\n"));
  return isHidden ? [CITATIONS] : [];
}

function otherItem(item: Json): string {
  if (item.type === "compaction") return "a conversation that was made short";
  const called = calledTool(item, []);
  return called === undefined ? `items of type ${typeOf(item.type)}` : `calls of ${called.tool}`;
}

function typeOf(type: unknown): string {
  return (textOf(type) ?? "unknown").slice(0, 60);
}
