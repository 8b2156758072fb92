import { AgentError } from "../errors.ts";
import type { Delta, RunEvent } from "../event/index.ts";
import { isDelta } from "../event/index.ts";

/**
 * Turns events into strings whose concatenation is never text that was thrown away. When an attempt at a turn is
 * discarded after some of its text was handed out, the next attempt is compared with it: what is the same is not given
 * again, and what differs cannot be taken back, which is an error.
 */
export interface TextReader {
  /** The text that the event adds; "" when it adds none. */
  read(event: RunEvent): string;
}

/** @throws {AgentError} `text_discarded`, from `read`, when text that was handed out turned out to be void. */
export function createTextReader(): TextReader {
  let handedOut = ""; // of the turn under way, by whichever attempt
  let position = 0; // how much of it the present attempt has confirmed
  let epoch: string | undefined;
  let expected = 0; // `n` of the next delta of the present attempt
  let hasGap = false; // deltas were lost: nothing more until the turn is whole

  const follow = (delta: Delta): void => {
    if (delta.epoch !== epoch) {
      epoch = delta.epoch;
      position = 0;
      expected = 0;
      hasGap = false;
    }
    if (delta.n !== expected) hasGap = true;
    expected = delta.n + 1;
  };
  /** Only what is new is compared, so that a long text is not looked at again for every piece. */
  const add = (text: string): string => {
    const known = handedOut.slice(position, position + text.length);
    if (!text.startsWith(known)) throw discarded(handedOut.length);
    const added = text.slice(known.length);
    position += text.length;
    handedOut += added;
    return added;
  };
  return {
    read(event) {
      if (isDelta(event)) {
        if (!event.step.startsWith("model:")) return "";
        follow(event);
        return event.type === "text.delta" && !hasGap ? add(event.delta) : "";
      }
      if (event.type === "turn.started") handedOut = "";
      if (event.type !== "turn.completed") return "";
      position = 0; // the whole turn is the authority: what a slow reader lost of it is made up for here
      return add(event.message.content);
    },
  };
}

function discarded(length: number): AgentError {
  return new AgentError(
    "text_discarded",
    `The connection broke after ${length} characters of text were handed out, and the next attempt says something else. ` +
      "The run goes on: read run.result(), or iterate the run itself, where turn.retrying says what to drop.",
  );
}
