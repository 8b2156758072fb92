import type { ErrorInfo } from "../errors.ts";
import type { Message, UserMessage } from "../message/index.ts";
import type { EventBase, LimitName, RunLimits } from "./base.ts";

export interface RunStartedEvent extends EventBase {
  type: "run.started";
  agent: string;
  /** The model asked for. */
  model: string;
  api: string;
  /** Names of the tools offered, in the order they are sent. */
  tools: readonly string[];
  /** What the agent's instructions came to in this run; sent as a system message before all others. */
  instructions?: string;
  /** History and input: what the run starts from. */
  messages: readonly Message[];
  limits: RunLimits;
  conversation: string;
}

/** A segment of the record ends with exactly one closing event. */
export interface RunCompletedEvent extends EventBase {
  type: "run.completed";
  text: string;
}

export interface RunFailedEvent extends EventBase {
  type: "run.failed";
  error: ErrorInfo;
}

export interface RunCancelledEvent extends EventBase {
  type: "run.cancelled";
  reason: string;
}

export interface RunLimitedEvent extends EventBase {
  type: "run.limited";
  limit: LimitName;
  used: number;
  max: number;
}

/** A message given to a running agent has reached its conversation. */
export interface InputInjectedEvent extends EventBase {
  type: "input.injected";
  as: "steer" | "follow_up";
  message: UserMessage;
}

/** 80 % of a limit is used. Once a limit. */
export interface LimitWarningEvent extends EventBase {
  type: "limit.warning";
  limit: LimitName;
  used: number;
  max: number;
}

export interface WarningEvent extends EventBase {
  type: "warning";
  code: string;
  message: string;
}

/** Something on the wire that we do not know: kept whole, never dropped. */
export interface WireEvent extends EventBase {
  type: "wire";
  item: unknown;
}

/** An event that ends a segment of a run. */
export type ClosingEvent = RunCompletedEvent | RunFailedEvent | RunCancelledEvent | RunLimitedEvent;
