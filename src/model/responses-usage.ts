import type { Cost, Usage } from "../message/index.ts";
import type { ResponsesUsage } from "../wire/index.ts";
import { estimateCost, type PriceTerms } from "./prices.ts";

const TICKS_PER_NANO_USD = 10;

/**
 * Tokens in one shape; undefined when the server did not say enough to tell.
 * @see wire document 2.6: `output_tokens` includes reasoning, unlike in chat; a server that leaves it out is told by the total
 */
export function decodeResponsesUsage(usage: ResponsesUsage): Usage | undefined {
  const { input_tokens: inputTokens, output_tokens: output, total_tokens: total } = usage;
  if (inputTokens === undefined || output === undefined) return undefined;
  const cached = usage.input_tokens_details?.cached_tokens;
  const reasoning = usage.output_tokens_details?.reasoning_tokens;
  const isOutside = reasoning !== undefined && isReasoningOutside({ inputTokens, output, reasoning, total });
  const outputTokens = isOutside ? output + reasoning : output;
  const decoded: Usage = { inputTokens, outputTokens, totalTokens: Math.max(total ?? 0, inputTokens + outputTokens) };
  if (cached !== undefined) decoded.cachedInputTokens = cached;
  if (reasoning !== undefined) decoded.reasoningTokens = reasoning;
  return { ...decoded, ...serverCounts(usage) };
}

interface Counts {
  inputTokens: number;
  output: number;
  reasoning: number;
  total: number | undefined;
}

function isReasoningOutside({ inputTokens, output, reasoning, total }: Counts): boolean {
  if (reasoning > output) return true;
  return total !== undefined && reasoning > 0 && total === inputTokens + output + reasoning;
}

/** What only this endpoint counts. */
function serverCounts(usage: ResponsesUsage): Partial<Usage> {
  const { num_server_side_tools_used: ran, server_side_tool_usage_details: billed, context_details: context } = usage;
  const counts: Partial<Usage> = {};
  if (ran !== undefined) counts.serverToolCalls = ran;
  if (billed !== undefined) counts.billedServerTools = billed;
  if (usage.num_sources_used !== undefined) counts.sourcesUsed = usage.num_sources_used;
  if (context?.input_tokens !== undefined && context.output_tokens !== undefined) {
    counts.contextTokens = context.input_tokens + context.output_tokens;
  }
  return counts;
}

/** What the server billed, in whole ticks; the wire has left out the 0 by which xAI says that it does not know. */
export function decodeResponsesCost(usage: ResponsesUsage | undefined): Cost {
  const nano = usage?.cost_in_nano_usd;
  const ticks = usage?.cost_in_usd_ticks ?? (nano === undefined ? undefined : nano * TICKS_PER_NANO_USD);
  return ticks === undefined || !Number.isSafeInteger(ticks) ? { basis: "unknown" } : { basis: "billed", ticks };
}

/** What an answer was asked of and did, as far as its price depends on it. */
export interface PricedAnswer {
  /** The model that answered, or the one asked for where the answer does not say. */
  model: string;
  terms: PriceTerms;
  /** Calls of server tools that it shows: a server that does not count them has run these. */
  serverCalls: number;
}

/** Tokens and money of an answer, whole or failed. Where the server did not say what it billed, the price list does. */
export function spendingOf(wire: ResponsesUsage | undefined, answer: PricedAnswer): { usage?: Usage; cost: Cost } {
  const usage = wire === undefined ? undefined : decodeResponsesUsage(wire);
  const billed = decodeResponsesCost(wire);
  if (usage === undefined) return { cost: billed };
  if (billed.basis !== "unknown") return { usage, cost: billed };
  const counted = { ...usage, serverToolCalls: usage.serverToolCalls ?? answer.serverCalls };
  return { usage, cost: estimateCost(answer.model, counted, answer.terms) };
}
