import type { SimModel } from "./models.ts";
import type { SimProfile } from "./profile.ts";
import { invalid, type SimItem, type SimRefusal, type SimTalk } from "./request.ts";
import { canUnseal, isSigned } from "./sealed.ts";

/**
 * Why the server would refuse these messages. The rules and most words are Anthropic's, whose protocol it is, as its
 * errors are quoted in public; that xAI's route has the same rules is a guess.
 */
export function talkRefusal(talk: readonly SimTalk[], model: SimModel, profile: SimProfile): SimRefusal | undefined {
  if (talk.length === 0) return invalid("messages: at least one message is required");
  const joined = joinTurns(talk);
  return (
    first(joined, (message) => roleRefusal(message, profile)) ??
    first(joined, (message) => emptyRefusal(message, profile)) ??
    first(joined, (message) => thinkingRefusal(message, model)) ??
    pairingRefusal(joined)
  );
}

/** A message and where it begins in the request. */
interface Turn extends SimTalk {
  readonly at: number;
}

/** Messages of one role in a row are one. */
function joinTurns(talk: readonly SimTalk[]): readonly Turn[] {
  const turns: Turn[] = [];
  for (const [at, message] of talk.entries()) {
    const last = turns.at(-1);
    if (last?.role !== message.role || message.content.length === 0) turns.push({ ...message, at });
    else turns[turns.length - 1] = { ...last, content: [...last.content, ...message.content] };
  }
  return turns;
}

function first(turns: readonly Turn[], rule: (turn: Turn) => SimRefusal | undefined): SimRefusal | undefined {
  for (const turn of turns) {
    const refusal = rule(turn);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Which role may say what. xAI's description has messages of the system, Anthropic's has not. */
const SPEAKERS: Readonly<Record<string, string>> = {
  tool_use: "assistant",
  thinking: "assistant",
  redacted_thinking: "assistant",
  tool_result: "user",
};

function roleRefusal({ role, content, at }: Turn, profile: SimProfile): SimRefusal | undefined {
  if (role === "system" && profile === "proxy")
    return invalid(
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
    );
  const wrong = content.find(({ type }) => (SPEAKERS[type] ?? role) !== role);
  if (wrong === undefined) return undefined;
  return invalid(`messages.${at}: \`${wrong.type}\` blocks can only be in \`${SPEAKERS[wrong.type]}\` messages`);
}

/** An empty result of a tool is refused as on chat completions, but by xAI alone. */
function emptyRefusal({ content, at }: Turn, profile: SimProfile): SimRefusal | undefined {
  if (content.length === 0) return invalid(`messages.${at}: all messages must have non-empty content`);
  const isEmptyText = (block: SimItem): boolean => block.type === "text" && block.text === "";
  const results = content.filter(({ type }) => type === "tool_result");
  const inside = results.flatMap((block) =>
    Array.isArray(block.content) ? (block.content as readonly SimItem[]) : [],
  );
  if ([...content, ...inside].some(isEmptyText)) return invalid("messages: text content blocks must be non-empty");
  const hasNothing = ({ content: result }: SimItem): boolean =>
    result === undefined || result === null || result === "" || (Array.isArray(result) && result.length === 0);
  return profile === "xai" && results.some(hasNothing)
    ? invalid("Invalid request content: Each message must have at least one content element.")
    : undefined;
}

/** Thinking goes back as it came: the signature holds for this text, and for models of one family. */
function thinkingRefusal({ content, at }: Turn, model: SimModel): SimRefusal | undefined {
  const place = content.findIndex((block) => {
    if (block.type === "thinking") return !isSigned(block.thinking, block.signature, model.id);
    return block.type === "redacted_thinking" && !canUnseal(block.data, model.id);
  });
  const block = content[place];
  if (block === undefined) return undefined;
  const field = block.type === "thinking" ? "signature" : "data";
  return invalid(`messages.${at}.content.${place}: Invalid \`${field}\` in \`${block.type}\` block`);
}

/** Each call is answered once, in the very next message and before anything else there; each id comes once. */
function pairingRefusal(turns: readonly Turn[]): SimRefusal | undefined {
  const seen = new Set<string>();
  let asked: readonly string[] = [];
  for (const [n, turn] of turns.entries()) {
    const ids = idsOf(turn.content, "tool_use", "id");
    const twice = ids.find((id, at) => seen.has(id) || ids.indexOf(id) !== at);
    if (twice !== undefined) return invalid(`messages.${turn.at}: \`tool_use\` ids must be unique: ${twice}`);
    for (const id of ids) seen.add(id);
    const refusal = resultsRefusal(turn, asked) ?? unansweredRefusal(turn, ids, turns[n + 1]);
    if (refusal !== undefined) return refusal;
    asked = ids;
  }
  return undefined;
}

function resultsRefusal({ content, at }: Turn, asked: readonly string[]): SimRefusal | undefined {
  const results = idsOf(content, "tool_result", "tool_use_id");
  const stray = results.find((id) => !asked.includes(id));
  if (stray !== undefined)
    return invalid(
      `messages.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    );
  const twice = results.find((id, n) => results.indexOf(id) !== n);
  if (twice === undefined) return undefined;
  return invalid(
    `messages.${at}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice}`,
  );
}

/** Results that stand behind a text do not count (Anthropic's guide to tool use). */
function unansweredRefusal({ at }: Turn, ids: readonly string[], next: Turn | undefined): SimRefusal | undefined {
  const answers = next?.content ?? [];
  const other = answers.findIndex(({ type }) => type !== "tool_result");
  const leading = idsOf(answers.slice(0, other < 0 ? answers.length : other), "tool_result", "tool_use_id");
  const missing = ids.filter((id) => !leading.includes(id));
  if (missing.length === 0) return undefined;
  return invalid(
    `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  );
}

function idsOf(blocks: readonly SimItem[], type: string, field: string): readonly string[] {
  return blocks.filter((block) => block.type === type).map((block) => String(block[field]));
}
