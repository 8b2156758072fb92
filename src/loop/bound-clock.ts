import type { Clock } from "../clock.ts";

/**
 * The same clock, whose timers end with the signal: what a stopped run was waiting for is not waited for any more, and
 * no timer of it keeps the process alive.
 */
export function boundClock(clock: Clock, signal: AbortSignal): Clock {
  // One listener for all of them: adding one to a signal costs more than a timer.
  let timers: Set<() => void> | undefined;
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(delayMs, callback) {
      if (signal.aborted) return () => {};
      timers ??= endedWith(signal);
      const own = timers;
      const stop = clock.after(delayMs, () => {
        own.delete(stop);
        callback();
      });
      own.add(stop);
      return () => {
        own.delete(stop);
        stop();
      };
    },
  };
}

function endedWith(signal: AbortSignal): Set<() => void> {
  const timers = new Set<() => void>();
  signal.addEventListener("abort", () => {
    for (const stop of timers) stop();
    timers.clear();
  });
  return timers;
}
