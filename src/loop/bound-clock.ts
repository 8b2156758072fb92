import type { Clock } from "../clock.ts";

/**
 * The same clock, whose timers end with the signal: what a stopped run was waiting for is not waited for any more, and
 * no timer of it keeps the process alive.
 */
export function boundClock(clock: Clock, signal: AbortSignal): Clock {
  // One listener for all of them: adding one to a signal costs more than a timer.
  let timers: Set<() => void> | undefined;
  const running = (): Set<() => void> => {
    const made = new Set<() => void>();
    signal.addEventListener("abort", () => {
      for (const stop of made) stop();
      made.clear();
    });
    return made;
  };
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(delayMs, callback) {
      if (signal.aborted) return () => {};
      timers ??= running();
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
