import type { LedgerEntry, LimitUse } from "../event/index.ts";
import { allowedCalls } from "./allowed.ts";
import { wasLast } from "./last-turn.ts";
import { reachedLimit, spentOf } from "./limits.ts";
import { stallAt } from "./repeats.ts";
import { noRoom } from "./room.ts";
import type { LoopServices } from "./services.ts";

/**
 * The limit at which the run stops after `turn`, or undefined: calls that may not begin, a model that gets nowhere, a limit that is
 * reached, or one that has no room for the most that another turn may use.
 */
export function stopAfter(services: LoopServices, turn: number): LimitUse | undefined {
  const { limits, record } = services;
  const { state } = record.fold;
  const own = wasLast(state) ? againAtLimit(services) : stopOfCalls(services, turn);
  return (
    own ??
    reachedLimit(limits, state, services.activeMs()) ??
    noRoom(services, { isFinal: false, leavesAnswer: services.onLimit === "answer" })
  );
}

function stopOfCalls(services: LoopServices, turn: number): LimitUse | undefined {
  const { record, loopDetector, inbox } = services;
  const isSteered = inbox.hasSteering(); // a person says what to do instead
  const { because, isTold } = allowedCalls(services, turn);
  if (because?.limit === "repeatedCall") return isTold && isSteered ? undefined : because;
  if (because !== undefined && record.fold.callsOf(turn).some(isKeptBack)) {
    return { ...because, used: record.fold.state.begun };
  }
  const stall = loopDetector && stallAt(record.fold, turn, loopDetector);
  return stall?.isStopped === true && !isSteered ? stall.use : undefined;
}

/** A call that a limit did not let begin: still open, or told so. A limit that was lowered since keeps back none that has run. */
function isKeptBack({ outcome, error }: LedgerEntry): boolean {
  return outcome === undefined || (outcome === "denied" && error?.code === "run_limited");
}

/**
 * The limit for which a last turn was spent on an answer: in the segment that spent it, and in a later one unless there is room now.
 */
function againAtLimit(services: LoopServices): LimitUse | undefined {
  const { record, limits, loopDetector, inbox } = services;
  const { final, segmentStart } = record.fold.state;
  if (final?.limit === undefined) return undefined;
  const { limit, used } = final.limit;
  if (limit === "repeatedCall" || limit === "noProgress") {
    const isStill = loopDetector !== undefined && used >= loopDetector.stopAt && !inbox.hasSteering();
    return final.seq > segmentStart || isStill ? final.limit : undefined;
  }
  const max = limits[limit];
  const now = spentOf(limit, record.fold.state, services.activeMs());
  if (final.seq > segmentStart) return { ...final.limit, used: now };
  return max !== undefined && now >= max ? { limit, used: now, max } : undefined;
}
