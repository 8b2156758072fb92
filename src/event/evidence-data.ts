import type { ErrorInfo } from "../errors.ts";
import type {
  Cost,
  Executor,
  FoundBy,
  Outcome,
  RunUsage,
  Source,
  Span,
  TimingBasis,
  ToolKind,
  Usage,
  Visibility,
} from "../message/index.ts";
import type { Artifact } from "./artifact.ts";
import type { RunResult } from "./result.ts";

/** What a run's answer rests on, as far as its record shows. Plain JSON: a fold of the record. */
export interface Evidence {
  runId: string;
  agent: string;
  /** The model asked for, and the one that answered last. */
  model: string;
  servedModel?: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** `open`: the record has no closing event, so the run goes on or its process died. */
  status: RunResult["status"] | "open";
  /** A simulator answered, not a model. */
  simulated: boolean;
  /** The text of the last message the run was started with; absent when it has none. */
  question?: string;
  /** What the model wrote, turn by turn; the last one is the answer of a completed run. */
  texts: readonly EvidenceText[];
  /** Every tool call in call order, those that ran at xAI and our own. */
  calls: readonly EvidenceCall[];
  /** Every source: the cited in the order of their footnote numbers, then the others in the order they were found. */
  sources: readonly EvidenceSource[];
  /** Sources that were cited against the agent's own search options. */
  violations: readonly { rule: string; source: Source; message: string; turn: number }[];
  /** What each turn took. */
  turns: readonly EvidenceTurn[];
  /** Attempts at a turn that failed; what they cost is in the totals as far as it was reported. */
  failedAttempts: number;
  usage: RunUsage;
  cost: Cost;
}

export interface EvidenceText {
  turn: number;
  text: string;
}

/** One tool call: what was asked, what came of it, and what of that was cited. */
export interface EvidenceCall {
  callId: string;
  turn: number;
  executor: Executor;
  kind: ToolKind;
  tool: string;
  /** xAI's own sub-tool, such as `x_keyword_search`. */
  action?: string;
  /** The words: a query, an address, code, a prompt. Absent when there are none, or they are not disclosed. */
  query?: string;
  /** The rest of the input, by the wire's own names. */
  filters: Readonly<Record<string, unknown>>;
  /** The input, when it is not JSON. */
  inputText?: string;
  /** Absent while the call is open. */
  outcome?: Outcome;
  visibility?: Visibility;
  /** What came back, as JSON, where the record holds it. */
  output?: unknown;
  /** Where that is, when it is too large for the record. */
  outputArtifact?: Artifact;
  /** Ids of the sources it found. Absent: not disclosed; empty: it found nothing. */
  found?: readonly string[];
  /** Ids of the sources that the answer cites from it. */
  cited: readonly string[];
  error?: ErrorInfo;
  /** Milliseconds; absent when nobody can say. */
  durationMs?: number;
  timing?: TimingBasis;
}

export interface EvidenceSource {
  source: Source;
  /** Footnote number from 1, by first place in the texts; absent when it is not cited. */
  number?: number;
  /** The calls it came from; empty when none is known. */
  foundBy: readonly FoundBy[];
  /** Empty: it was consulted only. */
  citedAt: readonly CitedPlace[];
  /**
   * Whether a tool result holds it: `reported` says one does, `undisclosed` that one may (xAI does not show the sources
   * of every call), `never` that no result on record holds it.
   */
  seen: "reported" | "undisclosed" | "never";
}

export interface CitedPlace {
  turn: number;
  /** Place in the text of the turn; absent when the server gave none that is true. */
  span?: Span;
  /** The sentences it is cited for. */
  claim?: string;
}

export interface EvidenceTurn {
  turn: number;
  /** Absent when the server did not report it. */
  usage?: Usage;
  cost: Cost;
  totalMs: number;
}
