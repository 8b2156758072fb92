import { type Clock, sleep } from "../clock.ts";
import { createFold, isClosing, type StoredEvent } from "../event/index.ts";
import type { Followed } from "../loop/index.ts";
import type { RunStore } from "../store/index.ts";

const LOOK_EVERY_MS = 100;

/** Reads on in the record of a run that goes on elsewhere. */
export interface Following {
  store: RunStore;
  runId: string;
  clock: Clock;
}

/** Waits until the run has taken the letter. Undefined when it ended without: then it was not said to anybody. */
export async function followFrom(
  following: Following,
  letter: string,
  signal: AbortSignal,
): Promise<Followed | undefined> {
  const events: StoredEvent[] = [];
  const fold = createFold();
  for (;;) {
    for (const event of await newEvents(following, events)) {
      events.push(event);
      fold.add(event);
    }
    if (fold.state.letters?.has(letter) === true) return followed(following, events, letter);
    if (fold.state.closing !== undefined && fold.state.closing.type !== "run.paused") return undefined;
    await sleep(following.clock, LOOK_EVERY_MS, signal);
  }
}

/** The run from the event on by which it took the letter. */
function followed(following: Following, events: readonly StoredEvent[], letter: string): Followed {
  const heardAt = events.findIndex((event) => event.type === "input.injected" && event.letter === letter);
  return {
    events: events.slice(0, heardAt),
    next: (signal) => comingEvents(following, events.slice(heardAt), signal),
  };
}

/** What comes, until the segment has ended. */
async function* comingEvents(
  following: Following,
  first: readonly StoredEvent[],
  signal: AbortSignal,
): AsyncGenerator<readonly StoredEvent[]> {
  let last = first;
  for (let events = first; ; events = await newEvents(following, last)) {
    if (events.length > 0) {
      last = events;
      yield events;
    }
    if (events.some(isClosing)) return;
    if (events.length === 0) await sleep(following.clock, LOOK_EVERY_MS, signal);
  }
}

async function newEvents({ store, runId }: Following, known: readonly StoredEvent[]): Promise<readonly StoredEvent[]> {
  const { events } = await store.read(runId, { after: known.at(-1)?.seq ?? -1 });
  return events;
}
