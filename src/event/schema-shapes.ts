// Shapes that several events share.
import { z } from "zod";

interface CommonShapes {
  base: z.ZodRawShape;
  error: z.ZodObject;
  limit: z.ZodEnum;
  issues: z.ZodArray;
  artifact: z.ZodObject;
}

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
    limit: z.enum(["turns", "toolCalls", "serverTurns", "tokens", "costUsd", "durationMs", "repeatedCall"]),
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
