import type { ErrorInfo } from "../errors.ts";
import type {
  ContentPart,
  Effect,
  InputIssue,
  Outcome,
  Source,
  TimingBasis,
  ToolCall,
  Visibility,
} from "../message/index.ts";
import type { Artifact } from "./artifact.ts";
import type { EventBase } from "./base.ts";
import type { TaintSource } from "./taint.ts";

export interface ToolStartedEvent extends EventBase {
  type: "tool.started";
  call: ToolCall;
}

export interface ToolInputEvent extends EventBase {
  type: "tool.input";
  call: ToolCall;
  /** Why the input does not fit the tool; absent when it does. */
  issues?: readonly InputIssue[];
  /** The call of this turn that the server sent again, word for word: only that one is carried out. */
  duplicateOf?: string;
}

/** Of our own tools: on the record before the handler runs. Of server tools: what the server says it is doing. */
export interface ToolExecutingEvent extends EventBase {
  type: "tool.executing";
  call: ToolCall;
  /** From 1; server tools have one. */
  attempt: number;
  /** The server's word for where it is, such as `searching`. */
  phase?: string;
  /** What the tool declared; absent when it declared nothing. */
  effect?: Effect;
}

export interface ToolCompletedEvent extends EventBase {
  type: "tool.completed";
  call: ToolCall;
  outcome: Outcome;
  /** What the handler returned, as JSON. Only with outcome `ok`, and without `outputArtifact`. */
  output?: unknown;
  /** Where that is, when it is larger than the tool's `maxStoredBytes`: beside the record. */
  outputArtifact?: Artifact;
  visibility: Visibility;
  /** What the model is told, or shown: images and files stand beside text. */
  content: string | readonly ContentPart[];
  /** The full error, for people; absent with outcome `ok`. */
  error?: ErrorInfo;
  /** Absent when the handler did not run. */
  durationMs?: number;
  timing: TimingBasis;
  /** What the call found, where it is known. Absent is not the same as empty. */
  sources?: readonly Source[];
  /** The result is text from outside: the run is tainted from here on. Server tools taint it without this. */
  external?: TaintSource;
  /** The call of the replayed run whose result this is: here no handler ran. */
  replayed?: string;
}

/**
 * A handler came to its end after its call was answered for: its time was up, or the run was stopped. Evidence of what it did,
 * which changes nothing else: the model is not told, and no fold reads it. It may stand behind the closing event.
 */
export interface ToolLateEvent extends EventBase {
  type: "tool.late";
  call: ToolCall;
  outcome: "ok" | "error";
  /** What the handler returned, as JSON. Only with outcome `ok`, and without `outputArtifact`. */
  output?: unknown;
  outputArtifact?: Artifact;
  /** The full error, for people. With outcome `ok`: why the output could not be kept. */
  error?: ErrorInfo;
  /** Milliseconds that the handler ran in all. */
  durationMs: number;
}
