import type { ErrorInfo } from "../errors.ts";
import type { Citation, Message, Protection, Source, UserMessage } from "../message/index.ts";
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
  /** The answer as the agent's `output` schema gives it out, as JSON; absent where the agent has none. */
  output?: unknown;
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
  /** The tool whose call was repeated, with the limit `repeatedCall`. */
  tool?: string;
}

/**
 * A message has reached the conversation of a running agent: one given to it (`steer`, `follow_up`), or one that tells the
 * model why its answer does not fit the output schema (`correction`).
 */
export interface InputInjectedEvent extends EventBase {
  type: "input.injected";
  as: "steer" | "follow_up" | "correction";
  message: UserMessage;
}

/** 80 % of a limit is used: once a limit. Of `repeatedCall`: as many turns in a row as `loopDetector.warnAt` says. */
export interface LimitWarningEvent extends EventBase {
  type: "limit.warning";
  limit: LimitName;
  used: number;
  max: number;
  /** The tool whose call is repeated, with the limit `repeatedCall`. */
  tool?: string;
}

export interface WarningEvent extends EventBase {
  type: "warning";
  code: string;
  message: string;
}

/** The answer rests on a source, at one place of its text. Once for each source and place. */
export interface CitationEvent extends EventBase, Citation {
  type: "citation";
}

/** A source that the agent's own search policy does not allow was cited. */
export interface PolicyViolationEvent extends EventBase {
  type: "policy.violation";
  /** The tool and the option that were broken, such as `web_search.allowedDomains`. */
  rule: string;
  source: Source;
  message: string;
}

/** The request does not begin as the one before in its conversation did, so that the server's prompt cache cannot be read. */
export interface CacheMissedEvent extends EventBase {
  type: "cache.missed";
  /** The first byte of the request body that differs. */
  firstDifference: number;
  /** The bytes around it, before and now. */
  before: string;
  now: string;
}

/** The client protected itself or the server at a request of this turn: waits, refusals, and other ways that were taken. */
export interface ProtectionEvent extends EventBase, Protection {
  type: "protection";
}

/** Something on the wire that we do not know: kept whole, never dropped. */
export interface WireEvent extends EventBase {
  type: "wire";
  item: unknown;
}

/** An event that ends a segment of a run. */
export type ClosingEvent = RunCompletedEvent | RunFailedEvent | RunCancelledEvent | RunLimitedEvent;
