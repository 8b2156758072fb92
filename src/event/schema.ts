import { z } from "zod";
import type { StoredEvent } from "./event.ts";
import {
  callSchemas,
  commonShapes,
  contentSchema,
  messageSchema,
  runSchemas,
  spendingShapes,
} from "./schema-shapes.ts";

/**
 * The schema of every stored event, for stores and viewers that read records written elsewhere. Unknown fields are
 * kept. Made at the first call, since most programs never read a record.
 */
export function storedEventSchema(): z.ZodType<StoredEvent> {
  schema ??= buildSchema();
  return schema;
}

/** The `type` of every stored event this version knows. */
export function isKnownType(type: string): boolean {
  return Object.hasOwn(KNOWN, type);
}

let schema: z.ZodType<StoredEvent> | undefined;

/** A record, so that a new type does not compile until it is named here. */
const KNOWN: Readonly<Record<StoredEvent["type"], true>> = {
  "run.started": true,
  "run.resumed": true,
  "run.paused": true,
  "run.completed": true,
  "run.failed": true,
  "run.cancelled": true,
  "run.limited": true,
  "turn.started": true,
  "turn.retrying": true,
  "turn.failed": true,
  "turn.completed": true,
  "tool.started": true,
  "tool.input": true,
  "tool.approval.requested": true,
  "tool.approval.resolved": true,
  "tool.executing": true,
  "tool.completed": true,
  "tool.late": true,
  citation: true,
  "input.injected": true,
  "context.compacted": true,
  "limit.warning": true,
  "policy.violation": true,
  "cache.missed": true,
  protection: true,
  warning: true,
  wire: true,
};

function buildSchema(): z.ZodType<StoredEvent> {
  const { base, error, limitUse, issues, artifact } = commonShapes();
  const onLimit = z.enum(["stop", "answer"]).optional();
  const message = messageSchema();
  const source = z.looseObject({ id: z.string(), type: z.enum(["web", "x_post", "x_user", "file"]) });
  const spending = spendingShapes();
  const { call, input } = callSchemas();
  const { version, fingerprint, taint, reason } = runSchemas();
  const failed = {
    error,
    attempt: z.int(),
    discarded: z.looseObject({ text: z.int(), reasoning: z.int() }),
    usage: spending.usage.optional(),
    cost: spending.cost.optional(),
  };
  const output = { output: z.unknown().optional(), outputArtifact: artifact.optional() };
  const event = <T extends StoredEvent["type"], S extends z.ZodRawShape>(type: T, shape: S): z.ZodObject =>
    z.looseObject({ ...base, type: z.literal(type), ...shape });

  const union = z.discriminatedUnion("type", [
    event("run.started", {
      version: version.optional(),
      agent: z.string(),
      model: z.string(),
      api: z.string(),
      tools: z.array(z.string()),
      instructions: z.string().optional(),
      messages: z.array(message),
      limits: z.looseObject({}),
      conversation: z.string(),
      fingerprint: fingerprint.optional(),
      settings: z.looseObject({}).optional(),
      effects: z.literal("rehearse").optional(),
      onLimit,
      taint: z.array(taint).optional(),
      continues: z.string().optional(),
      branch: z.looseObject({ runId: z.string(), messages: z.int().nonnegative() }).optional(),
      replays: z.string().optional(),
    }),
    event("run.resumed", {
      version: version.optional(),
      model: z.string(),
      api: z.string(),
      limits: z.looseObject({}),
      onLimit,
      fingerprint: fingerprint.optional(),
      changed: z.array(z.string()).optional(),
      instructions: z.string().optional(),
    }),
    event("run.paused", {
      waiting: z.array(z.looseObject({ callId: z.string(), tool: z.string(), reason, request: z.string() })),
    }),
    event("run.completed", { text: z.string(), output: z.unknown().optional() }),
    event("run.failed", { error }),
    event("run.cancelled", { reason: z.string(), letter: z.string().optional() }),
    event("run.limited", { ...limitUse.shape, answered: z.literal(true).optional(), output: z.unknown().optional() }),
    event("turn.started", { final: z.literal(true).optional(), limit: limitUse.optional() }),
    event("turn.retrying", { ...failed, delayMs: z.number() }),
    event("turn.failed", failed),
    event("turn.completed", {
      message,
      finishReason: z.enum(["stop", "tool_calls", "length", "content_filter", "refusal", "other"]),
      usage: spending.usage.optional(),
      cost: spending.cost,
      timing: z.looseObject({ totalMs: z.number(), firstDeltaMs: z.number().optional() }),
      requestedModel: z.string(),
      attempt: z.int(),
      output: z.unknown().optional(),
      outputIssues: issues.optional(),
    }),
    event("tool.started", { call }),
    event("tool.input", { call: input, issues: issues.optional(), duplicateOf: z.string().optional() }),
    event("tool.approval.requested", {
      call: input,
      reason,
      request: z.string(),
      hash: z.string(),
      shown: z.string(),
      taint: taint.optional(),
      expiresAt: z.number().optional(),
    }),
    event("tool.approval.resolved", {
      call,
      request: z.string(),
      decision: z.enum(["approved", "denied", "settled"]),
      by: z.enum(["person", "policy", "reconcile", "sticky", "expiry", "rehearsal"]),
      who: z.string().optional(),
      reason: z.string().optional(),
      input: z.unknown().optional(),
      sticky: z.literal(true).optional(),
      output: z.unknown().optional(),
    }),
    event("tool.executing", { call, attempt: z.int(), effect: z.enum(["read", "idempotent", "write"]).optional() }),
    event("tool.completed", {
      call,
      outcome: z.enum([
        "ok",
        "error",
        "invalid_input",
        "unknown_tool",
        "denied",
        "timeout",
        "cancelled",
        "rehearsed",
        "unknown",
      ]),
      ...output,
      visibility: z.enum(["full", "encrypted", "not_disclosed"]),
      content: contentSchema(),
      error: error.optional(),
      durationMs: z.number().optional(),
      timing: z.enum(["measured", "observed", "unknown"]),
      sources: z.array(source).optional(),
      external: taint.optional(),
      replayed: z.string().optional(),
    }),
    event("tool.late", {
      call,
      outcome: z.enum(["ok", "error"]),
      ...output,
      error: error.optional(),
      durationMs: z.number(),
    }),
    event("input.injected", {
      as: z.enum(["steer", "follow_up", "correction", "limit"]),
      message,
      letter: z.string().optional(),
    }),
    event("context.compacted", {
      method: z.enum(["tool_outputs", "xai", "summary"]),
      beforeTokens: z.number(),
      afterTokens: z.number(),
      results: z.record(z.string(), z.string()).optional(),
      from: z.int().nonnegative().optional(),
      count: z.int().nonnegative().optional(),
      messages: z.array(message).optional(),
      usage: spending.usage.optional(),
      cost: spending.cost.optional(),
      servedModel: z.string().optional(),
      simulated: z.literal(true).optional(),
    }),
    event("citation", {
      source,
      span: z.looseObject({ start: z.int(), end: z.int() }).optional(),
      foundBy: z.array(z.looseObject({ callId: z.string(), basis: z.enum(["reported", "inferred"]) })),
    }),
    event("limit.warning", limitUse.shape),
    event("policy.violation", { rule: z.string(), source, message: z.string() }),
    event("cache.missed", { firstDifference: z.int(), before: z.string(), now: z.string() }),
    event("protection", { action: z.string(), message: z.string() }),
    event("warning", { code: z.string(), message: z.string(), failed: z.looseObject(failed).optional() }),
    event("wire", { item: z.unknown() }),
  ]);
  // The shapes above say what the interfaces say; a test holds them together, since zod cannot infer optional as absent.
  return union as unknown as z.ZodType<StoredEvent>;
}
