import { z } from "zod";
import { AgentError } from "./errors.ts";
import type { CompactionMethod, Room } from "./loop/index.ts";
import { atLeastTokens, estimateTokens, type Model } from "./model/index.ts";
import { ownOptions } from "./own.ts";

/**
 * What an agent does about a conversation that gets long. By default it does only what asks nobody and can be undone by the model, which
 * may call the tool again: at 80 % of the window old results give way to their summaries. A run would not get much further without it; what
 * costs a request, or lets a model decide what is left, is asked for by name. What is made shorter is on the record, and the record keeps all.
 */
export interface ContextPolicy {
  /** Share of the window from which on the conversation is made shorter, above 0 and at most 1. Default 0.8. */
  compactAt?: number;
  /**
   * Tokens of the window, prompt and answer together. Default: what is known of the model (`contextWindow`). Where nothing is known, the
   * conversation is made shorter only when the server has refused it.
   */
  maxTokens?: number;
  /** The last turns, with what they answer, that are never touched. From 1. Default 2. */
  keepTurns?: number;
  /**
   * What is done, the cheapest first: each method is used only while those before it were not enough. Default `["tool_outputs"]`.
   * `tool_outputs`: results of over 2,500 characters, and such with images or files, give way to what the tool's `summary` says of them, else
   * to their first 200 characters. `xai`: xAI makes one encrypted item of what is old, the instructions included; only models on the Responses API
   * can (`auto` goes there), and only they can go on from it. `summary`: a model writes a text; system messages, and as much of the words of
   * users as 5 % of the window hold, stay as they are.
   */
  methods?: readonly CompactionMethod[];
  /** Who writes summaries: a cheaper model, as `createAgent` takes one. It is offered no tools. Default: the agent's own. */
  summaryModel?: string | Model;
}

const METHODS: readonly CompactionMethod[] = ["tool_outputs", "xai", "summary"];
const DEFAULT = { compactAt: 0.8, keepTurns: 2, methods: ["tool_outputs"] } as const;

const policySchema = (): z.ZodType =>
  z.strictObject({
    compactAt: z.number().positive().max(1).optional(),
    maxTokens: z.int().positive().optional(),
    keepTurns: z.int().positive().optional(),
    methods: z
      .array(z.enum(METHODS))
      .refine((methods) => new Set(methods).size === methods.length, "a method stands there twice")
      .optional(),
    summaryModel: z
      .union([z.string().min(1), z.custom<Model>((model) => typeof (model as Model | null)?.stream === "function")])
      .optional(),
  });

/** @throws {AgentError} `invalid_option` */
export function checkContext(agent: string, policy: ContextPolicy | false | undefined): void {
  if (policy === undefined || policy === false) return;
  const checked = policySchema().safeParse(policy);
  if (checked.success) return;
  const [issue] = checked.error.issues;
  const path = ["context", ...(issue?.path ?? [])].join(".");
  const takes =
    "It takes { compactAt, maxTokens, keepTurns, methods, summaryModel }, or false; data for tools is the context of a run.";
  throw new AgentError("invalid_option", `createAgent "${agent}": ${path}: ${issue?.message ?? "invalid"}. ${takes}`);
}

/** Says how much room a model gives the agent's conversations. */
export function createRooms(
  policy: ContextPolicy | false = {},
  modelOf: (model: string | Model) => Model,
): (model: Model) => Room {
  const given = ownOptions(policy === false ? { methods: [] } : policy);
  const { compactAt = DEFAULT.compactAt, keepTurns = DEFAULT.keepTurns, methods = DEFAULT.methods } = given;
  const { maxTokens, summaryModel } = given;
  const inOrder = METHODS.filter((method) => methods.includes(method));
  const summariser = summaryModel === undefined ? undefined : modelOf(summaryModel);
  return (model) => ({
    window: maxTokens ?? model.contextWindow,
    compactAt,
    keepTurns,
    methods: inOrder,
    summaryModel: summariser ?? model,
    about: estimateTokens,
    atLeast: atLeastTokens,
  });
}
