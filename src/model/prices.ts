import type { Cost, ServerToolKind, Usage } from "../message/index.ts";
import { describeModel } from "./capabilities.ts";

/** Day on which the prices below were read from xAI's documentation. */
export const PRICES_AS_OF = "2026-11-20";

/** Ticks (10^-10 USD) for one token: 1 USD for a million tokens is 10,000. */
export interface TokenPrices {
  input: number;
  cachedInput: number;
  output: number;
}

const TICKS_PER_DOLLAR_A_MILLION = 10_000;
/** From this many prompt tokens on, all tokens of the request cost `LONG_CONTEXT_FACTOR` times as much. */
const LONG_CONTEXT_TOKENS = 200_000;
const LONG_CONTEXT_FACTOR = 2;
const PRIORITY_FACTOR = 2;
/** In percent, so that the product stays exact. @see xai-wire 1 and 6.1 */
const PERCENT_BY_HOST: Readonly<Record<string, number>> = { "us.api.x.ai": 110 };

const dollars = (input: number, cachedInput: number, output: number): TokenPrices => ({
  input: Math.round(input * TICKS_PER_DOLLAR_A_MILLION),
  cachedInput: Math.round(cachedInput * TICKS_PER_DOLLAR_A_MILLION),
  output: Math.round(output * TICKS_PER_DOLLAR_A_MILLION),
});

const GROK_4_20 = dollars(1.25, 0.2, 2.5);

/** USD for a million tokens, by name without date. @see xAI docs, developers/pricing, read 2026-11-20 */
const TOKEN_PRICES: Readonly<Record<string, TokenPrices>> = {
  "grok-4.7": dollars(2, 0.5, 6),
  "grok-4.6": dollars(2, 0.5, 6),
  "grok-4.5": dollars(2, 0.3, 6),
  "grok-4.3": dollars(1.25, 0.2, 2.5),
  "grok-4.20-reasoning": GROK_4_20,
  "grok-4.20-non-reasoning": GROK_4_20,
  "grok-4.20-multi-agent": GROK_4_20,
  "grok-build-0.1": dollars(1, 0.2, 2),
};

/** Ticks for the dearest thing that an X search fetches: a profile. */
export const X_ITEM_TICKS = 100_000_000;

/**
 * Ticks for one of what `server_side_tool_usage_details` counts. X search is billed by what it fetched and not by call;
 * remote MCP costs tokens only. What is not here, such as images, has no price we know.
 * @see xAI docs, developers/pricing, read 2026-11-20
 */
const TOOL_PRICES: Readonly<Record<string, number>> = {
  web_search_calls: 50_000_000,
  x_posts_fetched: 50_000_000,
  x_users_fetched: X_ITEM_TICKS,
  code_interpreter_calls: 50_000_000,
  file_search_calls: 25_000_000,
  // Search in attached files: billed under either name.
  document_search_calls: 100_000_000,
  attachment_search_calls: 100_000_000,
  mcp_calls: 0,
};

/** What a call of a tool is counted as. X search is not here: it is billed by what it fetches, and nobody bounds that. */
const COUNTED_AS: { readonly [Kind in ServerToolKind]?: string } = {
  web_search: "web_search_calls",
  code_execution: "code_interpreter_calls",
  collections_search: "file_search_calls",
  mcp: "mcp_calls",
};

/** Ticks for one call of a tool that xAI runs, tokens apart; undefined where there is no price for a call. */
export function serverToolTicks(kind: ServerToolKind): number | undefined {
  const name = COUNTED_AS[kind];
  return name === undefined ? undefined : TOOL_PRICES[name];
}

/** What changes the price of a request beside its tokens. */
export interface PriceTerms {
  /** As the answer states it: `priority` doubles all token prices. */
  serviceTier?: string;
  /** Of the endpoint: the one in the US costs a tenth more for tokens. */
  host?: string;
}

/**
 * What a model call costs by xAI's price list of `PRICES_AS_OF`, in whole ticks with basis `estimated`; for answers that
 * do not say what was billed. Unknown when a part of it is: a model without a price, a tier without one, server tools
 * whose billed counts were not reported. A retired name costs what the model that answers for it costs.
 */
export function estimateCost(model: string, usage: Usage, terms: PriceTerms = {}): Cost {
  const context = contextFactor(usage);
  const tools = toolTicks(usage);
  const tokens = tokenTicks(model, usage, terms);
  if (tokens === undefined || context === undefined || tools === undefined) return { basis: "unknown" };
  return { basis: "estimated", ticks: Math.round(tokens * context) + tools };
}

/**
 * Ticks for tokens below the long-context threshold, not rounded; undefined where model or tier have no price. From the threshold on it
 * is `longContextFactor` times as much.
 */
export function tokenTicks(
  model: string,
  usage: Pick<Usage, "inputTokens" | "cachedInputTokens" | "outputTokens">,
  terms: PriceTerms,
): number | undefined {
  const prices = tokenPrices(model);
  const factor = tierFactor(terms.serviceTier);
  if (prices === undefined || factor === undefined) return undefined;
  const cached = Math.min(usage.cachedInputTokens ?? 0, usage.inputTokens);
  const ticks =
    (usage.inputTokens - cached) * prices.input + cached * prices.cachedInput + usage.outputTokens * prices.output;
  return (ticks * factor * percentOf(terms.host)) / 100;
}

/** How many times the price a request costs whose longest prompt has so many tokens. */
export function longContextFactor(promptTokens: number): number {
  return promptTokens < LONG_CONTEXT_TOKENS ? 1 : LONG_CONTEXT_FACTOR;
}

/** Ticks for one token of a model, below the long-context threshold; undefined when there is no price for it. */
export function tokenPrices(model: string): TokenPrices | undefined {
  const facts = describeModel(model);
  const name = facts?.retired?.target ?? facts?.id;
  return name !== undefined && Object.hasOwn(TOKEN_PRICES, name) ? TOKEN_PRICES[name] : undefined;
}

function percentOf(host: string | undefined): number {
  return host !== undefined && Object.hasOwn(PERCENT_BY_HOST, host) ? (PERCENT_BY_HOST[host] ?? 100) : 100;
}

function tierFactor(tier: string | undefined): number | undefined {
  if (tier === undefined || tier === "default" || tier === "auto") return 1;
  return tier === "priority" ? PRIORITY_FACTOR : undefined;
}

/**
 * The threshold is one of the prompt, and `inputTokens` sums the inner turns of a server-side loop: only the context
 * shows how long a prompt got. Undefined where that leaves both prices possible.
 */
function contextFactor({ inputTokens, contextTokens, serverToolCalls = 0 }: Usage): number | undefined {
  if (inputTokens < LONG_CONTEXT_TOKENS) return 1;
  if (serverToolCalls === 0) return LONG_CONTEXT_FACTOR;
  return contextTokens !== undefined && contextTokens < LONG_CONTEXT_TOKENS ? 1 : undefined;
}

function toolTicks({ serverToolCalls = 0, billedServerTools }: Usage): number | undefined {
  if (billedServerTools === undefined) return serverToolCalls === 0 ? 0 : undefined;
  let ticks = 0;
  for (const [name, count] of Object.entries(billedServerTools)) {
    const price = Object.hasOwn(TOOL_PRICES, name) ? TOOL_PRICES[name] : priceOfXCalls(name, billedServerTools);
    if (count === 0) continue;
    if (price === undefined) return undefined;
    ticks += count * price;
  }
  return ticks;
}

/** The calls themselves are free where what they fetched is counted; where it is not, nobody can say what they cost. */
function priceOfXCalls(name: string, billed: Readonly<Record<string, number>>): number | undefined {
  const isCounted = Object.hasOwn(billed, "x_posts_fetched") || Object.hasOwn(billed, "x_users_fetched");
  return name === "x_search_calls" && isCounted ? 0 : undefined;
}
