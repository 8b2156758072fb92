import type { Durable, Journal } from "./journal.ts";
import { createPass, createUnderWay, type JournalOptions, type UnderWay } from "./memory.ts";

/**
 * Drives a loop so that every await on a step that had to run replays the loop from the top: the pass that waited is
 * abandoned, and a new one reads the step's result from the record. A loop that is not deterministic, or that keeps
 * anything between two awaits that the record does not hold, behaves differently here. For tests.
 */
export async function alwaysReplay(options: JournalOptions, loop: (journal: Journal) => Promise<void>): Promise<void> {
  const running = createUnderWay();
  for (;;) {
    const pass = startPass(options, running, loop);
    if ((await Promise.race([pass.finished, pass.suspended])) === "finished") return;
  }
}

interface Pass {
  finished: Promise<"finished">;
  /** Settles when the first step that this pass waits for has its result. */
  suspended: Promise<"suspended">;
}

function startPass(
  options: JournalOptions,
  running: UnderWay,
  loop: (journal: Journal) => Promise<void>,
): Pass {
  const { promise: suspended, resolve, reject } = Promise.withResolvers<"suspended">();
  // The abandoned pass must never go on: what it waits for settles for the driver alone.
  const abandon = (work: Promise<unknown>): Durable<never> => {
    work.then(() => resolve("suspended"), reject);
    return new Promise(() => {});
  };
  const journal = createPass(options, running, abandon);
  const finished = loop(journal).then((): "finished" => "finished");
  suspended.catch(() => {}); // the race reads it; a rejection after the race is over has been reported by the step itself
  return { finished, suspended };
}
