import type { Clock } from "../clock.ts";
import { contentText } from "../message/index.ts";
import { cancelledAnswer, failedAnswer, timeoutAnswer } from "./answers.ts";
import { encodeJson } from "./encode.ts";
import { capText, wellFormed } from "./model-text.ts";
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
  /** Takes what the handler reports, as JSON. Not called after the answer. */
  progress(data: unknown): void;
}

/** What ended the wait for a handler. */
type Ending = { by: "result"; result: ToolOutput } | { by: "throw"; thrown: unknown } | { by: "timeout" | "cancel" };

/**
 * Runs a tool's handler on checked arguments and answers exactly once, whatever the handler does. The answer does not
 * wait for a handler that ignores its signal: it comes with the timeout or the abort, and what such a handler returns
 * later is dropped. Never rejects.
 * @param value What the tool's `check` gave out.
 */
export async function callTool(tool: AnyTool, value: unknown, request: ToolCallRequest): Promise<ToolAnswer> {
  const { signal, clock } = request;
  if (signal.aborted) return cancelledAnswer(tool, signal.reason, false);
  const startedAt = clock.monotonic();
  const ending = await runHandler(tool, value, request);
  return { ...answerTo(ending, tool, signal), durationMs: Math.max(0, clock.monotonic() - startedAt) };
}

function answerTo(ending: Ending, tool: AnyTool, signal: AbortSignal): ToolAnswer {
  switch (ending.by) {
    case "result": {
      const { output, content = wellFormed(output) } = ending.result;
      return { outcome: "ok", output, content: capText(contentText(content), tool.maxOutputBytes) };
    }
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

/** Settles with whatever comes first: the handler's end, its timeout, the run's abort. */
function runHandler(tool: AnyTool, value: unknown, request: ToolCallRequest): Promise<Ending> {
  const controller = new AbortController();
  return new Promise<Ending>((resolve) => {
    let isOver = false;
    const end = (ending: Ending): void => {
      if (isOver) return; // a handler that came to its end after the answer: dropped
      isOver = true;
      cancelTimer();
      request.signal.removeEventListener("abort", onAbort);
      resolve(ending);
    };
    const onAbort = (): void => {
      end({ by: "cancel" });
      controller.abort(request.signal.reason);
    };
    const cancelTimer = request.clock.after(tool.timeoutMs, () => {
      end({ by: "timeout" });
      controller.abort(new DOMException(`${tool.name} did not finish within ${tool.timeoutMs} ms`, "TimeoutError"));
    });
    request.signal.addEventListener("abort", onAbort, { once: true });
    const progress = (data: unknown): void => {
      if (!isOver) request.progress(progressData(data));
    };
    start(tool, value, contextOf(request, controller.signal, progress)).then(
      (result) => end({ by: "result", result }),
      (thrown: unknown) => {
        if (!isOver) request.onThrow?.(thrown);
        end({ by: "throw", thrown });
      },
    );
  });
}

/** A tool not made by `defineTool` may throw before it returns a promise. */
async function start(tool: AnyTool, value: unknown, context: ToolContext<never>): Promise<ToolOutput> {
  return await tool.execute(value, context);
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
