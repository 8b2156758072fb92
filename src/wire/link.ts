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
  const watch = createWatch(clock, (error) => abort(error));
  const limits = new Set<() => void>();
  /** Rejects what is waited for. Called here and not by a listener: only we abort the signal. */
  let giveUp: ((reason: unknown) => void) | undefined;
  const abort = (reason: unknown): void => {
    watch.stop();
    giveUp?.(reason);
    controller.abort(reason);
  };
  const settle = (wait: (reason: unknown) => void): void => {
    if (giveUp !== wait) return; // the next wait may have begun already
    giveUp = undefined;
    watch.pause();
  };
  // Not AbortSignal.any: a signal shared by many requests would keep them all in memory.
  const onAbort = (): void => abort(caller.reason);
  if (caller.aborted) onAbort();
  caller.addEventListener("abort", onAbort);
  return {
    signal,
    within(limitMs, expire, wait) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        giveUp = reject;
        watch.begin(limitMs, expire);
        const fail = (error: unknown): void => {
          settle(reject);
          reject(error);
        };
        try {
          wait().then((value) => {
            settle(reject);
            resolve(value);
          }, fail);
        } catch (error) {
          fail(error); // a transport that is no async function may throw at once
        }
      });
    },
    limit(limitMs, expire) {
      const cancel = clock.after(limitMs, () => abort(expire()));
      limits.add(cancel);
      return cancel;
    },
    close() {
      for (const cancel of limits) cancel();
      caller.removeEventListener("abort", onAbort);
      abort(CLOSED);
    },
  };
}

/** Watches one wait after the other. */
interface Watch {
  begin(limitMs: number, expire: () => Error): void;
  /** What was waited for is there. */
  pause(): void;
  stop(): void;
}

/** With one timer for many waits: one that fires while nothing has waited too long is set anew for the rest. */
function createWatch(clock: Clock, onLate: (error: Error) => void): Watch {
  let late: (() => Error) | undefined;
  let untilMs = 0;
  let firesMs = Number.POSITIVE_INFINITY;
  let cancel = (): void => {};
  const set = (delayMs: number): void => {
    firesMs = clock.monotonic() + delayMs;
    cancel = clock.after(delayMs, fire);
  };
  const fire = (): void => {
    firesMs = Number.POSITIVE_INFINITY;
    if (late === undefined) return;
    const leftMs = untilMs - clock.monotonic();
    if (leftMs > 0) set(leftMs);
    else onLate(late());
  };
  return {
    begin(limitMs, expire) {
      late = expire;
      untilMs = clock.monotonic() + limitMs;
      if (firesMs <= untilMs) return;
      cancel();
      set(limitMs);
    },
    pause() {
      late = undefined;
    },
    stop() {
      late = undefined;
      firesMs = Number.POSITIVE_INFINITY;
      cancel();
    },
  };
}
