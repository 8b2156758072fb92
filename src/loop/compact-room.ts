import type { RunState } from "../event/index.ts";
import { contentText, isCompaction, type Message, type ToolMessage } from "../message/index.ts";
import type { Model } from "../model/index.ts";
import type { ToolDeclaration } from "../tool/index.ts";
import { isSummary, keptWords } from "./summary-message.ts";

/**
 * How a conversation is made shorter, the cheapest first. `tool_outputs`: old results give way to their summaries, which asks nobody.
 * `xai`: xAI makes one opaque item of what is old. `summary`: a model writes a text in its place.
 */
export type CompactionMethod = "tool_outputs" | "xai" | "summary";

/** The room that a conversation has, and what is done when it gets scarce. */
export interface Room {
  /** Tokens of prompt and answer together. Undefined: not known. */
  window: number | undefined;
  /** Share of the window. */
  compactAt: number;
  /** The last turns, which are never touched. */
  keepTurns: number;
  /** In order of cost; none: nothing is done. */
  methods: readonly CompactionMethod[];
  /** Who writes summaries. */
  summaryModel: Model;
  /** About how many tokens messages and tools have. */
  about(messages: readonly Message[], tools?: readonly ToolDeclaration[]): number;
  /** Surely no more than they have. */
  atLeast(messages: readonly Message[], tools?: readonly ToolDeclaration[]): number;
}

/** What is looked at to decide on a conversation. */
export interface Roomy {
  state: RunState;
  room: Room;
  tools: readonly ToolDeclaration[];
  /** Whether the model can make a conversation short. */
  hasCompact: boolean;
}

/** Tokens of the conversation: what the server counted, and an estimate of what was added since; else an estimate of all. */
export function contextSize({ state: { size, messages }, room, tools }: Roomy): number {
  if (size === undefined) return room.about(messages, tools);
  return size.tokens + (size.messages === messages.length ? 0 : room.about(messages.slice(size.messages)));
}

/** Tokens around a message at most, about. */
const MOST_FRAME = 8;

/** No less than `contextSize`: no text has more tokens than characters. Infinite where that says nothing. */
function sizeAtMost({ state: { size, messages } }: Roomy): number {
  let most = size?.tokens ?? Number.POSITIVE_INFINITY;
  for (let at = size?.messages ?? messages.length; at < messages.length; at += 1) {
    const message = messages[at];
    const isText = message?.role === "tool" && typeof message.content === "string";
    most += isText ? message.content.length + MOST_FRAME : Number.POSITIVE_INFINITY;
  }
  return most;
}

/** True where the conversation has room without its texts being counted: nearly always, once the server has said how long it was. */
export function surelyFits(roomy: Roomy): boolean {
  return roomy.room.window === undefined || sizeAtMost(roomy) <= roomy.room.window;
}

/** Where what may be touched begins and ends: behind the leading system messages, before the last turns and what they answer. */
export interface OldPart {
  from: number;
  to: number;
}

/** A call and its results are never parted: the part ends where an answer begins, or what the user said before it. */
export function oldPart(messages: readonly Message[], keepTurns: number): OldPart {
  let from = 0;
  while (messages[from]?.role === "system") from += 1;
  let turns = 0;
  for (let at = messages.length - 1; at >= from && !isCompaction(messages[at]); at -= 1) {
    if (messages[at]?.role !== "assistant") continue;
    turns += 1;
    if (turns < keepTurns) continue;
    let to = at;
    while (to > from && messages[to - 1]?.role === "user") to -= 1;
    return { from, to };
  }
  return { from, to: from };
}

/** Tokens that a method would free, about. 0 where it cannot be used, or finds nothing to do. */
export function freeable(roomy: Roomy, method: CompactionMethod): number {
  const { state, room, hasCompact } = roomy;
  const { from, to } = oldPart(state.messages, room.keepTurns);
  const old = state.messages.slice(from, to);
  if (method === "tool_outputs") return old.filter(isLongResult).reduce((sum, one) => sum + excess(room, one), 0);
  if (method === "xai") return hasCompact ? room.about(old.filter((message) => !isCompaction(message))) : 0;
  // What xAI made can be read by nobody else: a summary would lose it.
  if (state.messages.some(isCompaction)) return 0;
  const stays = new Set<Message>(keptWords(old, room));
  return room.about(old.filter((message) => !stays.has(message) && !isSummary(message)));
}

/** A compaction pays only where it frees more than this share of the window: it costs a request, or the prompt cache, each time. */
const LEAST_GAIN = 0.05;

/** Whether the conversation is so long that the method is to be used: decided from the record and the agent's options alone. */
export function isScarce(roomy: Roomy, method: CompactionMethod): boolean {
  const { window, compactAt } = roomy.room;
  if (window === undefined || sizeAtMost(roomy) < window * compactAt) return false; // nearly always, and at no cost
  if (contextSize(roomy) < window * compactAt) return false;
  return freeable(roomy, method) >= window * LEAST_GAIN;
}

/** Characters that a result must have to be made shorter: no summary of one has as many. */
const LONG_CHARS = 2500;
/** Tokens that are left of a result at most, about. */
const LEFT_TOKENS = 600;

export function isLongResult(message: Message): message is ToolMessage {
  if (message.role !== "tool") return false;
  return hasAttachment(message) || contentText(message.content).length > LONG_CHARS;
}

export function hasAttachment({ content }: ToolMessage): boolean {
  return typeof content !== "string" && content.some((part) => part.type !== "text");
}

function excess(room: Room, message: ToolMessage): number {
  return Math.max(0, room.about([message]) - LEFT_TOKENS);
}
