import type { Clock } from "../clock.ts";

/**
 * The same clock, whose timers end with the signal: what a stopped run was waiting for is not waited for any more, and
 * no timer of it keeps the process alive.
 */
export function boundClock(clock: Clock, signal: AbortSignal): Clock {
  // One listener for all of them: adding one to a signal costs more than a timer.
  const timers = new Set<() => void>();
  signal.addEventListener("abort", () => {
    for (const stop of timers) stop();
    timers.clear();
  });
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(delayMs, callback) {
      if (signal.aborted) return () => {};
      const stop = clock.after(delayMs, () => {
        timers.delete(stop);
        callback();
      });
      timers.add(stop);
      return () => {
        timers.delete(stop);
        stop();
      };
    },
  };
}
