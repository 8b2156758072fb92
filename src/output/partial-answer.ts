import { WRAPPER } from "./form.ts";
import { createPartialJson } from "./partial-json.ts";

/** An answer as it is being written. */
export interface PartialAnswer {
  /** What is there of it: the same object each time, which grows. Undefined while there is nothing. */
  readonly value: unknown;
  /** Reads on. True when there is more of the value than before. */
  push(text: string): boolean;
}

const FENCE = "```json";

/** Reads an answer piece by piece, without what a model may put around it: white space and one fence. */
export function createPartialAnswer(isWrapped: boolean): PartialAnswer {
  const json = createPartialJson();
  let head: string | undefined = ""; // what came before it is known whether there is a fence

  const answerSoFar = (): unknown => {
    const { value } = json;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined; // it cannot fit
    if (!isWrapped) return value;
    return Object.hasOwn(value, WRAPPER) ? (value as { [WRAPPER]: unknown })[WRAPPER] : undefined; // seen just now
  };
  const beginning = (text: string): string => {
    if (head === undefined) return text;
    head = (head + text).trimStart();
    if (FENCE.startsWith(head)) return "";
    const rest = head.startsWith(FENCE) ? head.slice(FENCE.length) : head;
    head = undefined;
    return rest;
  };
  return {
    get value() {
      return answerSoFar();
    },
    push: (text) => json.push(beginning(text)) && answerSoFar() !== undefined,
  };
}
