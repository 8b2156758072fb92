import { AssertionError, partialDeepStrictEqual } from "node:assert";
import { foldResult, type LedgerEntry, type RunResult, type StoredEvent } from "../event/index.ts";
import { checkEvents } from "./automaton.ts";

/** What can be looked at: a run, or the events of one. It must have ended. */
export type Examined = { readonly record: readonly StoredEvent[] } | readonly StoredEvent[];

/** Assertions about a run that has ended. Each throws an `AssertionError` that says what happened instead. */
export interface RunExpectation {
  /** What the run came to, for assertions of your own. */
  readonly result: RunResult;
  /** The tool was called and its handler ran, or in a replay its result was on record; with `input`, at least once with arguments that hold these. */
  called(tool: string, input?: unknown): RunExpectation;
  calledTimes(tool: string, times: number): RunExpectation;
  notCalled(tool: string): RunExpectation;
  /** The run completed. */
  completed(): RunExpectation;
  /** The run ended so, and not otherwise. */
  ended(status: RunResult["status"]): RunExpectation;
  /** The run completed with this text, or one that has or matches it. */
  answered(text: string | RegExp): RunExpectation;
}

/**
 * Looks at a run that has ended. The rules that every run keeps are checked first: one closing event, every call
 * started, asked, begun and completed in that order.
 * @throws {AssertionError} when the run has not ended or its record breaks a rule.
 */
export function expectRun(examined: Examined): RunExpectation {
  const events = eventsOf(examined);
  const result = foldResult(events);
  if (result === undefined) throw failure("The run has not ended: await run.result() first.");
  const broken = checkEvents(events);
  if (broken.length > 0) throw failure(`The record breaks a rule of every run:\n  ${broken.join("\n  ")}`);
  return expectation(result);
}

function eventsOf(examined: Examined): readonly StoredEvent[] {
  const given: unknown = examined; // tests are often written without types
  if (Array.isArray(given)) return given as readonly StoredEvent[];
  const record = typeof given === "object" && given !== null && "record" in given ? given.record : undefined;
  if (Array.isArray(record)) return record as readonly StoredEvent[];
  throw failure("expectRun takes a run, as agent.stream(…) gives it, or the events of one; a result has no record.");
}

function expectation(result: RunResult): RunExpectation {
  const callsOf = (tool: string): readonly LedgerEntry[] =>
    result.toolCalls.filter((entry) => entry.call.tool === tool && (entry.begun || entry.replayed !== undefined));
  const self: RunExpectation = {
    result,
    called(tool, input) {
      const calls = callsOf(tool);
      if (calls.length === 0) throw failure(`${tool} was not called. ${summary(result)}`);
      if (input !== undefined && !calls.some((entry) => holds(entry.input, input))) {
        throw failure(
          `${tool} was called, but not with this input.`,
          calls.map((entry) => entry.input),
          input,
        );
      }
      return self;
    },
    calledTimes(tool, times) {
      const { length } = callsOf(tool);
      if (length !== times) throw failure(`${tool} was called ${length} times. ${summary(result)}`, length, times);
      return self;
    },
    notCalled(tool) {
      const calls = callsOf(tool);
      if (calls.length > 0)
        throw failure(
          `${tool} was called.`,
          calls.map((entry) => entry.input),
          [],
        );
      return self;
    },
    completed: () => self.ended("completed"),
    ended(status) {
      if (result.status !== status)
        throw failure(`The run did not end ${status}. ${summary(result)}`, result.status, status);
      return self;
    },
    answered(text) {
      self.completed();
      const fits = typeof text === "string" ? result.text.includes(text) : text.test(result.text);
      if (!fits) throw failure("The run completed with another text.", result.text, String(text));
      return self;
    },
  };
  return self;
}

function holds(actual: unknown, expected: unknown): boolean {
  try {
    partialDeepStrictEqual(actual, expected);
    return true;
  } catch {
    return false; // the only thing it throws is that they differ
  }
}

function summary(result: RunResult): string {
  const calls = result.toolCalls.map((entry) => `${entry.call.tool} (${entry.outcome ?? "open"})`).join(", ");
  const why = result.status === "failed" ? `: ${result.error.message}` : "";
  return `The run ended ${result.status}${why}; calls: ${calls === "" ? "none" : calls}.`;
}

function failure(message: string, actual?: unknown, expected?: unknown): AssertionError {
  return new AssertionError({ message, actual, expected });
}
