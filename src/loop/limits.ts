import type { LimitUse, RunLimits, RunState } from "../event/index.ts";
import { type Message, TICKS_PER_USD } from "../message/index.ts";

/** Limits of a run unless set otherwise. Nothing runs for ever by default. */
export const DEFAULT_LIMITS: RunLimits = { turns: 32, durationMs: 3_600_000 };

/** What happens at a limit: the run ends, or spends one more turn on an answer. */
export type OnLimit = "stop" | "answer";

/** A turn that is not yet asked for. */
export interface PlannedTurn {
  /** Its prompt, as far as it is known. */
  messages: readonly Message[];
  /** No tool is offered. */
  isFinal: boolean;
  /** Most turns that the server may take by itself in it. Absent: as many as it likes. */
  serverTurns?: number;
  /** Tokens of reasoning to be reckoned with: nothing bounds them. */
  reasoningTokens: number;
}

/** The most that one attempt at a turn uses. */
export interface WorstCase {
  /** Absent where nobody bounds it. */
  tokens?: number;
  /** Absent where nobody bounds it, or a part of it has no price. */
  ticks?: number;
  /** Why something is absent, and what to set: parts of a sentence. */
  why: readonly string[];
}

const WARN_AT = 0.8;

/** What a run has spent of what `limit` bounds. Milliseconds, dollars, or a count, as the limit's own unit. */
export function spentOf(limit: keyof RunLimits, state: RunState, activeMs: number): number {
  switch (limit) {
    case "turns":
      return state.turn;
    case "toolCalls":
      return state.begun;
    case "serverTurns":
      return state.serverTurns;
    case "tokens":
      return state.usage.totalTokens;
    case "costUsd":
      return state.ticks.known / TICKS_PER_USD;
    case "durationMs":
      return Math.round(activeMs);
    default:
      return limit satisfies never;
  }
}

/**
 * The first limit that leaves no room for another turn, or undefined. `toolCalls` is not one of them: a turn may answer
 * without a call, and calls beyond the limit are simply not begun.
 */
export function reachedLimit(limits: RunLimits, state: RunState, activeMs: number): LimitUse | undefined {
  for (const limit of LIMIT_NAMES) {
    const max = limits[limit];
    if (max === undefined || limit === "toolCalls") continue;
    const used = spentOf(limit, state, activeMs);
    if (used >= max) return { limit, used, max };
  }
  return undefined;
}

/** Limits that are nearly used up and were not warned of yet. */
export function nearLimits(limits: RunLimits, state: RunState, activeMs: number): readonly LimitUse[] {
  const near: LimitUse[] = [];
  for (const limit of LIMIT_NAMES) {
    const max = limits[limit];
    if (max === undefined) continue;
    const used = spentOf(limit, state, activeMs);
    if (used >= max * WARN_AT && state.warned?.has(limit) !== true) near.push({ limit, used, max });
  }
  return near;
}

/** Turns that the server may still take by itself; undefined where nothing bounds them. One at least: 0 is no bound that it knows. */
export function serverTurnsLeft({ serverTurns }: RunLimits, state: RunState): number | undefined {
  return serverTurns === undefined ? undefined : Math.max(1, serverTurns - state.serverTurns);
}

const LIMIT_NAMES: readonly (keyof RunLimits)[] = [
  "turns",
  "toolCalls",
  "serverTurns",
  "tokens",
  "costUsd",
  "durationMs",
];
