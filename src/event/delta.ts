import type { ToolCall } from "../message/index.ts";

/** What every delta has: fragments that only a live viewer needs, never stored. */
export interface DeltaBase {
  runId: string;
  turn: number;
  at: number;
  step: string;
  epoch: string;
  /** `seq` of the last stored event before it; -1 when there is none. */
  after: number;
  /** Position among the deltas of its epoch, from 0. */
  n: number;
}

export interface TextDelta extends DeltaBase {
  type: "text.delta";
  delta: string;
}

export interface ReasoningDelta extends DeltaBase {
  type: "reasoning.delta";
  delta: string;
}

/** A fragment of a call's arguments. Display only: JSON text that may never become whole. */
export interface ToolInputDelta extends DeltaBase {
  type: "tool.input.delta";
  /** Position of the call in its turn, from 0. */
  index: number;
  tool: string;
  delta: string;
}

export interface ToolProgressDelta extends DeltaBase {
  type: "tool.progress";
  call: ToolCall;
  data: unknown;
}

export type Delta = TextDelta | ReasoningDelta | ToolInputDelta | ToolProgressDelta;
