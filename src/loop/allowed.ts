import type { LimitUse, RunState } from "../event/index.ts";
import { isCutShort } from "./answer.ts";
import { repeatedCall } from "./repeats.ts";
import type { LoopServices } from "./services.ts";

/** The calls of a turn by what becomes of them. */
export interface AllowedCalls {
  /** So many may begin, the first of the turn. */
  begin: number;
  /** Why the others may not. Absent where all may. */
  because?: LimitUse;
  /** The others get a result that says so, since the model is to answer behind it. Else they stay open: a run that is resumed begins them. */
  isTold: boolean;
}

/**
 * What the limits allow of a turn's calls: none of a turn that was spent on an answer, none of one that asks for the same call once too
 * often, and no more than `toolCalls` leaves, counted from the calls of earlier turns. Read from the record alone, so that a replay
 * comes to the same, and at a cost that does not grow with the run.
 */
export function allowedCalls({ record, limits, loopDetector, onLimit }: LoopServices, turn: number): AllowedCalls {
  const { fold } = record;
  const { length: asked } = fold.callsOf(turn);
  const last = fold.state.final;
  if (last?.turn === turn && last.limit !== undefined) return { begin: 0, because: last.limit, isTold: true };
  const isTold = onLimit === "answer";
  const repeated = loopDetector && repeatedCall(fold, turn, loopDetector);
  if (repeated !== undefined && repeated.used >= repeated.max) return { begin: 0, because: repeated, isTold };
  const { toolCalls: max } = limits;
  const used = fold.begunBefore(turn);
  if (asked === 0 || max === undefined || used + asked <= max) return { begin: asked, isTold };
  return { begin: Math.max(0, max - used), because: { limit: "toolCalls", used, max }, isTold };
}

/** Whether the turn was cut short: its calls may be fragments, and none gets so far as to be counted. */
export function hasFragments({ lastTurn, final }: RunState, turn: number): boolean {
  return lastTurn?.turn === turn && final?.turn !== turn && isCutShort(lastTurn.finishReason);
}
