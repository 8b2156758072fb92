import type { Clock } from "../../src/clock.ts";

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Lets time pass, running every callback that falls due, in order. */
  pass(ms: number): Promise<void>;
  /** Sets the wall clock, and nothing else. */
  jump(ms: number): void;
  /** Callbacks that wait. */
  readonly waiting: number;
}

export function fakeClock(): FakeClock {
  let elapsed = 0;
  let set = 0;
  let nextId = 0;
  const timers = new Map<number, { at: number; callback: () => void }>();
  return {
    now: () => 1_700_000_000_000 + elapsed + set,
    monotonic: () => elapsed,
    after(delayMs, callback) {
      nextId += 1;
      const id = nextId;
      timers.set(id, { at: elapsed + delayMs, callback });
      return () => void timers.delete(id);
    },
    jump(ms) {
      set += ms;
    },
    get waiting() {
      return timers.size;
    },
    async pass(ms) {
      const end = elapsed + ms;
      for (;;) {
        await settle();
        const due = [...timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
        if (due === undefined) break;
        elapsed = Math.max(elapsed, due[1].at);
        timers.delete(due[0]);
        due[1].callback();
      }
      elapsed = end;
      await settle();
    },
  };
}

/** Lets everything that waits for promises go on. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
