import { AgentError, errorMessage } from "../errors.ts";
import { compactMessages, type NewEvent, type RunFold } from "../event/index.ts";
import type { Op, StepInfo } from "../journal/index.ts";
import { type CompactionMethod, contextSize, isScarce, oldPart, type Roomy } from "./compact-room.ts";
import { judge } from "./end.ts";
import { wasLast } from "./last-turn.ts";
import { reachedLimit } from "./limits.ts";
import { type CompactPosition, compactStep } from "./loop.ts";
import { noRoom } from "./room.ts";
import type { LoopServices } from "./services.ts";
import { compactAtXai, type Shortened, shortenResults } from "./shorten.ts";
import { summarise } from "./summarise.ts";
import { createTrial, failedTrial, spentIn, type Trial } from "./trial.ts";

/** The step that makes the conversation shorter by one method. Whatever goes wrong becomes a warning: the run goes on if it still fits. */
export function createCompactOp(services: LoopServices): Op<CompactPosition> {
  return { id: "compact", run: (position, info) => makeShorter(services, position, info) };
}

/**
 * Whether the step belongs to the loop: it is on the record, or the turn is not begun yet, the run goes on for all that the record says,
 * and the conversation is long.
 */
export function isCompactionDue(services: LoopServices, position: CompactPosition): boolean {
  const { fold } = services.record;
  if (fold.steps.resultOf(compactStep(position)) !== undefined) return true;
  if (fold.steps.resultOf(`turn:${position.turn}`) !== undefined) return false;
  if (!isScarce(roomyOf(services), position.method) || failedLately(fold, position)) return false;
  return goesOn(services, position.turn) && isAffordable(services, position.method);
}

/** Turns in which a method that failed is left alone: it would fail each time, and cost a request each time. */
const REST_TURNS = 4;

function failedLately({ steps }: RunFold, { turn, method }: CompactPosition): boolean {
  for (let before = turn - 1; before >= turn - REST_TURNS; before -= 1) {
    const last = steps.resultOf(compactStep({ turn: before, method }))?.at(-1);
    if (last !== undefined) return last.type === "warning";
  }
  return false;
}

export function roomyOf({ record, room, toolbox, model }: LoopServices): Roomy {
  const { state } = record.fold;
  return { state, room, tools: toolbox.declarations, hasCompact: model.compact !== undefined };
}

/** A run that is about to end, or to be stopped, is not made shorter first. */
function goesOn({ record, toolbox, correctionBudget, loopDetector, limits }: LoopServices, turn: number): boolean {
  const { state, callsOf } = record.fold;
  const calls = callsOf(turn - 1);
  if (state.closing !== undefined || wasLast(state) || calls.some(({ outcome }) => outcome === undefined)) return false;
  if (judge({ state, calls, toolbox, correctionBudget, loopDetector }).type !== "go on") return false;
  return reachedLimit(limits, state, 0) === undefined;
}

/** Whether the limits have room for what the method costs: no more than a turn without tools over all of the conversation. */
export function isAffordable(services: LoopServices, method: CompactionMethod): boolean {
  return method === "tool_outputs" || noRoom(services, { isFinal: true }) === undefined;
}

/** One use of a method. */
export interface Compacting extends CompactPosition {
  /** Tokens that the conversation has at least, where a server refused it. */
  leastTokens?: number;
}

/** Makes the conversation shorter, or says why not; either closes the step. Rejects only when the run is stopped or cannot be stored. */
export async function makeShorter(services: LoopServices, position: Compacting, info: StepInfo): Promise<void> {
  const { turn, method } = position;
  const trial = createTrial(services, turn, info);
  let closing: NewEvent;
  try {
    closing = await compacted(services, position, trial);
  } catch (error) {
    info.signal.throwIfAborted();
    if (error instanceof AgentError && OF_THE_STORE.has(error.code)) throw error;
    closing = failure(trial, method, error);
  }
  await trial.info.record(...trial.notices, closing);
}

const OF_THE_STORE: ReadonlySet<string> = new Set(["store_failed", "lease_lost", "run_locked", "seq_conflict"]);

async function compacted(services: LoopServices, position: Compacting, trial: Trial): Promise<NewEvent> {
  const { turn, method, leastTokens = 0 } = position;
  const beforeTokens = Math.round(Math.max(contextSize(roomyOf(services)), leastTokens));
  const { tokens, servedModel, ...change } = await shortened(services, method, trial);
  const afterTokens = sizeAfter(services, { change, tokens, beforeTokens });
  if (afterTokens >= beforeTokens) throw new AgentError("invalid_output", "what came of it is no shorter.");
  return {
    type: "context.compacted",
    turn,
    method,
    beforeTokens,
    afterTokens,
    ...change,
    ...(servedModel === undefined ? {} : { servedModel }),
    ...(trial.used === undefined ? {} : spentIn(trial.used, trial.simulated)),
    ...(trial.simulated === undefined ? {} : { simulated: trial.simulated }),
  };
}

function shortened(services: LoopServices, method: CompactionMethod, trial: Trial): Promise<Shortened> {
  const { record, room } = services;
  const old = oldPart(record.fold.state.messages, room.keepTurns);
  switch (method) {
    case "tool_outputs":
      return shortenResults(services, old);
    case "xai":
      return compactAtXai(services, trial, old);
    case "summary":
      return summarise(services, trial, old);
    default:
      return method satisfies never;
  }
}

interface Change {
  change: Omit<Shortened, "tokens" | "servedModel">;
  tokens: number | undefined;
  beforeTokens: number;
}

/** The estimate of what is left, made as much larger or smaller as the estimate of all is than what the server counted. */
function sizeAfter({ record, room, toolbox }: LoopServices, { change, tokens, beforeTokens }: Change): number {
  const { declarations } = toolbox;
  const { messages } = record.fold.state;
  const all = room.about(messages, declarations);
  const left = room.about(compactMessages(messages, change), declarations);
  const scale = all === 0 ? 1 : beforeTokens / all;
  if (tokens === undefined) return Math.round(left * scale);
  return Math.round((left - room.about(change.messages ?? [])) * scale + tokens);
}

function failure(trial: Trial, method: CompactionMethod, error: unknown): NewEvent {
  const message = `The conversation was not made shorter by "${method}": ${errorMessage(error)}`;
  const warning: NewEvent = { type: "warning", turn: trial.turn, code: "compaction_failed", message };
  return trial.number === 0 ? warning : { ...warning, failed: failedTrial(trial, error) };
}
