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
  let queues: readonly Queue[] = [];
  let isOver = false;
  return {
    read({ after, blocking }) {
      const queue = createQueue(record().slice(after + 1), { limits, isLossy: !blocking, isOver });
      if (!isOver) queues = [...queues, queue];
      return {
        next: () => next(queue),
        beLossy: () => beLossy(queue),
        close() {
          queues = queues.filter((other) => other !== queue);
          close(queue);
        },
      };
    },
    stored(events) {
      for (const queue of queues) push(queue, events);
    },
    deltas(deltas) {
      let behind: Promise<void> | undefined;
      for (const queue of queues) behind = offer(queue, deltas) ?? behind;
      return behind;
    },
    end() {
      isOver = true;
      for (const queue of queues) end(queue);
      queues = [];
    },
  };
}

/** What waits for one reader. Plain data, and functions that all queues share: thousands of runs may have one. */
interface Queue {
  limits: BufferLimits;
  isLossy: boolean;
  isOver: boolean;
  waiting: RunEvent[];
  /** Deltas among them, and their bytes. */
  heldEvents: number;
  heldSize: number;
  wakeReader: (() => void) | undefined;
  caughtUp: PromiseWithResolvers<void> | undefined;
}

function createQueue(
  waiting: RunEvent[],
  { limits, isLossy, isOver }: Pick<Queue, "limits" | "isLossy" | "isOver">,
): Queue {
  return { limits, isLossy, isOver, waiting, heldEvents: 0, heldSize: 0, wakeReader: undefined, caughtUp: undefined };
}

function push(queue: Queue, events: readonly RunEvent[]): void {
  for (const event of events) queue.waiting.push(event);
  wake(queue);
}

function offer(queue: Queue, deltas: readonly Delta[]): Promise<void> | undefined {
  if (queue.isLossy && isFull(queue)) return undefined;
  for (const delta of deltas) {
    if (delta.type === "tool.progress" && isFull(queue)) continue; // nobody waits with a handler's word on how far it is
    queue.waiting.push(delta);
    queue.heldEvents += 1;
    queue.heldSize += sizeOf(delta);
  }
  wake(queue);
  if (queue.isLossy || !isFull(queue)) return undefined;
  queue.caughtUp ??= Promise.withResolvers<void>();
  return queue.caughtUp.promise;
}

function next(queue: Queue): Promise<readonly RunEvent[] | undefined> {
  if (queue.waiting.length > 0 || queue.isOver) return Promise.resolve(take(queue));
  // Taken later than woken: what comes with the same read, or the same turn, makes one batch.
  return new Promise<void>((resolve) => {
    queue.wakeReader = resolve;
  }).then(() => take(queue));
}

function take(queue: Queue): readonly RunEvent[] | undefined {
  if (queue.waiting.length === 0) return undefined; // it is over: nobody is woken for less
  const batch = queue.waiting;
  queue.waiting = [];
  queue.heldEvents = 0;
  queue.heldSize = 0;
  release(queue);
  return batch;
}

/** From now on deltas that do not fit are dropped. */
function beLossy(queue: Queue): void {
  queue.isLossy = true;
  release(queue);
}

function end(queue: Queue): void {
  queue.isOver = true;
  wake(queue);
}

/** Nobody reads any more: what waits is let go of. */
function close(queue: Queue): void {
  queue.waiting = [];
  beLossy(queue);
  end(queue);
}

function isFull({ heldEvents, heldSize, limits }: Queue): boolean {
  return heldEvents >= limits.events || heldSize >= limits.size;
}

function wake(queue: Queue): void {
  if (queue.waiting.length === 0 && !queue.isOver) return;
  queue.wakeReader?.();
  queue.wakeReader = undefined;
}

function release(queue: Queue): void {
  queue.caughtUp?.resolve();
  queue.caughtUp = undefined;
}

/** As many bytes as the text can take in memory: most scripts need two for a character. */
function sizeOf(delta: Delta): number {
  const { length } = delta.type === "tool.progress" ? (JSON.stringify(delta.data) ?? "") : delta.delta;
  return 2 * length;
}
