import { AgentError } from "../errors.ts";
import type { StepInfo } from "../journal/index.ts";
import type { ModelRequest } from "../model/index.ts";
import { isAffordable, makeShorter, roomyOf } from "./compact-op.ts";
import { contextSize, freeable, type Room, surelyFits } from "./compact-room.ts";
import type { LoopServices } from "./services.ts";

/** @throws {AgentError} `context_overflow` for a request that surely does not fit; one that may fit is sent. */
export function refuseWhatCannotFit(services: LoopServices, { messages, tools }: ModelRequest): void {
  const { room, model } = services;
  if (room.window === undefined || surelyFits(roomyOf(services))) return;
  const least = room.atLeast(messages, tools);
  if (least <= room.window) return;
  throw new AgentError(
    "context_overflow",
    `The conversation has at least ${least} tokens, and ${model.id} takes ${room.window}, prompt and answer together: the turn was not sent.`,
  );
}

export function isOverflow(error: unknown): error is AgentError {
  return error instanceof AgentError && error.code === "context_overflow";
}

/** The step that did not fit. */
interface Place {
  turn: number;
  info: StepInfo;
}

/** How xAI refuses, and how Anthropic does. @see wire document 5.2; claude-code#228 */
const REFUSALS: readonly RegExp[] = [
  /maximum prompt length is (?<window>\d{1,12}) but the request contains (?<tokens>\d{1,12}) tokens/,
  /prompt is too long: (?<tokens>\d{1,12}) tokens > (?<window>\d{1,12}) maximum/,
];

/** The numbers of the refusal; where it has none, what was thought to fit did not. */
function refusedWith({ message }: AgentError, services: LoopServices): { window: number; leastTokens: number } {
  const size = contextSize(roomyOf(services));
  const said = REFUSALS.map((refusal) => refusal.exec(message)?.groups).find((groups) => groups !== undefined);
  const window = said?.window === undefined ? Math.min(size, services.room.window ?? size) : Number(said.window);
  return { window, leastTokens: said?.tokens === undefined ? size : Number(said.tokens) };
}

/**
 * Makes the conversation shorter for a turn that did not fit, method by method until it seems to fit: each once, in a step of its own.
 * @returns whether there is anything to try again with.
 */
export async function makeRoom(services: LoopServices, { turn, info }: Place, error: AgentError): Promise<boolean> {
  const { room, record } = services;
  const { steps } = record.fold;
  const { window, leastTokens } = refusedWith(error, services);
  const mark = room.compactAt * window;
  let isShorter = false;
  for (const method of room.methods) {
    const step = `compact:${turn}.${method}.2`;
    if (steps.resultOf(step) !== undefined || freeable(roomyOf(services), method) === 0) continue;
    if (!isAffordable(services, method)) continue;
    info.signal.throwIfAborted();
    await makeShorter(services, { turn, method, ...(isShorter ? {} : { leastTokens }) }, info.aside(step));
    if (steps.resultOf(step)?.at(-1)?.type !== "context.compacted") continue;
    isShorter = true;
    if (contextSize(roomyOf(services)) < mark) return true;
  }
  return isShorter;
}

/** Says in the error what could be done about it. */
export function advise(error: AgentError, { methods, keepTurns }: Room): void {
  const left = ALL.filter((method) => !methods.includes(method));
  const advice =
    left.length > 0
      ? `The agent makes it shorter by itself with context: { methods: ${JSON.stringify(ALL)} }.`
      : `The last turns stay as they are: lower context.keepTurns (${keepTurns}), or let tools give back less (maxOutputBytes).`;
  error.message += ` ${advice}`;
}

const ALL: Room["methods"] = ["tool_outputs", "xai", "summary"];
