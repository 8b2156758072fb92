import { within } from "../clock.ts";
import { canonicalJson, sha256Of } from "../digest.ts";
import { AgentError, errorMessage, withoutCredentials } from "../errors.ts";
import {
  type ApprovalReason,
  describeArguments,
  describeTaint,
  type NewEvent,
  type TaintSource,
  type ToolApprovalRequestedEvent,
} from "../event/index.ts";
import type { FunctionCall } from "../message/index.ts";
import type { AnyTool } from "../tool/index.ts";
import { approvalRequest } from "./rounds.ts";
import type { LoopServices } from "./services.ts";

/** A call whose arguments fit, as it is looked at before it may run. */
export interface AskedCall {
  tool: AnyTool;
  call: FunctionCall;
  /** What the tool's check gave out. */
  value: unknown;
  turn: number;
  index: number;
  /** How text from outside had come in when the call was made. */
  taint: readonly TaintSource[];
}

/**
 * What is to be recorded of a call that may not simply run: a request, or what the agent's options say of it. Undefined, and nothing to
 * wait for, where it is known at once that nobody has to be asked.
 */
export function approvalEvents(services: LoopServices, asked: AskedCall): Promise<readonly NewEvent[]> | undefined {
  const [taint] = asked.taint;
  if (asked.tool.effect === "write" && taint !== undefined && services.untrusted !== "allow") {
    return gatedEvents(services, asked, taint);
  }
  const needs = needsApproval(services, asked);
  return needs === false ? undefined : askedEvents(services, asked, needs);
}

async function gatedEvents(services: LoopServices, asked: AskedCall, taint: TaintSource): Promise<readonly NewEvent[]> {
  if (services.untrusted === "block" && services.effects !== "rehearse") {
    return [blocked(asked, `text from outside has entered the run: ${describeTaint(taint)}`)];
  }
  return await requestEvents(services, asked, "untrusted");
}

/** A tool that cannot say whether somebody must agree is asked about. */
async function askedEvents(
  services: LoopServices,
  asked: AskedCall,
  needs: true | Promise<boolean>,
): Promise<readonly NewEvent[]> {
  const { tool, turn } = asked;
  const broken: NewEvent[] = [];
  try {
    const limit = { clock: services.clock, ms: tool.timeoutMs, late: tooLate };
    if (needs !== true && !(await within(needs, limit))) return [];
  } catch (error) {
    const message = `The approval of ${tool.name} broke, so a person is asked: ${causesOf(error)}`;
    broken.push({ type: "warning", turn, code: "check_failed", message });
  }
  return [...broken, ...(await requestEvents(services, asked, "approval"))];
}

async function requestEvents(
  services: LoopServices,
  asked: AskedCall,
  reason: ApprovalReason,
): Promise<readonly NewEvent[]> {
  const { effects, record } = services;
  const { call, turn, index } = asked;
  const request = await requestOf(services, asked, { reason, name: approvalRequest(turn, index) });
  const resolved = { type: "tool.approval.resolved", turn, call: named(call), request: request.request } as const;
  // A tool that reads runs in a rehearsal too: then somebody must agree as ever.
  if (effects === "rehearse" && asked.tool.effect !== "read")
    return [request, { ...resolved, decision: "approved", by: "rehearsal" }];
  if (reason === "approval" && record.fold.state.sticky?.has(call.tool) === true) {
    return [request, { ...resolved, decision: "approved", by: "sticky" }];
  }
  return [request];
}

function needsApproval({ context }: LoopServices, { tool, value, taint }: AskedCall): boolean | Promise<boolean> {
  try {
    // The types of `run` and `stream` made the caller hand in a context that every one of its tools can work with.
    return tool.needsApproval(value, { tainted: taint.length > 0, context: context as never });
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The tool's own error says that it was not run; what was thrown is behind it. */
function causesOf(error: unknown): string {
  const cause = error instanceof AgentError && error.cause !== undefined ? `: ${errorMessage(error.cause)}` : "";
  return withoutCredentials(`${errorMessage(error)}${cause}`);
}

function tooLate(): never {
  throw new AgentError("tool_timeout", "it did not say in time whether somebody must agree");
}

type Request = Omit<ToolApprovalRequestedEvent, "seq" | "runId" | "at">;

export async function requestOf(
  { clock }: Pick<LoopServices, "clock">,
  { tool, call, turn, taint }: Pick<AskedCall, "tool" | "call" | "turn" | "taint">,
  { reason, name }: { reason: ApprovalReason; name: string },
): Promise<Request> {
  const request: Request = {
    type: "tool.approval.requested",
    turn,
    call,
    reason,
    request: name,
    hash: await boundTo(call, reason === "unknown_outcome" ? name : undefined),
    shown: describeArguments(call.tool, call.input),
  };
  const [source] = taint;
  if (source !== undefined) request.taint = source;
  if (tool.approvalTimeoutMs !== undefined) request.expiresAt = clock.now() + tool.approvalTimeoutMs;
  return request;
}

/**
 * What a decision is bound to beside run and call. That a call may run is no word on whether it may run once more: where its outcome is not
 * known, the attempt is part of it.
 */
async function boundTo({ tool, input }: FunctionCall, attempt: string | undefined): Promise<string> {
  return await sha256Of(canonicalJson(attempt === undefined ? { tool, input } : { tool, input, attempt }));
}

function blocked({ call, turn, index }: AskedCall, reason: string): NewEvent {
  const request = approvalRequest(turn, index);
  return { type: "tool.approval.resolved", turn, call: named(call), request, decision: "denied", by: "policy", reason };
}

function named({ id, tool, executor, kind }: FunctionCall): FunctionCall {
  return { id, tool, executor, kind };
}
