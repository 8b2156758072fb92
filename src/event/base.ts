/** What every stored event has. All of it is JSON. */
export interface EventBase {
  /** Position in the record, from 0; given at append, never reused. */
  seq: number;
  runId: string;
  /** The turn it belongs to, from 1; 0 before the first. */
  turn: number;
  /** Wall time, milliseconds since the epoch. */
  at: number;
  /** The step it belongs to, such as `model:2`; absent on the events that open and close a run. */
  step?: string;
  /** One attempt at the step. Only the epoch of the step's closing event counts; others are evidence. */
  epoch?: string;
  /** The run that started this one. */
  parent?: string;
}

/** What limits a run; also the names of the limits in events. Counted over the whole run. */
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

/** `repeatedCall`: turns in a row that asked for the same call, as the agent's `loopDetector` counts them. */
export type LimitName = keyof RunLimits | "repeatedCall";
