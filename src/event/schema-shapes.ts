import { z } from "zod";
import type { LimitName } from "./base.ts";

/** What several events have in common. Made by functions: nothing is, before the first record is read. */
export interface CommonShapes {
  base: z.ZodRawShape;
  error: z.ZodObject;
  limitUse: z.ZodObject;
  issues: z.ZodArray;
  artifact: z.ZodObject;
}

/** A record, so that a new limit does not compile until it is named here. */
const LIMITS = Object.keys({
  turns: true,
  toolCalls: true,
  serverTurns: true,
  tokens: true,
  costUsd: true,
  durationMs: true,
  repeatedCall: true,
  noProgress: true,
} satisfies Record<LimitName, true>);

export function commonShapes(): CommonShapes {
  return {
    base: {
      seq: z.int().nonnegative(),
      runId: z.string(),
      turn: z.int().nonnegative(),
      at: z.number(),
      step: z.string().optional(),
      epoch: z.string().optional(),
      parent: z.string().optional(),
    },
    error: z.looseObject({ code: z.string(), message: z.string() }),
    limitUse: z.looseObject({
      limit: z.enum(LIMITS),
      used: z.number(),
      max: z.number(),
      needed: z.number().optional(),
      tool: z.string().optional(),
    }),
    issues: z.array(z.looseObject({ path: z.string(), message: z.string() })),
    artifact: z.looseObject({ sha256: z.string(), bytes: z.int().nonnegative(), mediaType: z.string() }),
  };
}

/** A text, or parts: images and files among them. */
export function contentSchema(): z.ZodType {
  return z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]);
}

export function messageSchema(): z.ZodType {
  const content = contentSchema();
  const toolCall = z.looseObject({ id: z.string(), tool: z.string(), arguments: z.string() });
  return z.discriminatedUnion("role", [
    z.looseObject({ role: z.literal("system"), content: z.string() }),
    z.looseObject({ role: z.literal("user"), content }),
    z.looseObject({ role: z.literal("assistant"), content: z.string(), toolCalls: z.array(toolCall).optional() }),
    z.looseObject({ role: z.literal("tool"), callId: z.string(), content }),
  ]);
}

export function spendingShapes(): { usage: z.ZodObject; cost: z.ZodType } {
  const tokens = z.int().nonnegative();
  return {
    usage: z.looseObject({
      inputTokens: tokens,
      outputTokens: tokens,
      totalTokens: tokens,
      cachedInputTokens: tokens.optional(),
      reasoningTokens: tokens.optional(),
    }),
    cost: z.discriminatedUnion("basis", [
      z.looseObject({ basis: z.enum(["billed", "estimated"]), ticks: z.int() }),
      z.looseObject({ basis: z.literal("unknown") }),
    ]),
  };
}

interface RunSchemas {
  version: z.ZodType;
  fingerprint: z.ZodObject;
  taint: z.ZodObject;
  reason: z.ZodEnum;
}

export function runSchemas(): RunSchemas {
  return {
    version: z.int().positive(),
    fingerprint: z.looseObject({
      model: z.string(),
      tools: z.string(),
      instructions: z.string().optional(),
      output: z.string().optional(),
    }),
    taint: z.looseObject({
      by: z.enum(["server_tool", "external_tool", "child_run", "conversation", "history", "input"]),
      tool: z.string().optional(),
      callId: z.string().optional(),
      runId: z.string().optional(),
      asked: z.string().optional(),
    }),
    reason: z.enum(["approval", "untrusted", "unknown_outcome"]),
  };
}

export function callSchemas(): { call: z.ZodObject; input: z.ZodObject } {
  const named = {
    id: z.string(),
    tool: z.string(),
    executor: z.enum(["client", "server"]),
    kind: z.string(),
  };
  return {
    call: z.looseObject(named),
    input: z.looseObject({ ...named, input: z.unknown().optional(), inputText: z.string().optional() }),
  };
}
