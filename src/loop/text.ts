import { AgentError } from "../errors.ts";
import type { RunEvent } from "../event/index.ts";

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
  let attempt = ""; // of the present attempt
  let epoch: string | undefined;

  const advance = (text: string): string => {
    attempt += text;
    if (attempt.length <= handedOut.length) {
      if (!handedOut.startsWith(attempt)) throw discarded(handedOut);
      return "";
    }
    if (!attempt.startsWith(handedOut)) throw discarded(handedOut);
    const added = attempt.slice(handedOut.length);
    handedOut = attempt;
    return added;
  };
  return {
    read(event) {
      if (event.type === "turn.started") {
        handedOut = "";
        attempt = "";
        return "";
      }
      if (event.type === "text.delta") {
        if (event.epoch !== epoch) attempt = "";
        epoch = event.epoch;
        return handedOut === attempt ? append(event.delta) : advance(event.delta);
      }
      if (event.type !== "turn.completed") return "";
      attempt = ""; // the whole turn is the authority: deltas that a slow reader lost are made up for here
      return advance(event.message.content);
    },
  };

  /** The ordinary case: nothing was discarded, so nothing need be compared. */
  function append(delta: string): string {
    attempt += delta;
    handedOut = attempt;
    return delta;
  }
}

function discarded(handedOut: string): AgentError {
  return new AgentError(
    "text_discarded",
    `The connection broke after ${handedOut.length} characters of text were handed out, and the next attempt says something else. ` +
      "The run goes on: read run.result(), or iterate the run itself, where turn.retrying says what to drop.",
  );
}
