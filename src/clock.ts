/** Time as a parameter, so that tests of timeouts and delays need not wait. Imports nothing; every folder may import it. */
export interface Clock {
  /** Wall time, milliseconds since the epoch: for display and for HTTP dates, never for durations. */
  now(): number;
  /** Milliseconds on a clock that only goes forward: for durations. */
  monotonic(): number;
  /** Runs `callback` after `delayMs`. Returns a function that cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, callback) => {
    let timer: ReturnType<typeof setTimeout>;
    if (delayMs <= LONGEST_TIMER_MS) {
      timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    }
    const wait = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
      timer = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : callback()), stepMs);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};

/** Timers of JavaScript fire at once when they are set for longer: a wait of a month is several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What is made of a value: at once where it is there, so that no promise is waited for that nobody needed. */
export function andThen<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Whether something is to be waited for, whoever made it. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return false;
  return typeof (value as { then?: unknown }).then === "function"; // of any object
}

/** What the promise comes to, or `signal.reason` as soon as the signal is aborted; the promise is not waited for then. */
export function orAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    // Without options, here and everywhere: Node would obey a `signal` that they inherit. An abort comes once by itself.
    signal.addEventListener("abort", onAbort);
    promise.then(
      (value) => {
        signal.removeEventListener("abort", onAbort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener("abort", onAbort);
        reject(error);
      },
    );
  });
}

/** What the promise comes to, or what `late` gives when `ms` have passed; the promise is not waited for then. */
export function within<T>(promise: Promise<T>, limit: { clock: Clock; ms: number; late: () => T }): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = limit.clock.after(limit.ms, () => {
      try {
        resolve(limit.late());
      } catch (error) {
        reject(error);
      }
    });
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}

/** Resolves after `delayMs`; rejects with `signal.reason` as soon as the signal is aborted. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort);
  });
}
