import type { AssistantMessage, ContentPart, Message } from "../message/index.ts";
import type { ToolDeclaration } from "../tool/index.ts";
import { isObject, objectsOf } from "./json.ts";
import { type TextTokens, textTokens } from "./token-text.ts";

/** What the server puts around a message: about as much as other providers say of theirs; xAI says that there is some. */
const FRAME_TOKENS = 4;
/** @see https://docs.x.ai/developers/rate-limits: 256 to 1,792 by size; what is not known is taken to be large */
const IMAGE_TOKENS = 1792;
const SMALL_IMAGE_TOKENS = 256;
/** An assumption: xAI searches in a file, and the model reads what was found. */
const FILE_TOKENS = 1000;
/** Base64 has 4 characters for 3 bytes, and a token about 4 of these: what is encrypted is taken to be as long as its text. */
const BLOB_CHARS_PER_TOKEN = 16 / 3;

const NONE: TextTokens = { about: 0, atLeast: 0 };

/**
 * About how many tokens a conversation has in a prompt, counted from its text: four characters of English a token, one of Chinese or
 * an emoji, documented sizes for images, assumptions for files and for what is encrypted. The server's own count of an earlier turn
 * is better where there is one. Costs only what is new: each message is counted once, and arrays only grow.
 */
export function estimateTokens(messages: readonly Message[], tools: readonly ToolDeclaration[] = []): number {
  return totalOf(messages).about + toolsTotal(tools).about;
}

/**
 * Tokens that a conversation surely has in a prompt, so that what cannot fit can be refused before it is sent and nothing that fits
 * ever is: texts alone count, a token for 64 characters. Far below the truth for most.
 */
export function atLeastTokens(messages: readonly Message[], tools: readonly ToolDeclaration[] = []): number {
  return totalOf(messages).atLeast + toolsTotal(tools).atLeast;
}

interface Total extends TextTokens {
  count: number;
  last: Message | undefined;
}

const totals = new WeakMap<readonly Message[], Total>();
const counted = new WeakMap<Message, TextTokens>();
const toolTotals = new WeakMap<readonly ToolDeclaration[], TextTokens>();

function totalOf(messages: readonly Message[]): TextTokens {
  const known = totals.get(messages);
  // Messages are never edited, so the last one stands for all before it.
  const isPrefix = known !== undefined && messages.length >= known.count && messages[known.count - 1] === known.last;
  const total: Total = isPrefix ? known : { count: 0, last: undefined, ...NONE };
  for (let at = total.count; at < messages.length; at += 1) {
    const message = messages[at];
    const tokens = tokensOf(message);
    total.about += tokens.about;
    total.atLeast += tokens.atLeast;
    total.last = message;
  }
  total.count = messages.length;
  totals.set(messages, total);
  return total;
}

function tokensOf(message: Message | undefined): TextTokens {
  if (!isObject(message)) return NONE; // a conversation read from a file may hold anything
  const known = counted.get(message);
  if (known !== undefined) return known;
  const { about, atLeast } = message.role === "assistant" ? ofAssistant(message) : ofContent(message.content);
  const tokens: TextTokens = { about: about + FRAME_TOKENS, atLeast };
  counted.set(message, tokens);
  return tokens;
}

function ofContent(content: string | readonly ContentPart[]): TextTokens {
  if (typeof content === "string") return textTokens(content);
  return Array.isArray(content) ? sum(content.map(ofPart)) : NONE;
}

function ofPart(part: ContentPart): TextTokens {
  switch (part?.type) {
    case "text":
      return textTokens(String(part.text));
    case "image":
      return { about: part.detail === "low" ? SMALL_IMAGE_TOKENS : IMAGE_TOKENS, atLeast: 0 };
    case "file":
      return { about: FILE_TOKENS, atLeast: 0 };
    default:
      return NONE;
  }
}

/** Raw items are sent in place of the text, or are left out for it: neither is sure. */
function ofAssistant({ content, reasoning = "", refusal = "", toolCalls, raw }: AssistantMessage): TextTokens {
  if (isObject(raw)) return { about: Math.ceil(ofItem(raw.items)), atLeast: 0 };
  const calls = objectsOf(toolCalls).map((call) => ofItem(call.tool) + ofItem(call.arguments) + FRAME_TOKENS);
  const { about, atLeast } = ofContent(content);
  const beside = ofItem(reasoning) + ofItem(refusal);
  return { about: calls.reduce((all, tokens) => all + tokens, about + beside), atLeast };
}

/** Names of a raw item's fields that nobody reads. */
const UNREAD: ReadonlySet<string> = new Set(["type", "id", "call_id", "status", "role", "logprobs", "result"]);

function ofItem(value: unknown): number {
  if (typeof value === "string") return textTokens(value).about;
  if (Array.isArray(value)) return value.reduce<number>((all, item) => all + ofItem(item), 0);
  if (!isObject(value)) return 0;
  const image = value.type === "image_generation_call" ? IMAGE_TOKENS : 0;
  return Object.entries(value).reduce((all, [name, field]) => all + ofField(name, field), image);
}

function ofField(name: string, field: unknown): number {
  if (UNREAD.has(name)) return 0;
  const isBlob = name === "encrypted_content" && typeof field === "string";
  return isBlob ? field.length / BLOB_CHARS_PER_TOKEN : ofItem(field);
}

/** The declarations are the same list on every turn. What the server makes of a schema is its own affair: only the words are sure. */
function toolsTotal(tools: readonly ToolDeclaration[]): TextTokens {
  const known = toolTotals.get(tools);
  if (known !== undefined) return known;
  const total = sum(
    tools.map((tool) => ({
      about: ofItem(tool.name) + ofItem(tool.description) + schemaTokens(tool) + FRAME_TOKENS,
      atLeast: ofContent(tool.description).atLeast,
    })),
  );
  toolTotals.set(tools, total);
  return total;
}

/** What has no JSON cannot be sent, and whoever writes the request says so. */
function schemaTokens({ parameters }: ToolDeclaration): number {
  try {
    return ofItem(JSON.stringify(parameters));
  } catch {
    return 0;
  }
}

function sum(all: readonly TextTokens[]): TextTokens {
  return all.reduce((one, other) => ({ about: one.about + other.about, atLeast: one.atLeast + other.atLeast }), NONE);
}
