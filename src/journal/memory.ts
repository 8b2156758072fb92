import { andThen, isThenable } from "../clock.ts";
import { AgentError, errorInfo } from "../errors.ts";
import type { ClosingEvent, NewDelta, StoredEvent } from "../event/index.ts";
import type { Boxed, Durable, Journal, Op, StepInfo, WaitOptions } from "./journal.ts";
import type { RecordedIn, RunRecord } from "./record.ts";

/** What a journal in this process needs. */
export interface JournalOptions {
  record: RunRecord;
  /** Aborted when the run is to stop: no step starts after that. */
  signal: AbortSignal;
  createEpoch: () => string;
  /** Shows live viewers the deltas of one attempt. A promise means that they are behind. */
  onDeltas: (deltas: readonly NewDelta[], place: RecordedIn) => Promise<void> | void;
  /** What came from outside under a name: null when the time has passed; rejects with `run_paused` to leave the process. */
  waitFor: (name: string, untilMs: number | undefined) => Promise<unknown>;
}

/** Journals the steps of a loop over a record: a step whose result is recorded is read back, not run again. */
export function createMemoryJournal(options: JournalOptions): Journal {
  return createPass(options, createUnderWay());
}

/** What several passes over one record share: steps that run and waits, by name, so that a pass joins them instead of starting them again. */
export interface UnderWay {
  steps: Map<string, Promise<readonly StoredEvent[]>>;
  /** Also those that are over: what came is not on the record before a step has put it there. */
  waits: Map<string, { came: Promise<unknown>; isOver: boolean }>;
}

export function createUnderWay(): UnderWay {
  return { steps: new Map(), waits: new Map() };
}

/**
 * One run of the loop over the record.
 * @param abandon What a pass that is given up at each await gets instead of what it waits for. Absent: it goes on.
 */
export function createPass(
  options: JournalOptions,
  { steps, waits }: UnderWay,
  abandon?: (work: Promise<unknown>) => Durable<never>,
): Journal {
  const { record } = options;
  const named = new Set<string>();

  const step = <I>(name: string, op: Op<I>, input: I): Durable<readonly StoredEvent[]> => {
    if (named.has(name)) return Promise.reject(usedTwice(name));
    named.add(name);
    const known = recordedResult(record, name);
    if (known !== undefined) return known;
    const underWay = steps.get(name) ?? runStep(options, name, op, input);
    if (underWay instanceof Promise && !steps.has(name)) {
      steps.set(name, underWay);
      const end = (): void => void steps.delete(name);
      underWay.then(end, end);
    }
    return abandon === undefined ? underWay : abandon(Promise.resolve(underWay));
  };
  const waitFor = <T>(name: string, { untilMs, step: closing }: WaitOptions = {}): Durable<T | null> => {
    if (closing !== undefined && recordedResult(record, closing) !== undefined) return Promise.resolve(null);
    const wait = waits.get(name) ?? begin(options.waitFor(name, untilMs));
    waits.set(name, wait);
    // What comes under the name is what the loop asked for; whoever records it checks it.
    if (wait.isOver || abandon === undefined) return wait.came as Promise<T | null>;
    return abandon(wait.came.catch(() => {})); // the next pass is told why it failed
  };
  const all = <T>(items: readonly Durable<T>[]): Durable<readonly Boxed<T>[]> => {
    const boxes = items.map(box);
    return boxes.some(isThenable) ? Promise.all(boxes) : (boxes as Boxed<T>[]); // none is a promise
  };
  return { runId: record.runId, step, waitFor, all };
}

function begin(came: Promise<unknown>): { came: Promise<unknown>; isOver: boolean } {
  const wait = { came, isOver: false };
  const end = (): void => {
    wait.isOver = true;
  };
  came.then(end, end);
  return wait;
}

/** A run that has ended answers every step that is not closed with its closing event, so that the loop unwinds. */
function recordedResult(record: RunRecord, name: string): readonly StoredEvent[] | undefined {
  const result = record.fold.steps.resultOf(name);
  if (result !== undefined) return result;
  const closing: ClosingEvent | undefined = record.closing();
  return closing === undefined ? undefined : [closing];
}

/** At once where the op is done at once. */
function runStep<I>(
  options: JournalOptions,
  name: string,
  op: Op<I>,
  input: I,
): readonly StoredEvent[] | Promise<readonly StoredEvent[]> {
  try {
    options.signal.throwIfAborted();
    return andThen(op.run(input, stepInfo(options, name)), () => {
      const result = recordedResult(options.record, name);
      if (result !== undefined) return result;
      throw new AgentError("internal", `The op ${op.id} ended without closing the step ${name}.`);
    });
  } catch (error) {
    return Promise.reject(error);
  }
}

function stepInfo(options: JournalOptions, name: string): StepInfo {
  const { record, signal, onDeltas, createEpoch } = options;
  const place: RecordedIn = { step: name, epoch: createEpoch(), emitted: 0 };
  const attempts = record.fold.steps.attemptsAt(name);
  return {
    key: `${record.runId}/${name}`,
    epoch: place.epoch,
    signal,
    before: attempts.length === 0 ? attempts : [...attempts], // the list grows
    record: (...events) => record.append(events, place),
    emit: (deltas) => onDeltas(deltas, place),
    nextEpoch: () => stepInfo(options, name),
    aside: (other) => stepInfo(options, other),
  };
}

function box<T>(item: Durable<T>): Boxed<T> | PromiseLike<Boxed<T>> {
  if (!isThenable(item)) return { ok: item };
  return item.then(
    (ok) => ({ ok }),
    (error: unknown) => ({ err: errorInfo(error) }),
  );
}

function usedTwice(name: string): AgentError {
  return new AgentError(
    "internal",
    `The loop used the step name ${name} twice; names come from positions and are unique.`,
  );
}
