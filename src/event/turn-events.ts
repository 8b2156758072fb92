import type { ErrorInfo } from "../errors.ts";
import type { AssistantMessage, Cost, FinishReason, InputIssue, Usage } from "../message/index.ts";
import type { EventBase, LimitUse } from "./base.ts";

export interface TurnStartedEvent extends EventBase {
  type: "turn.started";
  /** A limit is reached: the turn is the last, and the model is offered no tool. */
  final?: true;
  /** Which one, and how much of it was used before this turn; with `final`. */
  limit?: LimitUse;
}

/** What a failed attempt at a turn leaves behind. */
export interface FailedAttempt {
  error: ErrorInfo;
  /** The attempt that failed, from 1. */
  attempt: number;
  /** Characters of text and reasoning that viewers saw of it and must drop. */
  discarded: { text: number; reasoning: number };
  /** What the attempt used, when the server said so before it failed. */
  usage?: Usage;
  cost?: Cost;
  /** A simulator answered, not a model. */
  simulated?: true;
}

/**
 * An attempt at the turn failed and another follows after `delayMs`: what the attempt showed is void. In a step that makes the
 * conversation shorter (`compact:3.summary`) it is an attempt at that, which showed nothing.
 */
export interface TurnRetryingEvent extends EventBase, FailedAttempt {
  type: "turn.retrying";
  delayMs: number;
}

/** The last attempt at the turn failed, or was cancelled: what it showed is void. The run ends. */
export interface TurnFailedEvent extends EventBase, FailedAttempt {
  type: "turn.failed";
}

/** Milliseconds on the monotonic clock, from the sending of the request. */
export interface TurnTiming {
  totalMs: number;
  /** First text, reasoning or tool call; absent when the turn had none. */
  firstDeltaMs?: number;
}

export interface TurnCompletedEvent extends EventBase {
  type: "turn.completed";
  message: AssistantMessage;
  finishReason: FinishReason;
  /** The answer as the agent's `output` schema gives it out, as JSON. Absent without a schema, or where it does not fit. */
  output?: unknown;
  /** Why the answer does not fit the agent's `output` schema; absent when it does. */
  outputIssues?: readonly InputIssue[];
  /** The server's own word for it, where ours says less. */
  wireFinishReason?: string;
  /** Absent when the server did not report it. */
  usage?: Usage;
  cost: Cost;
  timing: TurnTiming;
  requestedModel: string;
  servedModel?: string;
  responseId?: string;
  requestId?: string;
  systemFingerprint?: string;
  serviceTier?: string;
  /** The attempt that succeeded, from 1. */
  attempt: number;
  /** A simulator answered, not a model. */
  simulated?: true;
  /** Turns the server took by itself, as far as its items show. */
  serverTurns?: number;
}
