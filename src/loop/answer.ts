import { type Clock, within } from "../clock.ts";
import { AgentError } from "../errors.ts";
import type { AssistantMessage, FinishReason } from "../message/index.ts";
import type { CheckedAnswer } from "../output/index.ts";
import type { LoopServices } from "./services.ts";

/** Milliseconds that the check of an answer may take. */
const CHECK_TIMEOUT_MS = 60_000;

/** Whether the turn is less than the model meant to say: its calls may be fragments, and its text is no answer. */
export function isCutShort(reason: FinishReason): boolean {
  return reason === "length" || reason === "content_filter" || reason === "refusal";
}

/** An answer held against the agent's `output` schema; undefined for a turn that is none, and at once. Never rejects. */
export function checkAnswer(
  { output, clock }: LoopServices,
  { content, toolCalls = [] }: AssistantMessage,
  finishReason: FinishReason,
): Promise<CheckedAnswer> | undefined {
  const isAnswer = content !== "" && toolCalls.length === 0 && !isCutShort(finishReason);
  return output === undefined || !isAnswer ? undefined : inTime(output.check(content), clock);
}

/** A check that never ends does not hold the run. */
function inTime(check: Promise<CheckedAnswer>, clock: Clock): Promise<CheckedAnswer> {
  const message = `the check did not end within ${CHECK_TIMEOUT_MS} ms`;
  const late = (): CheckedAnswer => {
    return { issues: [{ path: "", message }], error: new AgentError("invalid_output", message) };
  };
  return within(check, { clock, ms: CHECK_TIMEOUT_MS, late });
}
