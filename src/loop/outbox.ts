import type { Delta, RunEvent, StoredEvent } from "../event/index.ts";

/** How far a run may be ahead of its reader. */
export interface BufferLimits {
  /** Deltas that wait to be read. Default 1,024. */
  events: number;
  /** Bytes of those deltas, two for each character. Default 8 Mi. */
  size: number;
}

export const DEFAULT_BUFFER: BufferLimits = { events: 1024, size: 8 * 1024 * 1024 };

/** One reader's queue. Stored events are never dropped and never block; deltas do one or the other. */
export interface Reader {
  /** All that waits, or the next that comes; undefined when the run is over and everything was read. */
  next(): Promise<readonly RunEvent[] | undefined>;
  /** From now on deltas that do not fit are dropped, and nobody waits for this reader. */
  beLossy(): void;
  /** The reader is gone. */
  close(): void;
}

/** Hands the events of one run to its readers. */
export interface Outbox {
  /** A reader of everything after `seq` that does not hold up the run unless `blocking`. */
  read(options: { after: number; blocking: boolean }): Reader;
  stored(events: readonly StoredEvent[]): void;
  /** A promise when a blocking reader is behind; it settles when that reader has caught up. */
  deltas(deltas: readonly Delta[]): Promise<void> | undefined;
  /** Nothing comes any more. */
  end(): void;
}

/** @param record the run's stored events, which a reader that comes late begins with. */
export function createOutbox(record: () => readonly StoredEvent[], limits: BufferLimits = DEFAULT_BUFFER): Outbox {
  const queues = new Set<Queue>();
  let isOver = false;
  return {
    read({ after, blocking }) {
      const queue = createQueue(limits, blocking);
      queue.push(record().slice(after + 1));
      if (isOver) queue.end();
      else queues.add(queue);
      return {
        next: queue.next,
        beLossy: queue.beLossy,
        close() {
          queues.delete(queue);
          queue.close();
        },
      };
    },
    stored(events) {
      for (const queue of queues) queue.push(events);
    },
    deltas(deltas) {
      let behind: Promise<void> | undefined;
      for (const queue of queues) behind = queue.offer(deltas) ?? behind;
      return behind;
    },
    end() {
      isOver = true;
      for (const queue of queues) queue.end();
      queues.clear();
    },
  };
}

interface Queue {
  push(events: readonly RunEvent[]): void;
  offer(deltas: readonly Delta[]): Promise<void> | undefined;
  next(): Promise<readonly RunEvent[] | undefined>;
  beLossy(): void;
  end(): void;
  /** Nobody reads any more: what waits is let go of. */
  close(): void;
}

function createQueue(limits: BufferLimits, blocking: boolean): Queue {
  let waiting: RunEvent[] = [];
  let heldEvents = 0;
  let heldSize = 0;
  let isLossy = !blocking;
  let isOver = false;
  let wakeReader: (() => void) | undefined;
  let caughtUp: PromiseWithResolvers<void> | undefined;

  const isFull = (): boolean => heldEvents >= limits.events || heldSize >= limits.size;
  const wake = (): void => {
    if (waiting.length === 0 && !isOver) return;
    wakeReader?.();
    wakeReader = undefined;
  };
  const release = (): void => {
    caughtUp?.resolve();
    caughtUp = undefined;
  };
  const take = (): readonly RunEvent[] | undefined => {
    if (waiting.length === 0) return undefined; // it is over: nobody is woken for less
    const batch = waiting;
    waiting = [];
    heldEvents = 0;
    heldSize = 0;
    release();
    return batch;
  };
  return {
    push(events) {
      for (const event of events) waiting.push(event);
      wake();
    },
    offer(deltas) {
      if (isLossy && isFull()) return undefined;
      for (const delta of deltas) {
        if (delta.type === "tool.progress" && isFull()) continue; // nobody waits with a handler's word on how far it is
        waiting.push(delta);
        heldEvents += 1;
        heldSize += sizeOf(delta);
      }
      wake();
      if (isLossy || !isFull()) return undefined;
      caughtUp ??= Promise.withResolvers<void>();
      return caughtUp.promise;
    },
    next() {
      if (waiting.length > 0 || isOver) return Promise.resolve(take());
      // Taken later than woken: what comes with the same read, or the same turn, makes one batch.
      return new Promise<void>((resolve) => {
        wakeReader = resolve;
      }).then(take);
    },
    beLossy() {
      isLossy = true;
      release();
    },
    end() {
      isOver = true;
      wake();
    },
    close() {
      waiting = [];
      isLossy = true;
      isOver = true;
      release();
      wake();
    },
  };
}

/** As many bytes as the text can take in memory: most scripts need two for a character. */
function sizeOf(delta: Delta): number {
  const { length } = delta.type === "tool.progress" ? (JSON.stringify(delta.data) ?? "") : delta.delta;
  return 2 * length;
}
