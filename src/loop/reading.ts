import type { Reporting, RunEvent, RunResult } from "../event/index.ts";
import type { PartialAnswer } from "../output/index.ts";
import type { Reader } from "./outbox.ts";
import { partialsOf } from "./partials.ts";
import { runError } from "./run-error.ts";
import { createTextReader, type TextReader } from "./text.ts";

/** What reading as text, or as partial answers, needs of the run. */
export interface TextRun {
  /** Lets the run go on without this reader. */
  detach(): void;
  result(): Promise<RunResult & Reporting>;
  cause(): unknown;
}

/** The events of a run as they came together. */
export function eachBatch(reader: Reader, leave: () => Promise<void>): AsyncIterableIterator<readonly RunEvent[]> {
  return leaving(allBatches(reader), leave);
}

async function* allBatches(reader: Reader): AsyncGenerator<readonly RunEvent[]> {
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) yield batch;
}

/** A generator that was never begun runs none of its code when it is left: the leaving is done around it. */
function leaving<T>(generator: AsyncGenerator<T>, leave: () => Promise<void>): AsyncIterableIterator<T> {
  return {
    next: () => generator.next(),
    async return() {
      const left = generator.return(undefined);
      await leave();
      await left;
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** By hand and not as a generator: one promise an event is all it costs, and while it waits no async function stands still. */
export function eachEvent(reader: Reader, leave: () => Promise<void>): AsyncIterableIterator<RunEvent> {
  let batch: readonly RunEvent[] = [];
  let position = 0;
  let isOver = false;
  let reading: Promise<void> | undefined;
  const keep = (events: readonly RunEvent[] | undefined): void => {
    reading = undefined;
    if (events === undefined) isOver = true;
    else if (!isOver) {
      batch = events;
      position = 0;
    }
  };
  const take = (): IteratorResult<RunEvent, undefined> | undefined => {
    const value = batch[position];
    if (value === undefined) return isOver ? { value, done: true } : undefined;
    position += 1;
    return { value, done: false };
  };
  const takeLater = (): Promise<IteratorResult<RunEvent, undefined>> => {
    // Whoever asks while a read is under way waits for the same one: no event is lost, and the order holds.
    reading ??= reader.next().then(keep);
    return reading.then(() => take() ?? takeLater());
  };
  return {
    next() {
      const taken = take();
      return taken === undefined ? takeLater() : Promise.resolve(taken);
    },
    async return() {
      const wasOver = isOver;
      isOver = true;
      batch = [];
      if (!wasOver) await leave();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The strings of a run, and its failure at the end. */
export function eachString(events: AsyncIterableIterator<RunEvent>, run: TextRun): AsyncIterableIterator<string> {
  return leaving(eachText(events, run), async () => void (await events.return?.()));
}

async function* eachText(events: AsyncIterable<RunEvent>, run: TextRun): AsyncGenerator<string> {
  const text = createTextReader();
  for await (const event of events) {
    const added = readText(text, event, run.detach);
    if (added !== "") yield added;
  }
  await failUnlessCompleted(run);
}

/** The answers of a run as they grow, and its failure at the end. */
export function eachPartial(
  batches: AsyncIterableIterator<readonly RunEvent[]>,
  begin: () => PartialAnswer,
  run: TextRun,
): AsyncIterableIterator<unknown> {
  return leaving(allPartials(batches, begin, run), async () => void (await batches.return?.()));
}

async function* allPartials(
  batches: AsyncIterable<readonly RunEvent[]>,
  begin: () => PartialAnswer,
  run: TextRun,
): AsyncGenerator<unknown> {
  yield* partialsOf(batches, begin);
  await failUnlessCompleted(run);
}

async function failUnlessCompleted(run: TextRun): Promise<void> {
  const ended = await run.result();
  if (ended.status !== "completed") throw runError(ended, run.cause());
}

/** Text that cannot be taken back ends the reading, not the run. */
function readText(text: TextReader, event: RunEvent, detach: () => void): string {
  try {
    return text.read(event);
  } catch (error) {
    detach();
    throw error;
  }
}
