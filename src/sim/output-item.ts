import type { Answer } from "./answer.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** An output item as it grows: how it is added, what is told of it, what it is in the end. */
export interface OutputItem {
  readonly added: Json;
  /** Without `sequence_number`. */
  readonly events: readonly Json[];
  readonly done: Json;
  /** How many of the following server calls open and close while this one is open. */
  readonly hold: number;
  /** A call that the server runs itself: others may run beside it. */
  readonly served: boolean;
}

/** True when the request's `include` names this. */
export function isIncluded(answer: Answer, name: string): boolean {
  const { include } = answer.request;
  return Array.isArray(include) && include.includes(name);
}
