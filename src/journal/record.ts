import type { Clock } from "../clock.ts";
import { AgentError, errorMessage } from "../errors.ts";
import type { ClosingEvent, NewEvent, RunFold, StoredEvent } from "../event/index.ts";
import { createFold, isClosing } from "../event/index.ts";

/** Where an event was recorded: the step and the attempt at it. Absent for the events that open and close a run. */
export interface RecordedIn {
  step: string;
  epoch: string;
  /** Deltas shown of this attempt so far. */
  emitted: number;
}

/** The one append-only log of a run. */
export interface RunRecord {
  readonly runId: string;
  /** Everything appended so far, in append order. */
  readonly events: readonly StoredEvent[];
  /** What the events say, kept up to date. */
  readonly fold: RunFold;
  /** The event that closed the record, if one did. */
  closing(): ClosingEvent | undefined;
  /**
   * No event is given an earlier time than this, in milliseconds since the epoch, whatever the clock says: runs of a conversation are in
   * order by when they began.
   */
  notBefore(ms: number): void;
  /** Takes over events of another process's run, as they are stored there. Nothing is stored. */
  adopt(events: readonly StoredEvent[]): void;
  /**
   * Gives each event its `seq` and its time, stores it, then hands it to the listener. Once events could not be stored it throws that
   * each time: nothing may begin that is not on record. Only a failed attempt at a turn is kept then, in memory.
   */
  append(events: readonly NewEvent[], place?: RecordedIn): void;
  /** The same for how a run ends whose events cannot be stored: only whoever reads it here is told. */
  keep(events: readonly NewEvent[]): void;
}

export interface RecordOptions {
  runId: string;
  clock: Clock;
  /** The run in one of whose handlers this one was started. */
  parent?: string | undefined;
  /** Events already on record, such as those of a run that is carried on. */
  events?: readonly StoredEvent[];
  /** The fold of those, where there is one: it is gone on with. */
  fold?: RunFold | undefined;
  /** Stores events for good, before anything else happens with them. When it throws, they are not on the record. */
  persist?: ((events: readonly StoredEvent[]) => void) | undefined;
  /** Called once for each append, after it is stored. */
  onAppend?: (events: readonly StoredEvent[]) => void;
}

/** A record in memory. */
export function createRecord(options: RecordOptions): RunRecord {
  const { runId, clock, parent, onAppend } = options;
  const { persist } = options;
  let failure: AgentError | undefined;
  let earliestMs = 0;
  const events: StoredEvent[] = [...(options.events ?? [])];
  const fold = options.fold ?? createFold(events);
  return {
    runId,
    events,
    fold,
    closing: () => fold.state.closing,
    notBefore(ms) {
      earliestMs = ms;
    },
    adopt(stored) {
      for (const event of stored) {
        events.push(event);
        fold.add(event);
      }
    },
    append(added, place) {
      const stamped = added.map((event, offset) => stamp(event, events.length + offset, place));
      store(stamped);
      take(stamped);
    },
    keep(added) {
      take(added.map((event, offset) => stamp(event, events.length + offset, undefined)));
    },
  };

  function take(stamped: readonly StoredEvent[]): void {
    for (const event of stamped) {
      refuseSecondClosing(fold, event);
      events.push(event);
      fold.add(event);
    }
    onAppend?.(stamped);
  }

  /** After a failure nothing more is stored: what is stored ends where it is whole. */
  function store(stamped: readonly StoredEvent[]): void {
    if (failure !== undefined) {
      if (stamped.every(isFailedAttempt)) return; // begins nothing, and what it cost is told in this process
      throw failure;
    }
    try {
      refusePromise(persist?.(stamped));
    } catch (cause) {
      failure = storeFailure(cause, stamped.length);
      throw failure;
    }
  }

  function storeFailure(cause: unknown, count: number): AgentError {
    if (cause instanceof AgentError && OWN_WORDS.has(cause.code)) return cause;
    const message = `The store could not take ${count} events of ${runId}: ${errorMessage(cause)}. The run ends here; what is stored is whole up to this point.`;
    return new AgentError("store_failed", message, { cause });
  }

  function stamp(event: NewEvent, seq: number, place: RecordedIn | undefined): StoredEvent {
    // The union distributes over both halves, which the compiler cannot follow through a spread; and the rest is added below.
    const stored = { ...event, seq, runId, at: Math.max(clock.now(), earliestMs) } as {
      -readonly [Name in keyof StoredEvent]: StoredEvent[Name];
    };
    // A closing event ends the run and not the step that found the end: on resume that step runs again.
    if (place !== undefined && !isClosingType(event)) {
      stored.step = place.step;
      stored.epoch = place.epoch;
    }
    if (parent !== undefined) stored.parent = parent;
    return stored as StoredEvent;
  }
}

/** What a store refuses because the run is not ours any more: said as it is, since whoever reads it must act otherwise. */
const OWN_WORDS: ReadonlySet<string> = new Set(["lease_lost", "run_locked", "seq_conflict"]);

/** The types let an async `append` pass: its events would count as stored while they are not, and its failure as nobody's. */
function refusePromise(returned: unknown): void {
  if (!(returned instanceof Promise)) return;
  returned.catch(() => {});
  throw new AgentError(
    "store_failed",
    "append returned a promise; events must be stored when it returns. Write them synchronously",
  );
}

function isFailedAttempt({ type }: StoredEvent): boolean {
  return type === "turn.failed";
}

function isClosingType(event: NewEvent): boolean {
  return isClosing(event as StoredEvent); // reads only `type`, which a new event has too
}

function refuseSecondClosing(fold: RunFold, event: StoredEvent): void {
  if (!isClosing(event) || fold.state.closing === undefined) return;
  throw new AgentError(
    "internal",
    `The run ${event.runId} ended with ${fold.state.closing.type} and cannot end again.`,
  );
}
