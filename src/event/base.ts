/** What every stored event has. All of it is JSON. */
export interface EventBase {
  /** Position in the record, from 0; given at append, never reused. */
  seq: number;
  runId: string;
  /** The turn it belongs to, from 1; 0 before the first. */
  turn: number;
  /**
   * Wall time, milliseconds since the epoch. In a run that continues a conversation, later than the first event of the run before it,
   * whatever the clock says.
   */
  at: number;
  /** The step it belongs to, such as `model:2`; absent on the events that open and close a run. */
  step?: string;
  /** One attempt at the step. Only the epoch of the step's closing event counts; others are evidence. */
  epoch?: string;
  /** The run that started this one. */
  parent?: string;
}

/**
 * What limits a run; also the names of the limits in events. Counted over the whole run, all of its segments. What a turn may use at most of
 * `tokens` and `costUsd` is reserved before it where `settings.maxOutputTokens` bounds it; else they are looked at after each turn.
 */
export interface RunLimits {
  /** Model turns. Default 32. */
  turns?: number;
  /** Client tool calls begun. Default: none. */
  toolCalls?: number;
  /** Turns the server takes by itself (Responses API). Default: none. */
  serverTurns?: number;
  /** Input and output tokens, as far as they were reported. Default: none. */
  tokens?: number;
  /** Dollars, as far as they were reported. Default: none. */
  costUsd?: number;
  /** Milliseconds of active time. Default 3,600,000 (one hour). */
  durationMs?: number;
}

/**
 * As the agent's `loopDetector` counts them, turns in a row: `repeatedCall`, that asked for the same call; `noProgress`, whose calls
 * differ and whose results were all there before.
 */
export type LimitName = keyof RunLimits | "repeatedCall" | "noProgress";

/** A limit and how much of it is used. */
export interface LimitUse {
  limit: LimitName;
  /** As the limit counts: turns, calls, tokens, dollars, milliseconds. */
  used: number;
  max: number;
  /** The most that the next turn might have used beside that, where it was not begun because of it. */
  needed?: number;
  /** The tool whose calls got nowhere, with `repeatedCall` and `noProgress`. */
  tool?: string;
}
