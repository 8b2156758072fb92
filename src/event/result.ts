import type { ErrorInfo } from "../errors.ts";
import type { Citation, Cost, FinishReason, Message, RunUsage } from "../message/index.ts";
import { pairMessages } from "../message/index.ts";
import type { ArtifactReader } from "./artifact.ts";
import type { LimitUse } from "./base.ts";
import { withoutInstructions } from "./compaction.ts";
import type { StoredEvent } from "./event.ts";
import { createFold } from "./fold.ts";
import type { ClosingEvent, RunCompletedEvent, WaitingCall } from "./run-events.ts";
import { totalCost } from "./spending.ts";
import type { LedgerEntry, RunState } from "./state.ts";
import type { TaintSource } from "./taint.ts";

/** What a run came to, told apart by `status`. Plain JSON: a fold of the record. */
export type RunResult<Output = unknown> =
  | CompletedResult<Output>
  | PausedResult
  | LimitedResult<Output>
  | CancelledResult
  | FailedResult;

/** What a result can do in the process that ran it. Not enumerable: the result itself stays plain data. */
export interface Reporting extends ArtifactReader {
  /**
   * The evidence as a Markdown report: each claim with its source, the call that found it, the query and the cost, with
   * footnotes at the places of the citations.
   */
  report(): string;
}

export interface RunResultBase {
  runId: string;
  agent: string;
  /** Text of the last whole turn; "" when there was none. Only a completed run makes it an answer. */
  text: string;
  /**
   * The conversation as the model has it, but the agent's instructions, ready to be the `messages` of another run: every call has its
   * result. Where it was compacted, this is what is left; the record holds all of it.
   */
  messages: readonly Message[];
  /** Every tool call in call order, with its input and how it ended. */
  toolCalls: readonly LedgerEntry[];
  /** What the answer rests on, in the order of the text of the turns. */
  citations: readonly (Citation & { turn: number })[];
  /** Of all attempts, failed and retried ones included. */
  usage: RunUsage;
  cost: Cost;
  turns: number;
  /** The conversation's id: hand it on with `messages`, so that xAI's prompt cache is read. */
  conversation: string;
  /** The model asked for, and the one that answered last. */
  model: string;
  servedModel?: string;
  finishReason?: FinishReason;
  /** A simulator answered, not a model. */
  simulated: boolean;
  /** How text from outside has entered the run; empty where, as far as is known, none has. */
  taint: readonly TaintSource[];
  warnings: readonly { code: string; message: string }[];
}

export interface CompletedResult<Output = unknown> extends RunResultBase {
  status: "completed";
  /**
   * The last answer as the agent's `output` schema gives it out, as JSON: dates are texts, and so on. Undefined, and no key
   * of the result, where the agent has no such schema.
   */
  output: Output;
}

/** Waits for somebody, and has left the process: `resume` carries it on. */
export interface PausedResult extends RunResultBase {
  status: "paused";
  waiting: readonly WaitingCall[];
}

/** Stopped at a limit, with the work kept: `resume` with a higher one goes on. */
export interface LimitedResult<Output = unknown> extends RunResultBase, LimitUse {
  status: "limited";
  /**
   * A last turn was spent on an answer (`onLimit: "answer"`), and `text` is it. Absent where it gave none: it was cut short, said nothing,
   * asked for calls, or does not fit the agent's `output`.
   */
  answered?: true;
  /** That answer as the agent's `output` schema gives it out, as JSON. No key of the result where there is none. */
  output?: Output;
}

export interface CancelledResult extends RunResultBase {
  status: "cancelled";
  reason: string;
}

export interface FailedResult extends RunResultBase {
  status: "failed";
  error: ErrorInfo;
}

/** The result a record says, or undefined while the run is open. */
export function foldResult(events: readonly StoredEvent[]): RunResult | undefined {
  return resultOf(createFold(events).state);
}

/** The result a state says, or undefined while the run is open. */
export function resultOf(state: RunState): RunResult | undefined {
  const { closing } = state;
  return closing === undefined ? undefined : withStatus(baseOf(state), closing);
}

function withStatus(base: RunResultBase, closing: ClosingEvent): RunResult {
  switch (closing.type) {
    case "run.completed":
      return completedResult(base, closing);
    case "run.limited": {
      const { limit, used, max, tool, needed, answered, output } = closing;
      const limited: LimitedResult = { ...base, status: "limited", limit, used, max };
      if (needed !== undefined) limited.needed = needed;
      if (answered !== undefined) limited.answered = answered;
      if (output !== undefined) limited.output = output;
      return tool === undefined ? limited : { ...limited, tool };
    }
    case "run.paused":
      return { ...base, status: "paused", waiting: closing.waiting };
    case "run.cancelled":
      return { ...base, status: "cancelled", reason: closing.reason };
    case "run.failed":
      return { ...base, status: "failed", error: closing.error };
    default:
      return closing satisfies never;
  }
}

function completedResult(base: RunResultBase, { text, output }: RunCompletedEvent): CompletedResult {
  const result = { ...base, status: "completed", text } as const;
  // The key is left out where there is no output: reading it then gives undefined, which is what its type says.
  return output === undefined ? (result as CompletedResult) : { ...result, output };
}

/** The next run brings instructions of its own. */
function ownMessages({ messages, started, resumed }: RunState): readonly Message[] {
  return withoutInstructions(messages, resumed?.instructions ?? started?.instructions);
}

function baseOf(state: RunState): RunResultBase {
  const base: RunResultBase = {
    runId: state.closing?.runId ?? "",
    agent: state.started?.agent ?? "",
    text: state.lastTurn?.message.content ?? "",
    messages: pairMessages(ownMessages(state)).messages,
    toolCalls: state.calls,
    citations: state.citations,
    usage: state.usage,
    cost: totalCost(state),
    turns: state.turn,
    conversation: state.started?.conversation ?? "",
    model: state.resumed?.model ?? state.started?.model ?? "",
    simulated: state.simulated,
    taint: state.taint,
    warnings: state.warnings,
  };
  if (state.lastTurn?.servedModel !== undefined) base.servedModel = state.lastTurn.servedModel;
  if (state.lastTurn !== undefined) base.finishReason = state.lastTurn.finishReason;
  return base;
}
