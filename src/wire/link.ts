import type { Clock } from "../clock.ts";

/** The signal of one request: aborted by the caller, by a timeout, or when nobody wants the answer any more. */
export interface Link {
  readonly signal: AbortSignal;
  /**
   * Runs `wait`; when it takes longer than `limitMs`, the request is aborted with the error `expire` makes. Rejects at the
   * abort, whether or not what is waited for obeys the signal. One wait at a time.
   */
  within<T>(limitMs: number, expire: () => Error, wait: () => Promise<T>): Promise<T>;
  /**
   * Aborts the request with the error `expire` makes unless the returned function is called, or the link closed, within `limitMs`:
   * for what spans several waits.
   */
  limit(limitMs: number, expire: () => Error): () => void;
  /** Lets go of the caller's signal and of the connection. May be called again. */
  close(): void;
}

/** One for all: without a reason the platform makes an error with a stack at each abort, and every request ends by one. */
const CLOSED = new DOMException("The answer is not wanted any more.", "AbortError");

export function createLink(clock: Clock, caller: AbortSignal): Link {
  const controller = new AbortController();
  const { signal } = controller;
  // Not AbortSignal.any: a signal shared by many requests would keep them all in memory.
  const onAbort = (): void => controller.abort(caller.reason);
  if (caller.aborted) onAbort();
  caller.addEventListener("abort", onAbort);
  // One listener for all waits: adding one for each network read costs more than the read.
  let giveUp: ((reason: unknown) => void) | undefined;
  const limits = new Set<() => void>();
  signal.addEventListener("abort", () => giveUp?.(signal.reason));
  return {
    signal,
    within(limitMs, expire, wait) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const cancel = clock.after(limitMs, () => controller.abort(expire()));
        const mine = (reason: unknown): void => {
          settle();
          reject(reason);
        };
        const settle = (): void => {
          cancel();
          if (giveUp === mine) giveUp = undefined; // the next wait may have begun already
        };
        giveUp = mine;
        try {
          wait().then(resolve, reject).finally(settle);
        } catch (error) {
          // A transport that is no async function may throw at once.
          settle();
          reject(error);
        }
      });
    },
    limit(limitMs, expire) {
      const cancel = clock.after(limitMs, () => controller.abort(expire()));
      limits.add(cancel);
      return cancel;
    },
    close() {
      for (const cancel of limits) cancel();
      caller.removeEventListener("abort", onAbort);
      controller.abort(CLOSED);
    },
  };
}
