import type { Clock } from "../clock.ts";
import type { AgentError } from "../errors.ts";
import type { RunLimits } from "../event/index.ts";
import type { RunRecord } from "../journal/index.ts";
import type { Model, ModelSettings } from "../model/index.ts";
import type { Toolbox, ToolSlots } from "../tool/index.ts";
import type { Inbox } from "./inbox.ts";

/** Makes attempts until one succeeds or the error is final. The one owner of retries; the client's, handed in. */
export type Retry = <T>(attempt: (attempt: number) => Promise<T>, hooks: RetryHooks) => Promise<T>;

export interface RetryHooks {
  signal: AbortSignal;
  /** Called before the wait for the next attempt; `attempt` is the one that failed, from 1. */
  onRetry: (error: AgentError, delayMs: number, attempt: number) => void;
}

/** What the ops of one run work with. */
export interface LoopServices {
  record: RunRecord;
  model: Model;
  toolbox: Toolbox;
  slots: ToolSlots;
  settings: ModelSettings;
  limits: RunLimits;
  /** Turns in a row that may fail in a way the model can mend, before the run fails. */
  correctionBudget: number;
  conversation: string;
  /** The application's data for handlers. */
  context: unknown;
  inbox: Inbox;
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
