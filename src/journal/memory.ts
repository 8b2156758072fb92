import { AgentError, errorInfo } from "../errors.ts";
import type { ClosingEvent, NewDelta, StoredEvent } from "../event/index.ts";
import type { Boxed, Durable, Journal, Op, StepInfo } from "./journal.ts";
import type { RecordedIn, RunRecord } from "./record.ts";

/** What a journal in this process needs. */
export interface JournalOptions {
  record: RunRecord;
  /** Aborted when the run is to stop: no step starts after that. */
  signal: AbortSignal;
  createEpoch: () => string;
  /** Shows live viewers the deltas of one attempt. A promise means that they are behind. */
  onDeltas: (deltas: readonly NewDelta[], place: RecordedIn) => Promise<void> | void;
}

/** Journals the steps of a loop over a record: a step whose result is recorded is read back, not run again. */
export function createMemoryJournal(options: JournalOptions): Journal {
  const running = new Map<string, Promise<readonly StoredEvent[]>>();
  return createPass(options, running);
}

/**
 * One run of the loop over the record. `running` holds the steps under way, so that another pass joins them
 * instead of starting them again.
 */
export function createPass(
  options: JournalOptions,
  running: Map<string, Promise<readonly StoredEvent[]>>,
  awaited: (step: Promise<readonly StoredEvent[]>) => Durable<readonly StoredEvent[]> = (step) => step,
): Journal {
  const { record } = options;
  const named = new Set<string>();

  const step = <I>(name: string, op: Op<I>, input: I): Durable<readonly StoredEvent[]> => {
    if (named.has(name)) return Promise.reject(usedTwice(name));
    named.add(name);
    const known = recordedResult(record, name);
    if (known !== undefined) return Promise.resolve(known);
    let underWay = running.get(name);
    if (underWay === undefined) {
      underWay = runStep(options, name, op, input).finally(() => running.delete(name));
      running.set(name, underWay);
    }
    return awaited(underWay);
  };
  const all = async <T>(items: readonly Durable<T>[]): Promise<readonly Boxed<T>[]> =>
    await Promise.all(items.map(box));
  return { runId: record.runId, step, all };
}

/** A run that has ended answers every step that is not closed with its closing event, so that the loop unwinds. */
function recordedResult(record: RunRecord, name: string): readonly StoredEvent[] | undefined {
  const result = record.fold.steps.resultOf(name);
  if (result !== undefined) return result;
  const closing: ClosingEvent | undefined = record.closing();
  return closing === undefined ? undefined : [closing];
}

async function runStep<I>(options: JournalOptions, name: string, op: Op<I>, input: I): Promise<readonly StoredEvent[]> {
  options.signal.throwIfAborted();
  await op.run(input, stepInfo(options, name));
  const result = recordedResult(options.record, name);
  if (result === undefined) throw new AgentError("internal", `The op ${op.id} ended without closing the step ${name}.`);
  return result;
}

function stepInfo(options: JournalOptions, name: string): StepInfo {
  const { record, signal, onDeltas, createEpoch } = options;
  const place: RecordedIn = { step: name, epoch: createEpoch(), emitted: 0 };
  return {
    key: `${record.runId}/${name}`,
    epoch: place.epoch,
    signal,
    before: [...record.fold.steps.attemptsAt(name)],
    record: (...events) => record.append(events, place),
    emit: (deltas) => onDeltas(deltas, place),
    nextEpoch: () => stepInfo(options, name),
  };
}

async function box<T>(item: Durable<T>): Promise<Boxed<T>> {
  try {
    return { ok: await item };
  } catch (error) {
    return { err: errorInfo(error) };
  }
}

function usedTwice(name: string): AgentError {
  return new AgentError(
    "internal",
    `The loop used the step name ${name} twice; names come from positions and are unique.`,
  );
}
