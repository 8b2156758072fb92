import type { Concurrency } from "./tool.ts";

/** Who may run now. */
export interface ToolSlots {
  /**
   * Waits for a slot, in order of asking; one who waits for another to finish does not hold up those behind. Gives a
   * function that frees the slot, at once where one is free; calling it again does nothing. Rejects with `signal.reason` once the
   * signal is aborted.
   */
  take(concurrency: Concurrency, signal: AbortSignal): (() => void) | Promise<() => void>;
}

interface Waiter {
  readonly group: string | undefined;
  readonly grant: () => void;
}

/**
 * Slots for tool calls: at most `max` at a time (default 8), of `serial` tools one, of tools with the same key one.
 * A slot is all a call holds, taken at once: no deadlock.
 */
export function createToolSlots(max = 8): ToolSlots {
  const waiting: Waiter[] = [];
  let busy: Set<string> | undefined; // most tools exclude nobody
  let taken = 0;

  const admit = (): void => {
    for (let n = 0; n < waiting.length && taken < max; ) {
      const waiter = waiting[n];
      if (waiter === undefined || (waiter.group !== undefined && busy?.has(waiter.group) === true)) n++;
      else {
        waiting.splice(n, 1);
        waiter.grant();
      }
    }
  };
  const hold = (group: string | undefined): (() => void) => {
    taken++;
    if (group !== undefined) busy = (busy ?? new Set()).add(group);
    let isFree = false;
    return () => {
      if (isFree) return;
      isFree = true;
      taken--;
      if (group !== undefined) busy?.delete(group);
      admit();
    };
  };

  return {
    take(concurrency, signal) {
      const group = groupOf(concurrency);
      // Whoever waits now waits for something else than this: each was let in as soon as it could be.
      if (!signal.aborted && taken < max && (group === undefined || busy?.has(group) !== true)) {
        return hold(group);
      }
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const leave = (): void => {
          waiting.splice(waiting.indexOf(waiter), 1);
          reject(signal.reason);
        };
        const grant = (): void => {
          signal.removeEventListener("abort", leave);
          resolve(hold(group));
        };
        const waiter: Waiter = { group, grant };
        signal.addEventListener("abort", leave);
        waiting.push(waiter);
      });
    },
  };
}

/** Calls of one group exclude each other. A key `serial` is not the group of serial tools. */
function groupOf(concurrency: Concurrency): string | undefined {
  if (concurrency === "parallel") return undefined;
  return concurrency === "serial" ? "serial" : `key:${concurrency.key}`;
}
