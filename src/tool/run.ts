import { type Clock, isThenable } from "../clock.ts";
import { AgentError } from "../errors.ts";
import type { TaintSource } from "../event/index.ts";
import { contentText } from "../message/index.ts";
import { cancelledAnswer, failedAnswer, timeoutAnswer } from "./answers.ts";
import { capParts } from "./content.ts";
import { encodeJson } from "./encode.ts";
import { capText, wellFormed } from "./model-text.ts";
import { runNested } from "./nesting.ts";
import { ownCopy } from "./own-copy.ts";
import type { AnyTool, ToolAnswer, ToolContext, ToolOutput } from "./tool.ts";

/** One attempt at one call. */
export interface ToolCallRequest {
  runId: string;
  callId: string;
  /** The idempotency key: the same in every attempt at this call. */
  key: string;
  /** From 1. */
  attempt: number;
  /** The application's data, as the run was given it. */
  context: unknown;
  /** Aborted when the run is to stop. */
  signal: AbortSignal;
  clock: Clock;
  /** Takes what the handler threw, as it was thrown: the answer holds only words about it. */
  onThrow?: ((thrown: unknown) => void) | undefined;
  /**
   * Takes what a handler came to after it was answered for: an answer with `ok` or `error`. Not called for one that stopped
   * because it was told to.
   */
  onLate?: ((answer: ToolAnswer) => void) | undefined;
  /** How text from outside has entered the run: what a handler starts begins with it. It may grow. */
  taint?: readonly TaintSource[] | undefined;
  /** Told when text from outside enters a run that the handler started: what it gives out rests on it. */
  onTaint?: ((source: TaintSource) => void) | undefined;
  /** Takes what the handler reports, as JSON. Not called after the answer. */
  progress(data: unknown): void;
}

/** What ended the wait for a handler. */
type Ending = { by: "result"; result: ToolOutput } | { by: "throw"; thrown: unknown } | { by: "timeout" | "cancel" };

/**
 * Runs a tool's handler on checked arguments and answers exactly once, whatever the handler does: at once where it gave back no
 * promise. Else the answer does not wait for a handler that ignores its signal: it comes with the timeout or the abort, and what
 * such a handler comes to later goes to `onLate`. Never throws and never rejects.
 * @param value What the tool's `check` gave out.
 */
export function callTool(tool: AnyTool, value: unknown, request: ToolCallRequest): ToolAnswer | Promise<ToolAnswer> {
  const { signal, clock } = request;
  if (signal.aborted) return cancelledAnswer(tool, signal.reason, false);
  const startedAt = clock.monotonic();
  const timed = (ending: Ending): ToolAnswer => {
    const answer = answerTo(ending, tool, signal);
    answer.durationMs = Math.max(0, clock.monotonic() - startedAt);
    return answer;
  };
  let answer: ToolAnswer | undefined;
  let tell: ((answer: ToolAnswer) => void) | undefined;
  runHandler(tool, value, request, {
    end(ending) {
      answer = timed(ending);
      tell?.(answer);
    },
    late: (ending) => request.onLate?.(timed(ending)),
  });
  if (answer !== undefined) return answer;
  return new Promise((resolve) => {
    tell = resolve;
  });
}

function answerTo(ending: Ending, tool: AnyTool, signal: AbortSignal): ToolAnswer {
  switch (ending.by) {
    case "result":
      return shownAnswer(ending.result, tool);
    case "throw": {
      const answer = failedAnswer(tool, ending.thrown);
      return { ...answer, content: capText(wellFormed(contentText(answer.content)), tool.maxOutputBytes) };
    }
    case "timeout":
      return timeoutAnswer(tool);
    case "cancel":
      return cancelledAnswer(tool, signal.reason, true);
  }
}

/** What `defineTool` did not make may give out anything. */
function shownAnswer(result: ToolOutput, tool: AnyTool): ToolAnswer {
  try {
    return resultAnswer(result, tool);
  } catch (cause) {
    const message = `${tool.name} ran, but what it gave out cannot be shown.`;
    return failedAnswer(tool, new AgentError("tool_failed", message, { cause }));
  }
}

function resultAnswer({ output, spilled, content = wellFormed(output) }: ToolOutput, tool: AnyTool): ToolAnswer {
  const { maxOutputBytes } = tool;
  const shown = typeof content === "string" ? capText(content, maxOutputBytes) : capParts(content, maxOutputBytes);
  return spilled === undefined ? { outcome: "ok", output, content: shown } : { outcome: "ok", spilled, content: shown };
}

/** What a handler came to: the first that comes ends the wait for it. */
interface Endings {
  end(ending: Ending): void;
  late(ending: Ending): void;
}

/** Ends with whatever comes first: the handler's end, its timeout, the run's abort. */
function runHandler(tool: AnyTool, value: unknown, request: ToolCallRequest, { end, late }: Endings): void {
  const own = new AbortController();
  const startedAt = request.clock.monotonic();
  let isOver = false;
  let cancelTimer = (): void => {};
  const finish = (ending: Ending): void => {
    if (isOver) return;
    isOver = true;
    cancelTimer();
    request.signal.removeEventListener("abort", onAbort);
    end(ending);
  };
  const onAbort = (): void => {
    finish({ by: "cancel" });
    own.abort(request.signal.reason);
  };
  const onTimeout = (): void => {
    finish({ by: "timeout" });
    own.abort(new DOMException(`${tool.name} did not finish within ${tool.timeoutMs} ms`, "TimeoutError"));
  };
  request.signal.addEventListener("abort", onAbort);
  const progress = (data: unknown): void => {
    if (!isOver) request.progress(progressData(data));
  };
  const returned = (result: ToolOutput): void => (isOver ? late : finish)({ by: "result", result });
  const threw = (thrown: unknown): void => {
    if (isOver && hasObeyed(thrown, own.signal)) return;
    if (!isOver) request.onThrow?.(thrown);
    (isOver ? late : finish)({ by: "throw", thrown });
  };
  let result: ToolOutput | Promise<ToolOutput>;
  try {
    result = start(tool, value, request, contextOf(request, own.signal, progress));
  } catch (thrown) {
    threw(thrown);
    return;
  }
  if (!(result instanceof Promise)) {
    returned(result); // no timer, and no promise, for a handler that is done
    return;
  }
  result.then(returned, threw);
  // What the handler did before it gave back its promise is part of its time.
  const leftMs = tool.timeoutMs - Math.floor(request.clock.monotonic() - startedAt);
  if (!isOver) cancelTimer = request.clock.after(Math.max(0, leftMs), onTimeout);
}

function start(
  tool: AnyTool,
  value: unknown,
  { runId, callId, taint = [], onTaint = () => {} }: ToolCallRequest,
  context: ToolContext<never>,
): ToolOutput | Promise<ToolOutput> {
  const outer = { runId, tool: tool.name, callId, taint, onTaint };
  return runNested(outer, () => {
    const result = tool.execute(ownCopy(value), context);
    return isThenable(result) ? Promise.resolve(result) : result;
  });
}

/** Whether a handler threw because it was told to stop: the reason itself, an `AbortError`, or an error that has one as its cause. */
function hasObeyed(thrown: unknown, { reason }: AbortSignal): boolean {
  try {
    let error = thrown;
    for (let depth = 0; depth < 4 && error !== undefined && error !== null; depth += 1) {
      if (error === reason || (error instanceof Error && error.name === "AbortError")) return true;
      error = error instanceof Error ? error.cause : undefined;
    }
    return false;
  } catch {
    return false; // an object that cannot be read
  }
}

function contextOf(
  { runId, callId, key, attempt, context }: ToolCallRequest,
  signal: AbortSignal,
  progress: (data: unknown) => void,
): ToolContext<never> {
  // The types of `run` and `stream` made the caller hand in a context that every one of its tools can work with.
  return Object.freeze({ signal, runId, callId, key, attempt, context: context as never, progress });
}

function progressData(data: unknown): unknown {
  const encoding = encodeJson(data);
  return encoding.ok ? encoding.json : `(progress that is not JSON: ${encoding.reason})`;
}
