import { AgentError } from "../errors.ts";
import type { CompletedResult, Reporting, RunEvent, RunResult, StoredEvent } from "../event/index.ts";
import { checkUserMessage, type UserMessage } from "../message/index.ts";
import type { PartialAnswer, PartialOutput } from "../output/index.ts";
import { saidHere } from "../tool/index.ts";
import type { Delivery } from "./inbox.ts";
import type { Outbox, Reader } from "./outbox.ts";
import { eachBatch, eachEvent, eachPartial, eachString } from "./reading.ts";
import { runError } from "./run-error.ts";

/**
 * A run under way. It starts at the call and can be read once: as events, batches of events, text or partial answers;
 * leaving the loop early cancels it. It is ahead of its reader by at most the buffer, so a run that nobody reads waits there:
 * call `result()` to let it go on alone.
 */
export interface Run<Output = unknown> extends AsyncIterable<RunEvent> {
  readonly id: string;
  /** What is on record so far, in a run that was resumed also what came before. The array grows while the run goes on. */
  readonly record: readonly StoredEvent[];
  /** Settles once, never rejects. Lets the run go on without a reader; one that lags then loses deltas, nothing else. */
  result(): Promise<RunResult<Output> & Reporting>;
  /**
   * The answer as it grows, of an agent with `output`: the same object each time, one more reading of it for each batch that
   * added something. Copy it (`structuredClone`) to keep it as it was. A retry, a correction and a further answer begin with a
   * new object. What is complete and checked is the `output` of the result.
   * @throws {AgentError} `invalid_option` when the agent has no `output`.
   * @throws {RunError} at the end, when the run does not complete.
   */
  partialOutputs(): AsyncIterable<PartialOutput<Output>>;
  /**
   * The text as it comes, of all turns, as strings.
   * @throws {RunError} at the end, when the run does not complete.
   * @throws {AgentError} `text_discarded` when text already handed out was void and cannot be taken back.
   */
  text(): AsyncIterable<string>;
  /** The events as they arrive together: for readers that handle many at a time. */
  batches(): AsyncIterable<readonly RunEvent[]>;
  /** Further readers, who never hold up or cancel the run. `after`: only what follows that `seq`. Default: all. */
  events(options?: { after?: number }): AsyncIterable<RunEvent>;
  /** Stops the run. Resolves with what it came to; after its end, with the result it has. */
  cancel(reason?: unknown): Promise<RunResult<Output> & Reporting>;
  /**
   * Adds a message before the next turn. Resolves when it was delivered, or says that the run had ended.
   * @throws {AgentError} `invalid_message` when it is no user message that says something.
   */
  steer(message: string | UserMessage): Promise<Delivery>;
  /** Adds a message for the moment the run would otherwise be done. */
  followUp(message: string | UserMessage): Promise<Delivery>;
  /** Lets the reader leave without cancelling the run. */
  detach(): void;
}

/** What a `Run` is a handle of. */
export interface RunParts {
  id: string;
  record: readonly StoredEvent[];
  /** The `seq` behind which the owner's reader begins: what was on record before is no news. */
  after: number;
  outbox: Outbox;
  settled: Promise<RunResult & Reporting>;
  /** Begins to read an answer; absent where the agent has no `output`. */
  readAnswer?: (() => PartialAnswer) | undefined;
  /** Aborted when the run is stopped, by whomever: nothing may then wait for a reader. */
  stopped: AbortSignal;
  /** What was thrown where the run failed, for the error's `cause`. */
  cause: () => unknown;
  cancel: (reason: unknown) => void;
  steer: (message: UserMessage) => Promise<Delivery>;
  followUp: (message: UserMessage) => Promise<Delivery>;
}

export function createRun(parts: RunParts): Run {
  const { outbox, settled } = parts;
  // The owner's queue exists from the start, so that a reader who comes a little later misses nothing.
  const owned = outbox.read({ after: parts.after, blocking: true });
  parts.stopped.addEventListener("abort", owned.beLossy);
  let isTaken = false;
  let isDetached = false;

  const takeOwned = (): Reader => {
    if (isTaken) throw readTwice(parts.id);
    isTaken = true;
    return owned;
  };
  const cancel = (reason: unknown): Promise<RunResult & Reporting> => {
    owned.beLossy();
    parts.cancel(reason);
    return settled;
  };
  const leave = async (): Promise<void> => {
    owned.close();
    if (!isDetached) await cancel("the reader left");
  };
  const detach = (): void => {
    isDetached = true;
    owned.beLossy();
  };
  const result = (): Promise<RunResult & Reporting> => {
    owned.beLossy();
    return settled;
  };
  const asText = { detach, result, cause: parts.cause };
  const run: Run = {
    id: parts.id,
    record: parts.record,
    result,
    cancel,
    [Symbol.asyncIterator]: () => eachEvent(takeOwned(), leave),
    batches: () => ({ [Symbol.asyncIterator]: () => eachBatch(takeOwned(), leave) }),
    text: () => ({
      [Symbol.asyncIterator]: () => eachString(eachEvent(takeOwned(), leave), asText),
    }),
    partialOutputs() {
      const begin = parts.readAnswer;
      if (begin === undefined) throw withoutOutput(parts.id);
      return { [Symbol.asyncIterator]: () => eachPartial(eachBatch(takeOwned(), leave), begin, asText) };
    },
    events({ after = -1 } = {}) {
      return {
        [Symbol.asyncIterator]() {
          const reader = outbox.read({ after, blocking: false });
          return eachEvent(reader, async () => reader.close());
        },
      };
    },
    steer: async (message) => parts.steer(asUserMessage(message)),
    followUp: async (message) => parts.followUp(asUserMessage(message)),
    detach,
  };
  causes.set(run, parts.cause);
  return run;
}

/** Resolves with a completed result and rejects with everything else, so that the short form is never silently wrong. */
export async function completed<Output>(run: Run<Output>): Promise<CompletedResult<Output> & Reporting> {
  const result = await run.result();
  if (result.status === "completed") return result;
  throw runError(result, causes.get(run)?.());
}

/** What was thrown in a run, for the `cause` of its error: not part of the handle, since it is not on the record. */
const causes = new WeakMap<Run, () => unknown>();

function asUserMessage(message: string | UserMessage): UserMessage {
  const given = typeof message === "string" ? { role: "user", content: message } : message;
  checkUserMessage(given, "The message");
  return saidHere(given);
}

function withoutOutput(id: string): AgentError {
  return new AgentError(
    "invalid_option",
    `The run ${id} has no partial outputs: its agent answers in text. Give createAgent({ output: schema }), or read run.text().`,
  );
}

function readTwice(id: string): AgentError {
  return new AgentError(
    "already_read",
    `The run ${id} is being read already: it can be iterated once, as events, batches(), text() or partialOutputs(). ` +
      "For another reader use run.events(); for what the run came to, run.result().",
  );
}
