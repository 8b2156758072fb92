import type { ErrorCode } from "../errors.ts";
import { AgentError, errorInfo } from "../errors.ts";
import type { InputIssue } from "../message/index.ts";
import { capText, wellFormed } from "./model-text.ts";
import { readThrown } from "./thrown.ts";
import type { AnyTool, ToolAnswer } from "./tool.ts";
import type { Toolbox } from "./toolbox.ts";

/** Arguments that do not fit: the reasons with their places, and the schema to mend them by. */
export function invalidInputAnswer(tool: AnyTool, issues: readonly InputIssue[], thrown?: unknown): ToolAnswer {
  const lines = issues.map(({ path, message }) => (path === "" ? `- ${message}` : `- ${path}: ${message}`));
  const content = [
    `${tool.name} was not run: its arguments do not fit.`,
    ...lines,
    `Call it again with one JSON object that fits this schema: ${JSON.stringify(tool.parameters)}`,
  ].join("\n");
  const message = `The arguments of ${tool.name} do not fit: ${lines.map((line) => line.slice(2)).join("; ")}`;
  const full = thrown === undefined ? message : `${message} (${readThrown(thrown).full})`;
  return { outcome: "invalid_input", content, error: { code: "invalid_input", message: full } };
}

/** A tool that is not there: the names that are, and the one that was probably meant. */
export function unknownToolAnswer(name: string, { names, nearest }: Pick<Toolbox, "names" | "nearest">): ToolAnswer {
  const near = nearest(name);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  const offered = names.length === 0 ? "There are no tools." : `Tools: ${names.join(", ")}.`;
  const content = `No tool named ${JSON.stringify(name.slice(0, 128))}.${hint} ${offered}`;
  return { outcome: "unknown_tool", content, error: { code: "unknown_tool", message: content } };
}

/** A handler that threw, or whose result cannot be used. The model is told no more than it may know. */
export function failedAnswer(tool: AnyTool, thrown: unknown): ToolAnswer {
  const { public: words, full } = readThrown(thrown);
  if (!isOurs(thrown)) {
    const content = words === undefined ? `${tool.name} failed.` : `${tool.name} failed: ${words}.`;
    return { outcome: "error", content, error: { code: "tool_failed", message: full } };
  }
  const content = words?.trim() ? words : `${tool.name} failed.`;
  return { outcome: "error", content, error: { ...errorInfo(thrown), message: full } };
}

/** More calls in one turn than are carried out: this one was not. */
export function tooManyCallsAnswer(name: string, max: number): ToolAnswer {
  const content = `${name} was not run: only the first ${max} calls of a turn are. Ask for it again in a later turn.`;
  return { outcome: "denied", content, error: { code: "too_many_calls", message: content } };
}

/** A limit of the run does not let the call begin. @param why A sentence. */
export function notBegunAnswer(name: string, why: string): ToolAnswer {
  const content = `${name} was not run. ${why}`;
  return { outcome: "denied", content, error: error("run_limited", content) };
}

/** The server sent the call twice, word for word and under one id: the other one was carried out. */
export function duplicateAnswer(name: string, callId: string): ToolAnswer {
  const content = `This is the call ${callId} of ${name} once more: it was carried out once, and its result stands there.`;
  return { outcome: "denied", content, error: { code: "duplicate_call", message: content } };
}

/** The time was up. The handler may still be at work: what it did is not known. */
export function timeoutAnswer(tool: AnyTool): ToolAnswer {
  const content = `${tool.name} did not finish within ${formatMs(tool.timeoutMs)}. ${whatNow(tool)}`;
  return { outcome: "timeout", content, error: error("tool_timeout", content) };
}

/** The run was told to stop, before the handler began or while it ran. */
export function cancelledAnswer(tool: AnyTool, reason: unknown, began: boolean): ToolAnswer {
  const content = began
    ? `The run was cancelled while ${tool.name} ran. ${whatNow(tool)}`
    : `The run was cancelled before ${tool.name} began: it did nothing.`;
  return { outcome: "cancelled", content, error: error("run_cancelled", `${content} (${readThrown(reason).full})`) };
}

/** Somebody, or the agent's rules, said no before the handler ran. */
export function deniedAnswer(
  tool: AnyTool,
  { why, by }: { why?: string | undefined; by?: string | undefined },
): ToolAnswer {
  const who =
    by === "person" ? "A person denied it" : by === "expiry" ? "Nobody allowed it in time" : "It is not allowed here";
  const content = `${tool.name} was not run. ${who}${why === undefined ? "." : `: ${why}`}`;
  return { outcome: "denied", content, error: { code: "denied", message: content } };
}

/** A rehearsal: the call would have been carried out. */
export function rehearsedAnswer(tool: AnyTool, input: unknown): ToolAnswer {
  const content = `This is a rehearsal: ${tool.name} was not run. It would have been, with ${JSON.stringify(input)}. Go on as if it had succeeded.`;
  return { outcome: "rehearsed", content, error: { code: "rehearsed", message: content } };
}

/** A replay: no tool runs, and the recorded run has no result of such a call. */
export function notRecordedAnswer(tool: AnyTool, runId: string): ToolAnswer {
  const content = `${tool.name} was not run: this run plays a recorded one again, which has no result of a call with these arguments. Do without it.`;
  return { outcome: "error", content, error: { code: "not_recorded", message: `${content} (${runId})` } };
}

/** The call had happened before its process ended; what it came to was found out. */
export function settledAnswer(tool: AnyTool, output: unknown): ToolAnswer {
  return { outcome: "ok", output, content: capText(wellFormed(output), tool.maxOutputBytes) };
}

/** The process stopped while the handler ran: nobody knows whether its effect happened. */
export function unknownOutcomeAnswer(tool: AnyTool, why?: string): ToolAnswer {
  const words = why === undefined ? "" : ` A person says: ${why}`;
  const content = `${tool.name} was begun, and its outcome is not known. ${whatNow(tool)}${words}`;
  return { outcome: "unknown", content, error: error("tool_failed", content) };
}

function isOurs(thrown: unknown): thrown is AgentError {
  try {
    return thrown instanceof AgentError;
  } catch {
    return false; // a proxy that refuses to be asked
  }
}

function error(code: ErrorCode, message: string): { code: string; message: string } {
  return { code, message };
}

function whatNow(tool: AnyTool): string {
  return tool.effect === "read" || tool.effect === "idempotent"
    ? "It is safe to call it again."
    : "It may or may not have had its effect: find out before you call it again.";
}

function formatMs(ms: number): string {
  return ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;
}
