import { AgentError } from "../../src/errors.ts";
import { type AnyTool, callTool, defineTool, type ToolAnswer, type ToolCallRequest } from "../../src/tool/index.ts";
import { fakeClock } from "../support/fake-clock.ts";

/** The error that `act` throws. Fails when it throws none, or one that is not ours. */
export function errorOf(act: () => unknown): AgentError {
  try {
    act();
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** A request whose signal is never aborted and whose clock stands still. */
export function requestOf(overrides: Partial<ToolCallRequest> = {}): ToolCallRequest {
  return {
    runId: "run",
    callId: "call_1",
    key: "run/tool:1.1",
    attempt: 1,
    context: undefined,
    signal: new AbortController().signal,
    clock: fakeClock(),
    progress: () => {},
    ...overrides,
  };
}

/** A tool without arguments around a handler. */
export function toolOf(execute: () => unknown, options: Partial<Parameters<typeof defineTool>[0]> = {}): AnyTool {
  const input = { type: "object", properties: {} };
  return defineTool({ name: "act", description: "Acts.", input, execute, ...options });
}

/** The answer of a handler that is called once. */
export async function answerOf(execute: () => unknown, overrides: Partial<ToolCallRequest> = {}): Promise<ToolAnswer> {
  return await callTool(toolOf(execute), {}, requestOf(overrides));
}
