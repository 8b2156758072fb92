import { z } from "zod";
import type { NewEvent } from "../event/index.ts";

/** What somebody says to a call that waits. */
export interface ApprovalAnswer {
  /** May it run? */
  approve: boolean;
  /** Why, in words that the model is told. */
  reason?: string;
  /** Run it with these arguments instead; they must fit the tool. */
  input?: unknown;
  /** With `approve`: for all further calls of this tool in this run that ask for its own sake. Only where `reason` is `approval`. */
  sticky?: boolean;
  /** Who says so, for the record. */
  by?: string;
}

export type Decision = Pick<
  Extract<NewEvent, { type: "tool.approval.resolved" }>,
  "decision" | "by" | "who" | "reason" | "input" | "sticky"
>;

/** What a letter says, whoever wrote it. One that cannot be understood lets nothing run; null means that the time has passed. */
export function readDecision(letter: unknown): Decision {
  if (letter === null) return { decision: "denied", by: "expiry", reason: "Nobody decided in time." };
  const parsed = answerSchema().safeParse(letter);
  if (!parsed.success) return { decision: "denied", by: "policy", reason: "The decision could not be understood." };
  const { approve, reason, input, sticky, by: who } = parsed.data;
  return {
    decision: approve ? "approved" : "denied",
    by: "person",
    ...(who === undefined ? {} : { who }),
    ...(reason === undefined ? {} : { reason }),
    ...(approve && input !== undefined ? { input } : {}),
    ...(approve && sticky === true ? { sticky } : {}),
  };
}

let schema: z.ZodType<ApprovalAnswer> | undefined;

/** The shape of an `ApprovalAnswer`, strict: a misspelt field must not pass for one that was left out. */
export function answerSchema(): z.ZodType<ApprovalAnswer> {
  schema ??= z.strictObject({
    approve: z.boolean(),
    reason: z.string().max(10_000).optional(),
    input: z.unknown().optional(),
    sticky: z.boolean().optional(),
    by: z.string().max(200).optional(),
  }) as z.ZodType<ApprovalAnswer>; // zod writes `| undefined` where the interface has absent
  return schema;
}
