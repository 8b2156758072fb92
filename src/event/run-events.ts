import type { ErrorInfo } from "../errors.ts";
import type { Citation, Cost, Message, Protection, Source, Usage, UserMessage } from "../message/index.ts";
import type { ApprovalReason } from "./approval-events.ts";
import type { EventBase, LimitUse, RunLimits } from "./base.ts";
import type { TaintSource } from "./taint.ts";
import type { FailedAttempt } from "./turn-events.ts";

export interface RunStartedEvent extends EventBase {
  type: "run.started";
  /** Of the form of the record, `RECORD_VERSION` when it was written. Absent only in records from before there were versions. */
  version?: number;
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
  /** What the run is made of: it is carried on only with the same, unless somebody says otherwise. */
  fingerprint?: Fingerprint;
  /** Sampling and the like of this run, over the agent's own. */
  settings?: Readonly<Record<string, unknown>>;
  /** Only tools that change nothing run. */
  effects?: "rehearse";
  /** What happens at a limit, where the run itself was told. */
  onLimit?: "stop" | "answer";
  /** How text from outside had come in before the run began. Absent: as far as is known, none had. */
  taint?: readonly TaintSource[];
  /** The run whose conversation this one continues. */
  continues?: string;
  /** The run that this one branches from, and how many of its messages it keeps. */
  branch?: { runId: string; messages: number };
  /** The run that is played again, with the results of its tools. */
  replays?: string;
}

/** SHA-256 of what a run is made of, in hex; the model by its name. */
export interface Fingerprint {
  /** Its name. */
  model: string;
  /** What the model is told of the tools, in order, and what they do to the world. */
  tools: string;
  /** Of instructions given as a text; those that a function gives are asked once a run. Absent: there are none of the kind. */
  instructions?: string;
  /** Of the schema that answers must fit. Absent: any text. */
  output?: string;
}

/** The run goes on, in this process or in another: what comes now continues the record. */
export interface RunResumedEvent extends EventBase {
  type: "run.resumed";
  /** The same for what comes from here on, where another version of fairwitness carries the run on. */
  version?: number;
  /** From now on. */
  model: string;
  api: string;
  limits: RunLimits;
  /** What happens at a limit from now on, where the run itself was told. */
  onLimit?: "stop" | "answer";
  /** Of what goes on; absent where the run began without one. */
  fingerprint?: Fingerprint;
  /** The parts of the fingerprint that are others than before, and were let pass. */
  changed?: readonly string[];
  /** The instructions from now on, when they are others than before. */
  instructions?: string;
}

/** A call that waits for a decision. */
export interface WaitingCall {
  callId: string;
  tool: string;
  reason: ApprovalReason;
  request: string;
}

/** The run waits for somebody and has left the process: `resume` carries it on. */
export interface RunPausedEvent extends EventBase {
  type: "run.paused";
  waiting: readonly WaitingCall[];
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
  /** The letter in the store's inbox that asked for it. */
  letter?: string;
}

export interface RunLimitedEvent extends EventBase, LimitUse {
  type: "run.limited";
  /**
   * A last turn was spent on an answer, and it gave one (`onLimit: "answer"`). Absent where it did not: it was cut short, said nothing,
   * asked for calls, or does not fit the agent's `output`.
   */
  answered?: true;
  /** That answer as the agent's `output` schema gives it out, as JSON; absent where the agent has none. */
  output?: unknown;
}

/**
 * A message has reached the conversation of a running agent: one given to it (`steer`, `follow_up`), or one that tells the
 * model what is wrong with its answer (`correction`), or that a limit is reached and this turn is its last (`limit`; also that a run
 * which was resumed has room again).
 */
export interface InputInjectedEvent extends EventBase {
  type: "input.injected";
  as: "steer" | "follow_up" | "correction" | "limit";
  message: UserMessage;
  /** The letter in the store's inbox that it came by, from another process. */
  letter?: string;
}

/** 80 % of a limit is used: once a limit. Of `repeatedCall` and `noProgress`: as many turns in a row as `loopDetector.warnAt` says. */
export interface LimitWarningEvent extends EventBase, LimitUse {
  type: "limit.warning";
}

export interface WarningEvent extends EventBase {
  type: "warning";
  code: string;
  message: string;
  /** The request that failed, where the warning is about one that was not for a turn: what it used is counted. */
  failed?: FailedAttempt;
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

/**
 * The conversation became shorter for the model; the record keeps all of it. Applied in this order: results get shorter texts, then
 * the messages from `from` on, `count` of them, give way to `messages`. It closes its step (`compact:3.summary`), as a `warning` with the
 * code `compaction_failed` does where nothing came of it.
 */
export interface ContextCompactedEvent extends EventBase {
  type: "context.compacted";
  /** `tool_outputs`: old results gave way to summaries. `xai`: xAI wrote an opaque item. `summary`: a model wrote a text. */
  method: "tool_outputs" | "xai" | "summary";
  /** Tokens of the conversation and the tools: as reported, with an estimate of what was added since, and an estimate of what is left. */
  beforeTokens: number;
  afterTokens: number;
  /** What results of calls say from now on, by call id. */
  results?: Readonly<Record<string, string>>;
  from?: number;
  count?: number;
  messages?: readonly Message[];
  /** What it took, where a model or xAI was asked. Both are absent where nobody was. */
  usage?: Usage;
  cost?: Cost;
  /** Who was asked. */
  servedModel?: string;
  /** A simulator answered. */
  simulated?: true;
}

/** Something on the wire that we do not know: kept whole, never dropped. */
export interface WireEvent extends EventBase {
  type: "wire";
  item: unknown;
}

/** An event that ends a segment of a run. */
export type ClosingEvent = RunPausedEvent | RunCompletedEvent | RunFailedEvent | RunCancelledEvent | RunLimitedEvent;
