import type { Delta, RunEvent } from "../event/index.ts";
import { isDelta } from "../event/index.ts";
import type { PartialAnswer } from "../output/index.ts";

/**
 * Turns events into answers that are still being written. Every turn and every new attempt at one begins anew: what a void
 * attempt showed is let go of.
 */
export interface PartialReader {
  /** What there is of the present answer; undefined while there is nothing. */
  readonly value: unknown;
  /** True when the event adds something to it. */
  read(event: RunEvent): boolean;
}

export function createPartialReader(begin: () => PartialAnswer): PartialReader {
  let answer = begin();
  let epoch: string | undefined;
  let length = 0; // how much of the text was read, without a gap
  let expected = 0; // `n` of the next delta of the present attempt
  let hasGap = false; // deltas were lost: nothing more until the turn is whole

  const restart = (of: string | undefined): void => {
    answer = begin();
    epoch = of;
    length = 0;
    expected = 0;
    hasGap = false;
  };
  const follow = (delta: Delta): void => {
    if (delta.epoch !== epoch) restart(delta.epoch);
    if (delta.n !== expected) hasGap = true;
    expected = delta.n + 1;
  };
  const add = (text: string): boolean => {
    length += text.length;
    return answer.push(text);
  };
  return {
    get value() {
      return answer.value;
    },
    read(event) {
      if (isDelta(event)) {
        if (!event.step.startsWith("model:")) return false;
        follow(event);
        return event.type === "text.delta" && !hasGap && add(event.delta);
      }
      if (event.type !== "turn.completed") return false;
      if (event.epoch !== epoch) restart(event.epoch);
      return add(event.message.content.slice(length)); // what a slow reader lost of it is made up for here
    },
  };
}

/** The answers of a run as they grow: one for each batch that adds something, and one for each turn that does so last. */
export async function* partialsOf(
  batches: AsyncIterable<readonly RunEvent[]>,
  begin: () => PartialAnswer,
): AsyncGenerator<unknown> {
  const reader = createPartialReader(begin);
  for await (const batch of batches) {
    let isTold = true;
    for (const event of batch) {
      if (reader.read(event)) isTold = false;
      if (isTold || event.type !== "turn.completed") continue;
      isTold = true;
      yield reader.value;
    }
    if (!isTold && reader.value !== undefined) yield reader.value;
  }
}
