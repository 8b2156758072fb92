import type { ErrorInfo } from "../errors.ts";
import type { NewDelta, NewEvent, StoredEvent } from "../event/index.ts";

/**
 * What a step gives back: itself, where there was nothing to wait for. Await it, or join several with `journal.all`; nothing else may be
 * awaited in the loop.
 */
export type Durable<T> = PromiseLike<T> | T;

/** A settled item of a join. */
export type Boxed<T> = { ok: T } | { err: ErrorInfo };

/**
 * The seam between the loop and the world. The loop is deterministic: no clock, randomness, environment or I/O but
 * through here, so that running it again over the record leads to where the record ends.
 */
export interface Journal {
  readonly runId: string;
  /**
   * Runs `op` unless the record holds its result already. The result is the events of the epoch that closed the step,
   * or the run's closing event alone when the run has ended. Names are unique in a run and come from positions.
   */
  step<I>(name: string, op: Op<I>, input: I): Durable<readonly StoredEvent[]>;
  /**
   * Waits until somebody says something under this name, which comes from the outside and once: a decision. Null when `untilMs` has
   * passed. May leave the process instead: then it rejects with `run_paused`, and the next pass over the record waits again.
   */
  waitFor<T>(name: string, options?: WaitOptions): Durable<T | null>;
  /** The only legal join of steps. The order of items decides, each settles on its own. */
  all<T>(items: readonly Durable<T>[]): Durable<readonly Boxed<T>[]>;
}

export interface WaitOptions {
  /** Milliseconds since the epoch. Absent: for as long as it takes. */
  untilMs?: number | undefined;
  /** The step that records what came. Where it is closed, nothing is waited for. */
  step?: string;
}

/** The work of a step: known by id, JSON in, no closure over the loop. The input is a position, never the messages. */
export interface Op<I> {
  readonly id: string;
  /** Records what happened. The last event it records must close the step, or the run. */
  run(input: I, info: StepInfo): Promise<void> | void;
}

/** One attempt at a step, as its op sees it. */
export interface StepInfo {
  /** The same in every attempt: the idempotency key. */
  readonly key: string;
  /** Fresh for every attempt at the step. */
  readonly epoch: string;
  /** Aborted when the run is to stop. */
  readonly signal: AbortSignal;
  /** What earlier attempts at this step left on the record. Their epochs are void. */
  readonly before: readonly StoredEvent[];
  /** Appends events; on the record when it settles. */
  record(...events: readonly NewEvent[]): Promise<void> | void;
  /** Shows live viewers fragments; lossy. A promise means that readers are behind: await it before the next. */
  emit(deltas: readonly NewDelta[]): Promise<void> | void;
  /** Begins another attempt: what this epoch recorded is void, and `before` of the next holds it. */
  nextEpoch(): StepInfo;
  /**
   * A step of its own that this one needs first, of which only the record tells that it was done: look there, and do it once. It is
   * closed before this one.
   */
  aside(name: string): StepInfo;
}
