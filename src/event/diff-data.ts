import { canonicalJson } from "../digest.ts";
import type { Executor, ToolKind } from "../message/index.ts";

/** One thing that two runs did differently. A side that has nothing of the kind, or does not know, is absent. */
export interface RunDifference {
  /** From 1. Absent: it is about the run as a whole. */
  turn?: number;
  what: DifferenceKind;
  /** The call it is about. */
  call?: { executor: Executor; tool: string; kind: ToolKind; action?: string };
  a?: unknown;
  b?: unknown;
}

/**
 * Of the run: who and what it began with, and how it ended; `models` are those that answered. Of a turn: `turn` is there on one side
 * alone; `told` is what was said to the run meanwhile. Of a call: `call` was made on one side alone, and is its arguments.
 */
export type DifferenceKind =
  | "agent"
  | "model"
  | "api"
  | "instructions"
  | "input"
  | "tools"
  | "settings"
  | "limits"
  | "effects"
  | "turn"
  | "told"
  | "compacted"
  | "call"
  | "arguments"
  | "approval"
  | "outcome"
  | "result"
  | "sources"
  | "text"
  | "refusal"
  | "finishReason"
  | "citations"
  | "usage"
  | "cost"
  | "models"
  | "simulated"
  | "output"
  | "ending";

/** The difference of two values, or none. An undefined value is one that is not there. */
export function difference(
  about: Pick<RunDifference, "turn" | "what" | "call">,
  a: unknown,
  b: unknown,
): readonly RunDifference[] {
  if (canonicalJson(a) === canonicalJson(b)) return [];
  return [{ ...about, ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) }];
}
