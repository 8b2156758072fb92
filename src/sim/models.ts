/** A model the simulator serves. Prices are whole ticks per token: 1 USD = 10^10 ticks, 2 USD per 1 M tokens = 20,000. */
export interface SimModel {
  readonly id: string;
  readonly aliases: readonly string[];
  /** Longest prompt, in tokens. */
  readonly contextLength: number;
  /** Seconds since the epoch, as `/v1/models` states it. */
  readonly created: number;
  readonly prices: SimPrices;
  /** Prices of all tokens once the prompt reaches `longContextThreshold` tokens. */
  readonly longContextPrices?: SimPrices;
  readonly longContextThreshold?: number;
  /** Accepted `reasoning_effort` values; absent: the parameter is refused. */
  readonly efforts?: readonly string[];
  readonly defaultEffort?: string;
  /** Reasoning models refuse `stop` and the penalties. */
  readonly reasoning: boolean;
  /** Whose it is, as `owned_by` says it. Absent: xAI's. */
  readonly owner?: string;
  /** `false`: the model takes no client-side tools. Default true. */
  readonly functions?: boolean;
}

/** Ticks per token. */
export interface SimPrices {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
}

const LONG_CONTEXT_TOKENS = 200_000;

/** Prices in USD per 1 M tokens, as in the table of the wire document; doubled from 200k prompt tokens on. */
function priced(
  input: number,
  cachedInput: number,
  output: number,
): Pick<SimModel, "prices" | "longContextPrices" | "longContextThreshold"> {
  const ticks = (factor: number): SimPrices => ({
    input: Math.round(input * 10_000 * factor),
    cachedInput: Math.round(cachedInput * 10_000 * factor),
    output: Math.round(output * 10_000 * factor),
  });
  return { prices: ticks(1), longContextPrices: ticks(2), longContextThreshold: LONG_CONTEXT_TOKENS };
}

/** `created` is known only for grok-4.7 (released 2026-09-21); the others carry the day their prices were read. */
const READ_ON = Date.UTC(2026, 8, 21) / 1000;

/** The text models of xai-wire 6.1 and their efforts of 6.2 (xAI's pricing page after 2026-09-21). */
export const simModels: readonly SimModel[] = [
  {
    id: "grok-4.7",
    aliases: ["grok-4.7-latest"],
    contextLength: 500_000,
    created: READ_ON,
    ...priced(2, 0.5, 6),
    efforts: ["low", "medium", "high", "xhigh"],
    defaultEffort: "high",
    reasoning: true,
  },
  {
    id: "grok-4.6",
    aliases: ["grok-4.6-latest"],
    contextLength: 500_000,
    created: READ_ON,
    ...priced(2, 0.5, 6),
    efforts: ["low", "medium", "high", "xhigh"],
    defaultEffort: "high",
    reasoning: true,
  },
  {
    id: "grok-4.5",
    aliases: ["grok-4.5-latest"],
    contextLength: 500_000,
    created: READ_ON,
    ...priced(2, 0.3, 6),
    efforts: ["low", "medium", "high", "xhigh"],
    defaultEffort: "high",
    reasoning: true,
  },
  {
    id: "grok-4.3",
    aliases: ["grok-4.3-latest"],
    contextLength: 1_000_000,
    created: READ_ON,
    ...priced(1.25, 0.2, 2.5),
    efforts: ["none", "low", "medium", "high"],
    defaultEffort: "low",
    reasoning: true,
  },
  {
    id: "grok-4.20-0309-reasoning",
    aliases: ["grok-4.20-reasoning"],
    contextLength: 1_000_000,
    created: READ_ON,
    ...priced(1.25, 0.2, 2.5),
    reasoning: true,
  },
  {
    id: "grok-4.20-0309-non-reasoning",
    aliases: ["grok-4.20-non-reasoning"],
    contextLength: 1_000_000,
    created: READ_ON,
    ...priced(1.25, 0.2, 2.5),
    reasoning: false,
  },
  {
    id: "grok-4.20-multi-agent-0309",
    aliases: ["grok-4.20-multi-agent"],
    contextLength: 1_000_000,
    created: READ_ON,
    ...priced(1.25, 0.2, 2.5),
    efforts: ["low", "medium", "high", "xhigh"],
    defaultEffort: "low",
    reasoning: true,
    functions: false,
  },
  {
    id: "grok-build-0.1",
    aliases: ["grok-build"],
    contextLength: 256_000,
    created: READ_ON,
    ...priced(1, 0.2, 2),
    reasoning: true,
  },
];

/**
 * Models of other vendors, so that programs and SDKs that were written for them run against the simulator unchanged.
 * xAI serves none of them and answers 404; a proxy may (xai-wire 1.7, "S2"). The answers are the simulator's own: only name,
 * context and list price (OpenAI's and Anthropic's pages, 2025) are theirs.
 */
export const foreignModels: readonly SimModel[] = [
  {
    id: "gpt-4o",
    aliases: ["gpt-4o-2024-08-06"],
    contextLength: 128_000,
    created: Date.UTC(2024, 4, 13) / 1000,
    prices: { input: 25_000, cachedInput: 12_500, output: 100_000 },
    reasoning: false,
    owner: "openai",
  },
  {
    id: "gpt-4o-mini",
    aliases: ["gpt-4o-mini-2024-07-18"],
    contextLength: 128_000,
    created: Date.UTC(2024, 6, 18) / 1000,
    prices: { input: 1_500, cachedInput: 750, output: 6_000 },
    reasoning: false,
    owner: "openai",
  },
  {
    id: "claude-3-5-sonnet-latest",
    aliases: ["claude-3-5-sonnet-20241022"],
    contextLength: 200_000,
    created: Date.UTC(2024, 9, 22) / 1000,
    prices: { input: 30_000, cachedInput: 3_000, output: 150_000 },
    reasoning: false,
    owner: "anthropic",
  },
];

/** Names retired on 2026-05-15 that still resolve, answered and billed as their target (xai-wire 6.1). */
const retired: readonly { readonly name: RegExp; readonly target: string }[] = [
  { name: /^grok-code-fast-1(-|$)/, target: "grok-build-0.1" },
  { name: /^grok-(4-1-fast|4-fast|3)(-|$)/, target: "grok-4.3" },
  { name: /^grok-4(-0709|-latest)?$/, target: "grok-4.3" },
];

/** The model that answers to this name, directly, by alias or as the target of a retired name. */
export function findModel(models: readonly SimModel[], name: string): SimModel | undefined {
  const direct = models.find((model) => model.id === name || model.aliases.includes(name));
  if (direct !== undefined) return direct;
  const target = retired.find((entry) => entry.name.test(name))?.target;
  return target === undefined ? undefined : models.find((model) => model.id === target);
}

/** A model as `GET /v1/models` shows it (xai-wire 4). */
export function modelJson(model: SimModel): Record<string, unknown> {
  return {
    id: model.id,
    aliases: model.aliases,
    context_length: model.contextLength,
    created: model.created,
    object: "model",
    owned_by: model.owner ?? "xai",
    ...priceFields(model),
    ...capabilityFields(model),
  };
}

/** A model as `GET /v1/language-models` shows it: no context length, and no price for the search that is dead. */
export function languageModelJson(model: SimModel): Record<string, unknown> {
  return {
    id: model.id,
    fingerprint: "fp_sim_fairwitness",
    version: "1.0",
    created: model.created,
    object: "model",
    owned_by: model.owner ?? "xai",
    input_modalities: ["text", "image"],
    output_modalities: ["text"],
    ...priceFields(model),
    search_price: 0,
    aliases: model.aliases,
    ...capabilityFields(model),
  };
}

/** The unit, cents per 100 M tokens, equals ticks per token. 0 in a long-context field: the plain price holds. */
function priceFields(model: SimModel): Record<string, unknown> {
  const long = model.longContextPrices ?? { input: 0, cachedInput: 0, output: 0 };
  return {
    prompt_text_token_price: model.prices.input,
    cached_prompt_text_token_price: model.prices.cachedInput,
    completion_text_token_price: model.prices.output,
    prompt_text_token_price_long_context: long.input,
    cached_prompt_text_token_price_long_context: long.cachedInput,
    completion_text_token_price_long_context: long.output,
    long_context_threshold: model.longContextThreshold ?? 0,
  };
}

function capabilityFields({ efforts, defaultEffort }: SimModel): Record<string, unknown> {
  if (efforts === undefined) return {};
  return { capabilities: { reasoning_effort: efforts, default_reasoning_effort: defaultEffort } };
}
