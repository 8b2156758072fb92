import type { ToolCall } from "../message/index.ts";
import type { EventBase } from "./base.ts";
import type { TaintSource } from "./taint.ts";

/**
 * Why a call waits for somebody. `approval`: its tool asks for it. `untrusted`: it changes the world, and text from outside has
 * entered the run. `unknown_outcome`: it was begun, its process ended, and nobody knows whether it happened.
 */
export type ApprovalReason = "approval" | "untrusted" | "unknown_outcome";

/** A call of ours waits for a decision before its handler runs. */
export interface ToolApprovalRequestedEvent extends EventBase {
  type: "tool.approval.requested";
  /** With its input. */
  call: ToolCall;
  reason: ApprovalReason;
  /** The name of the request, unique in the run: a decision is for it, and for these arguments, alone. */
  request: string;
  /** SHA-256 of tool, arguments and, with `unknown_outcome`, the attempt, in hex. */
  hash: string;
  /** The arguments for people: what could deceive the eye is escaped and marked, their length comes first. */
  shown: string;
  /** How the text from outside came in, when the run was tainted. */
  taint?: TaintSource;
  /** From then on nobody's silence is a denial: milliseconds since the epoch. Absent: it waits for as long as it takes. */
  expiresAt?: number;
}

/**
 * `approved`: the handler may run. `denied`: it does not, and the model is told. `settled`: it had happened before, and its
 * result is known.
 */
export type ApprovalDecision = "approved" | "denied" | "settled";

/** What became of the request. The first decision counts. */
export interface ToolApprovalResolvedEvent extends EventBase {
  type: "tool.approval.resolved";
  call: ToolCall;
  request: string;
  decision: ApprovalDecision;
  /**
   * `person`: somebody said so. `policy`: the agent's options. `reconcile`: the tool looked. `sticky`: said of all calls of the tool
   * in this run. `expiry`: nobody said anything in time. `rehearsal`: nothing runs anyway.
   */
  by: "person" | "policy" | "reconcile" | "sticky" | "expiry" | "rehearsal";
  /** Who it was, as they called themselves. */
  who?: string;
  /** Why, in their words; the model is told. */
  reason?: string;
  /** The arguments instead of the model's. They fit the tool. */
  input?: unknown;
  /** It holds for all further calls of the tool in this run that ask for its own sake. */
  sticky?: true;
  /** What the call had come to, with `settled`. */
  output?: unknown;
}
