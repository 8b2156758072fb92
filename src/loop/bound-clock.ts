import type { Clock } from "../clock.ts";

/**
 * The same clock, whose timers end with the signal: what a stopped run was waiting for is not waited for any more, and
 * no timer of it keeps the process alive.
 */
export function boundClock(clock: Clock, signal: AbortSignal): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(delayMs, callback) {
      if (signal.aborted) return () => {};
      const cancel = (): void => {
        signal.removeEventListener("abort", cancel);
        stopTimer();
      };
      const stopTimer = clock.after(delayMs, () => {
        signal.removeEventListener("abort", cancel);
        callback();
      });
      signal.addEventListener("abort", cancel);
      return cancel;
    },
  };
}
