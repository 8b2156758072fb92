import { AgentError, type AgentErrorOptions, type ErrorCode } from "../errors.ts";
import type { LimitedResult, PausedResult, Reporting, RunResult } from "../event/index.ts";

/** A run did not complete. `result` is all that it came to; `message` says why and how to go on. */
export class RunError extends AgentError {
  override readonly name = "RunError";
  readonly result: RunResult & Reporting;

  constructor(result: RunResult & Reporting, options: AgentErrorOptions & { code: ErrorCode; message: string }) {
    super(options.code, options.message, options);
    this.result = result;
    if (result.status === "failed" && result.error.attempts !== undefined) this.attempts = result.error.attempts;
  }
}

/**
 * The error for a run that did not complete.
 * @param cause what was thrown or given as the reason, where it happened in this process.
 */
export function runError(result: Exclude<RunResult, { status: "completed" }> & Reporting, cause?: unknown): RunError {
  const run = `Run ${result.runId} of ${result.agent}`;
  switch (result.status) {
    case "failed": {
      // The code of an event is a string so that old records stay readable; what this process recorded is one of ours.
      const code = result.error.code as ErrorCode;
      const retryable = result.error.retryable ?? false;
      return new RunError(result, { code, message: `${run} failed: ${result.error.message}`, retryable, cause });
    }
    case "paused":
      return new RunError(result, { code: "run_paused", message: `${run} waits ${whyPaused(result)}`, cause });
    case "limited":
      return new RunError(result, {
        code: "run_limited",
        message: `${run} stopped ${whyLimited(result)} and go on: agent.resume("${result.runId}", { limits: … }) where the agent has a store, else a run with \`messages: error.result.messages\`.`,
        cause,
      });
    case "cancelled":
      return new RunError(result, {
        code: "run_cancelled",
        message: `${run} was cancelled: ${result.reason}. What it did until then is in error.result.`,
        cause,
      });
    default:
      return result satisfies never;
  }
}

function whyPaused({ runId, waiting }: PausedResult): string {
  const calls = waiting.map(({ tool, callId }) => `${tool} (${callId})`).join(", ");
  return `for a decision on ${calls}. Call agent.resolveApproval("${runId}", callId, { approve: true }), then agent.resume("${runId}").`;
}

function whyLimited({ limit, used, max, needed, tool = "a tool", answered }: LimitedResult): string {
  const kept =
    answered === true ? "error.result.text is the answer of a last turn. Its work is kept" : "Its work is kept";
  const instead = `${kept}: tell the model what to do instead, or raise loopDetector.stopAt,`;
  if (limit === "repeatedCall")
    return `because the model asked for the same call of ${tool} ${used} turns in a row. ${instead}`;
  if (limit === "noProgress")
    return `because the calls of ${used} turns in a row told nothing new, of ${tool} at last. ${instead}`;
  if (needed === undefined) return `at limits.${limit} (${used} of ${max} used). ${kept}: raise the limit`;
  const less = "lower what bounds a turn (settings.maxOutputTokens, limits.serverTurns)";
  return `before a turn that limits.${limit} has no room for (${used} of ${max} used, and it may need ${needed}). ${kept}: raise the limit, or ${less},`;
}
