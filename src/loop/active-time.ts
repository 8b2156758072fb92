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
 * waited for. A process that died says nothing of what it did after its last event. The times on a record are those of a wall clock,
 * which may be set or may have gone on while the machine slept: none counts for more than what was measured, or than work takes that
 * says nothing.
 */
export function activeMsOf(events: readonly StoredEvent[]): number {
  let sum = 0;
  let last: StoredEvent | undefined;
  for (const event of events) {
    const isIdle =
      event.type === "run.resumed" || event.type === "tool.approval.resolved" || event.type === "run.cancelled";
    if (last !== undefined && !isIdle) sum += Math.max(0, Math.min(event.at - last.at, longestMs(event)));
    last = event;
  }
  return sum;
}

const LONGEST_SILENCE_MS = 600_000;

/** The most that can have been worked between an event and the one before it. */
function longestMs(event: StoredEvent): number {
  if (event.type === "turn.completed") return event.timing.totalMs;
  if (event.type === "tool.completed" && event.durationMs !== undefined) return event.durationMs;
  return LONGEST_SILENCE_MS;
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
