import type { Clock } from "../clock.ts";
import { AgentError } from "../errors.ts";
import type { RunLimits } from "../event/index.ts";
import { type ActiveTime, createActiveTime } from "./active-time.ts";

/** Why a run is being stopped from outside its loop. */
export type Stop =
  | { type: "cancelled"; reason: unknown; letter?: string }
  | { type: "limited"; max: number }
  | { type: "lost"; error: AgentError };

/** What may stop a run. */
export interface Stoppable {
  limits: RunLimits;
  signal?: AbortSignal | undefined;
}

/** One signal for the whole run, and who pulled it first. */
export interface Stopper {
  signal: AbortSignal;
  stopped(): Stop | undefined;
  stop(why: Stop): void;
  time: ActiveTime;
  /** Lets go of the timer and of the caller's signal. */
  release(): void;
}

export function createStopper({ limits, signal: outer }: Stoppable, clock: Clock, beforeMs: number): Stopper {
  const controller = new AbortController();
  let stopped: Stop | undefined;
  let isReleased = false;
  const stop = (why: Stop): void => {
    if (isReleased || stopped !== undefined) return; // what comes after the end was not what ended it
    stopped = why;
    controller.abort(reasonOf(why));
  };
  const onAbort = (): void => stop({ type: "cancelled", reason: outer?.reason });
  const { durationMs: ms } = limits;
  const time = createActiveTime(
    clock,
    ms === undefined ? undefined : { ms, expire: () => stop({ type: "limited", max: ms }) },
    beforeMs,
  );
  if (outer?.aborted === true) onAbort();
  else outer?.addEventListener("abort", onAbort);
  return {
    signal: controller.signal,
    stopped: () => stopped,
    stop,
    time,
    release() {
      isReleased = true;
      time.release();
      outer?.removeEventListener("abort", onAbort);
    },
  };
}

function reasonOf(why: Stop): unknown {
  if (why.type === "limited") return new AgentError("run_limited", "The run's time is up.");
  return why.type === "lost" ? why.error : why.reason;
}

/** Whoever stopped the run gets the reason back as it was given, whatever the stop led to. */
export function causeOf(stopper: Stopper, thrown: unknown): unknown {
  const stop = stopper.stopped();
  if (stop?.type === "lost") return stop.error;
  return stop?.type === "cancelled" ? stop.reason : thrown;
}
