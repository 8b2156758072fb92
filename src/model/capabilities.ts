import { AgentError } from "../errors.ts";
import type { ModelSettings, ReasoningEffort } from "./model.ts";

/** Day on which the facts below were read from xAI's documentation. */
export const CAPABILITIES_AS_OF = "2026-11-20";

/** What an xAI model that nobody knows, one named `grok-…`, is taken to be like. */
export const NEWEST_MODEL = "grok-4.7";

/** What is known of a text model. A field that is absent is not known: nothing is refused for it. */
export interface ModelFacts {
  /** The model's name without a date or `-latest`. */
  id: string;
  /** The day of these facts, `YYYY-MM-DD`. */
  asOf: string;
  /** False for models that answer at once, true for models that reason unless `reasoningEffort` is `none`. */
  reasons: boolean;
  /** Values of `reasoningEffort` that are accepted; empty when the model refuses the parameter itself. */
  efforts?: readonly ReasoningEffort[];
  /** The effort when none is sent. */
  defaultEffort?: ReasoningEffort;
  /** Settings the model answers with a 400 while it reasons. */
  refused: readonly (keyof ModelSettings)[];
  /** Prompt and answer together, in tokens. */
  contextTokens?: number;
  /** Endpoints that take it. */
  endpoints?: readonly ("chat" | "responses")[];
  /** False for models that cannot be offered tools of ours. */
  clientTools?: boolean;
  /** Nobody knows this model: these are the facts of `NEWEST_MODEL`. */
  assumed?: true;
  /** The name still works, and another model answers and is billed. */
  retired?: RetiredModel;
}

export interface RetiredModel {
  /** `YYYY-MM-DD`. */
  on: string;
  /** The model that answers. */
  target: string;
}

const WHILE_REASONING: readonly (keyof ModelSettings)[] = ["stop", "frequencyPenalty", "presencePenalty"];
const TO_43: RetiredModel = { on: "2026-05-15", target: "grok-4.3" };

const BOTH: ModelFacts["endpoints"] = ["chat", "responses"];

type Entry = Omit<ModelFacts, "id" | "asOf" | "refused" | "assumed">;

/**
 * Facts by name without date or `-latest`. A retired name takes what is known of the model that answers for it; which
 * efforts it accepts nobody has measured.
 * @see xAI docs, developers/pricing and developers/model-capabilities/text/reasoning, read 2026-11-20; the refusal of
 * `reasoning_effort` by grok-4.20 was measured by vercel/ai (supports-reasoning-effort.ts)
 */
const MODELS: Readonly<Record<string, Entry>> = {
  "grok-4.7": {
    reasons: true,
    efforts: ["low", "medium", "high", "xhigh"],
    defaultEffort: "high",
    contextTokens: 500_000,
    endpoints: BOTH,
  },
  "grok-4.6": {
    reasons: true,
    efforts: ["low", "medium", "high", "xhigh"],
    defaultEffort: "high",
    contextTokens: 500_000,
    endpoints: BOTH,
  },
  // xhigh is taken and quietly treated as high.
  "grok-4.5": {
    reasons: true,
    efforts: ["low", "medium", "high", "xhigh"],
    defaultEffort: "high",
    contextTokens: 500_000,
    endpoints: BOTH,
  },
  "grok-4.3": { reasons: true, efforts: ["none", "low", "medium", "high"], contextTokens: 1_000_000, endpoints: BOTH },
  "grok-4.20-reasoning": { reasons: true, efforts: [], contextTokens: 1_000_000, endpoints: BOTH },
  "grok-4.20-non-reasoning": { reasons: false, efforts: [], contextTokens: 1_000_000, endpoints: BOTH },
  // Effort selects the number of agents here; which values it takes is not documented.
  "grok-4.20-multi-agent": {
    reasons: true,
    contextTokens: 1_000_000,
    endpoints: ["responses"],
    clientTools: false,
  },
  "grok-build-0.1": { reasons: true, contextTokens: 256_000 },
  "grok-4-1-fast-reasoning": { reasons: true, retired: TO_43 },
  "grok-4-1-fast-non-reasoning": { reasons: false, retired: TO_43 },
  "grok-4-fast-reasoning": { reasons: true, retired: TO_43 },
  "grok-4-fast-non-reasoning": { reasons: false, retired: TO_43 },
  "grok-4": { reasons: true, retired: TO_43 },
  "grok-3": { reasons: true, retired: TO_43 },
  "grok-3-mini": { reasons: true, retired: TO_43 },
  "grok-3-mini-fast": { reasons: true, retired: TO_43 },
  "grok-code-fast-1": { reasons: true, retired: { on: "2026-05-15", target: "grok-build-0.1" } },
};

/** Shorter names of the same models. @see xai-wire 6.1; a name that leaves open whether it reasons is the one that does */
const ALIASES: Readonly<Record<string, string>> = {
  "grok-4.20": "grok-4.20-reasoning",
  "grok-build": "grok-build-0.1",
  "grok-4-1-fast": "grok-4-1-fast-reasoning",
  "grok-4-fast": "grok-4-fast-reasoning",
  "grok-3-fast": "grok-3",
  "grok-code-fast": "grok-code-fast-1",
};

/** `grok-4.7-latest` and `grok-4.7-0921` are `grok-4.7`; `grok-4.20-0309-reasoning` is `grok-4.20-reasoning`. */
function baseName(id: string): string {
  const name = id.replace(/-latest$/, "").replace(/-(?:\d{4}-\d{2}-\d{2}|\d{4}|\d{8})(?=-|$)/, "");
  return (Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined) ?? name;
}

/**
 * What is known of a model, or undefined when nothing is.
 * @param id A name as it is sent, with or without date or `-latest`.
 */
export function describeModel(id: string): ModelFacts | undefined {
  const name = baseName(id);
  const facts = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (facts === undefined) return undefined;
  return { id: name, asOf: CAPABILITIES_AS_OF, refused: facts.reasons ? WHILE_REASONING : [], ...facts };
}

/**
 * Tokens of visible output that xAI allows one answer where a request sets no limit of its own; of grok-4.7 it says that there is none
 * beyond. @see OpenAPI "xAI's REST API" 1.0.0, `max_output_tokens` and `max_completion_tokens`, read 2026-11-20
 */
const DEFAULT_OUTPUT_TOKENS = 128_000;

/**
 * Tokens that a model's prompt and answer may have together, or undefined when that is not known: nothing is assumed here, so
 * that no request is refused on a guess. A retired name has those of the model that answers.
 */
export function contextWindow(id: string): number | undefined {
  const facts = describeModel(id);
  return facts?.retired === undefined ? facts?.contextTokens : describeModel(facts.retired.target)?.contextTokens;
}

/**
 * The most tokens of visible output that one answer has where a request sets no `maxOutputTokens`, or undefined when that is not known.
 * Reasoning comes on top, and is billed as output: only the context window bounds it.
 */
export function maxOutput(id: string): number | undefined {
  return describeModel(id) === undefined ? undefined : DEFAULT_OUTPUT_TOKENS;
}

/**
 * What a model is held to be like: what is known of it, or, for a name that begins with `grok-`, what is known of the newest
 * one. Of a model of anybody else nothing is assumed.
 */
export function presumeModel(id: string): ModelFacts | undefined {
  const known = describeModel(id);
  if (known !== undefined || !id.startsWith("grok-")) return known;
  const newest = describeModel(NEWEST_MODEL);
  return newest === undefined ? undefined : { ...newest, id: baseName(id), assumed: true };
}

/**
 * Checks that a model can be offered so many tools: of ours (`client`) and of xAI's (`server`).
 * @throws {AgentError} `unsupported_setting` saying why not and what to do.
 */
export function checkModelTools(model: string, tools: { client: number; server: number }): void {
  const { clientTools, endpoints } = presumeModel(model) ?? {};
  if (clientTools === false && tools.client > 0) {
    const message = `${model} takes no tools of yours, only those that xAI runs. Leave out the ${tools.client} of yours, or use ${NEWEST_MODEL}.`;
    throw new AgentError("unsupported_setting", message);
  }
  if (tools.server > 0 && endpoints?.includes("responses") === false) {
    const message = `${model} does not answer on the Responses API, which the tools that xAI runs need. Leave them out, or use ${NEWEST_MODEL}.`;
    throw new AgentError("unsupported_setting", message);
  }
}

/**
 * Whether a model may think in silence before it answers, so that a quiet connection is not a dead one. True of models
 * nobody knows, whoever makes them: to wait too long costs less than to give up on an answer.
 */
export function mayReason(id: string, effort?: ReasoningEffort): boolean {
  return effort !== "none" && presumeModel(id)?.reasons !== false;
}
