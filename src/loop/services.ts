import type { Clock } from "../clock.ts";
import type { AgentError } from "../errors.ts";
import type { ArtifactStore, RunLimits } from "../event/index.ts";
import type { RunRecord } from "../journal/index.ts";
import type { Model, ModelSettings } from "../model/index.ts";
import type { TypedOutput } from "../output/index.ts";
import type { Toolbox, ToolSlots } from "../tool/index.ts";
import type { Room } from "./compact-room.ts";
import type { Inbox } from "./inbox.ts";
import type { OnLimit, PlannedTurn, WorstCase } from "./limits.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Recording } from "./recorded.ts";
import type { LoopDetector } from "./repeats.ts";

/** Makes attempts until one succeeds or the error is final. The one owner of retries; the client's, handed in. */
export type Retry = <T>(attempt: (attempt: number) => Promise<T>, hooks: RetryHooks) => Promise<T>;

export interface RetryHooks {
  signal: AbortSignal;
  /** Why what failed must not be done again, as a sentence; undefined where it may be. Asked before a retry only. */
  refuse: (error: AgentError) => string | undefined;
  /** Called before the wait for the next attempt; `attempt` is the one that failed, from 1. */
  onRetry: (error: AgentError, delayMs: number, attempt: number) => void;
}

/** What the ops of one run work with. */
export interface LoopServices {
  record: RunRecord;
  model: Model;
  toolbox: Toolbox;
  slots: ToolSlots;
  /** What answers must be. Absent: any text. */
  output?: TypedOutput | undefined;
  settings: ModelSettings;
  limits: RunLimits;
  onLimit: OnLimit;
  /** The most that one attempt at a turn uses, as far as anybody bounds it. Costs only what is new of its messages. */
  worstCase: (turn: PlannedTurn) => WorstCase;
  /** Turns in a row that may fail in a way the model can mend, before the run fails. */
  correctionBudget: number;
  /** Calls of one turn that are carried out; the model is told of the rest that they were not. */
  toolCallsPerTurn: number;
  /** What is done about a model that gets nowhere. Absent: nothing stops it but the limits. */
  loopDetector?: LoopDetector | undefined;
  /** Takes results that are too large for the record. */
  artifacts: ArtifactStore;
  conversation: string;
  /** How long the conversation may get, and what is done then. */
  room: Room;
  /** The application's data for handlers. */
  context: unknown;
  inbox: Inbox;
  /** What comes from outside the process, and decisions. */
  mailbox: Mailbox;
  /** What becomes of a tool that declares `write` in a run that text from outside has entered. */
  untrusted: "approve" | "block" | "allow";
  /** What becomes of a call to such a tool that a dead process had begun: somebody is asked, or the model is told that nobody knows. */
  unknownOutcome: "ask" | "tell";
  /** The run that is played again: no tool runs, and calls take the results that it has. */
  recorded?: Recording | undefined;
  /** Only tools that change nothing run. */
  effects?: "rehearse" | undefined;
  clock: Clock;
  /** A fresh id. */
  createId: () => string;
  retry: Retry;
  /** Takes what a handler threw, for the `cause` of the error if the run fails of it: it is not on the record. */
  noteThrown: (error: unknown) => void;
  /** What the checks of arguments gave out, by call id: kept so that they need not run again in this process. */
  checked: Map<string, unknown>;
  /** Milliseconds the run has been active. */
  activeMs: () => number;
}
