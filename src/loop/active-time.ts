import type { Clock } from "../clock.ts";
import type { StoredEvent } from "../event/index.ts";

/** The time a run has been at work: the time in which a reader held it up is the reader's. */
export interface ActiveTime {
  /** Milliseconds so far. */
  elapsedMs(): number;
  /** Stands still until `reader` settles. */
  hold(reader: Promise<void>): Promise<void>;
  /** Lets go of the timer. */
  release(): void;
}

/**
 * How long the segments on a record were at work, in milliseconds: from event to event, without the time in which a decision was
 * waited for. A process that died says nothing of what it did after its last event.
 */
export function activeMsOf(events: readonly StoredEvent[]): number {
  let sum = 0;
  let last: StoredEvent | undefined;
  for (const event of events) {
    const isIdle =
      event.type === "run.resumed" || event.type === "tool.approval.resolved" || event.type === "run.cancelled";
    if (last !== undefined && !isIdle) sum += Math.max(0, event.at - last.at); // a wall clock may be set back
    last = event;
  }
  return sum;
}

/** @param limit After `ms` of active time `expire` is called, once. */
export function createActiveTime(clock: Clock, limit?: { ms: number; expire: () => void }, beforeMs = 0): ActiveTime {
  let before = beforeMs;
  let since = clock.monotonic();
  let holds = 0;
  let isReleased = false;
  let cancelTimer = (): void => {};

  const elapsedMs = (): number => (holds > 0 ? before : before + clock.monotonic() - since);
  const start = (): void => {
    since = clock.monotonic();
    if (limit !== undefined && !isReleased) cancelTimer = clock.after(Math.max(0, limit.ms - before), limit.expire);
  };
  const release = (): void => {
    isReleased = true;
    cancelTimer();
  };
  start();
  return {
    elapsedMs,
    release,
    async hold(reader) {
      if (holds === 0) {
        before = elapsedMs();
        cancelTimer();
      }
      holds += 1;
      try {
        await reader;
      } finally {
        holds -= 1;
        if (holds === 0) start();
      }
    },
  };
}
