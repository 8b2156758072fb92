import type { ErrorInfo } from "../errors.ts";
import type {
  Citation,
  ContentPart,
  Effect,
  InputIssue,
  Message,
  Outcome,
  RunUsage,
  Source,
  TimingBasis,
  ToolCall,
  Visibility,
} from "../message/index.ts";
import type { ApprovalDecision, ApprovalReason, ToolApprovalResolvedEvent } from "./approval-events.ts";
import type { Artifact } from "./artifact.ts";
import type { LimitName } from "./base.ts";
import type { ClosingEvent, RunResumedEvent, RunStartedEvent } from "./run-events.ts";
import type { TaintSource } from "./taint.ts";
import type { TurnCompletedEvent, TurnStartedEvent } from "./turn-events.ts";

/** The last request for approval of a call, and what became of it. */
export interface ApprovalEntry {
  request: string;
  reason: ApprovalReason;
  hash: string;
  shown: string;
  expiresAt?: number;
  /** Absent while it waits. */
  decision?: ApprovalDecision;
  by?: ToolApprovalResolvedEvent["by"];
  who?: string;
  /** Why it was decided so. */
  why?: string;
  /** The arguments instead of the model's. */
  input?: unknown;
  /** What it had come to, with `settled`. */
  output?: unknown;
}

/** Turns in a row whose calls told nothing new. */
export interface Idle {
  /** The last of them; 0 where the last turn with calls was none. */
  turn: number;
  count: number;
  /** The tool that was asked. */
  tool: string;
}

/** One tool call and all that is known of it: an entry of the ledger. */
export interface LedgerEntry {
  call: ToolCall;
  turn: number;
  /** Position among the calls of its turn that have the same executor, from 0. */
  index: number;
  input?: unknown;
  inputText?: string;
  issues?: readonly InputIssue[];
  /** The call of its turn that it repeats word for word: it is not carried out. */
  duplicateOf?: string;
  /** Absent when nobody was asked. */
  approval?: ApprovalEntry;
  /** What the tool declared, once it has begun. */
  effect?: Effect;
  begun: boolean;
  /** The call of the replayed run whose result it took: then nothing ran. */
  replayed?: string;
  /** Absent while the call is open. */
  outcome?: Outcome;
  output?: unknown;
  /** Where the output is, when it is too large for the record. */
  outputArtifact?: Artifact;
  visibility?: Visibility;
  content?: string | readonly ContentPart[];
  /** How text from outside came in with the result. */
  external?: TaintSource;
  error?: ErrorInfo;
  durationMs?: number;
  timing?: TimingBasis;
  /** What the call found, where it is known. */
  sources?: readonly Source[];
}

/** What a record says so far. Only closed steps count; the money and the attempts of void ones do too. */
export interface RunState {
  started?: RunStartedEvent;
  /** How the run goes on, when it was resumed. */
  resumed?: RunResumedEvent;
  /** The `seq` of the event that opened the segment under way. */
  segmentStart: number;
  /** The event that closed the record's last segment; absent while the run is open. */
  closing?: ClosingEvent;
  /** The last turn begun; 0 before the first. */
  turn: number;
  /** The beginning of the last turn that was spent on an answer at a limit; absent while there was none. */
  final?: TurnStartedEvent;
  /** The conversation as it is sent. The same array while it only grows; a new one when it was compacted or has new instructions. */
  messages: Message[];
  /** Tokens that the conversation was last known to have, tools included, and how many messages it had then. Absent: never known. */
  size?: { tokens: number; messages: number };
  /** The array that `messages` was before it was compacted, until a turn is whole: what the model knows of it holds for the new one. */
  before?: readonly Message[];
  /** The last turn that is whole. */
  lastTurn?: TurnCompletedEvent;
  /** Every call of the run, in call order. */
  calls: LedgerEntry[];
  /** Handlers that have begun; in a replay, calls that took a recorded result. */
  begun: number;
  usage: RunUsage;
  /** Ticks billed and reported, and how many of those are estimates. */
  ticks: { known: number; reports: number; estimated: number };
  /** Every citation of the run, in the order of the text. */
  citations: (Citation & { turn: number })[];
  /** Turns the server took by itself. */
  serverTurns: number;
  /** Limits that were warned of. This and the other sets are made when something goes into them: few runs need one. */
  warned: Set<LimitName> | undefined;
  /** What was said of limits that cannot be kept, so that nothing is said twice. */
  unenforced: Set<string> | undefined;
  /** The most tokens of reasoning that a turn took, as far as it was reported: nothing bounds the next one. */
  mostReasoning: number;
  /** Turns in a row, up to the last, whose calls told nothing new. */
  idle: Idle;
  /** Turns that began with a steering or follow-up message. */
  steered: Set<number> | undefined;
  warnings: { code: string; message: string }[];
  simulated: boolean;
  /** How text from outside has entered the run; it never gets fewer. */
  taint: TaintSource[];
  /** Tools whose calls were approved for the rest of the run. */
  sticky: Set<string> | undefined;
  /** Letters of the store's inbox that the run has taken. */
  letters: Set<string> | undefined;
  /** Turns in a row whose answer did not fit, or that asked for a call which failed in a way the model could mend. */
  corrections: number;
  /** The last turn that began with a correction; 0 when there was none. */
  corrected: number;
}

export function emptyState(): RunState {
  return {
    segmentStart: 0,
    turn: 0,
    messages: [],
    calls: [],
    begun: 0,
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0, requests: 0, unreported: 0 },
    ticks: { known: 0, reports: 0, estimated: 0 },
    citations: [],
    serverTurns: 0,
    warned: undefined,
    unenforced: undefined,
    mostReasoning: 0,
    idle: { turn: 0, count: 0, tool: "" },
    steered: undefined,
    warnings: [],
    simulated: false,
    taint: [],
    sticky: undefined,
    letters: undefined,
    corrections: 0,
    corrected: 0,
  };
}
