import type { Cost, Usage } from "../message/index.ts";
import type { MessagesUsage } from "../wire/index.ts";
import { estimateCost } from "./prices.ts";

/**
 * Tokens in one shape; undefined when the server did not say enough to tell.
 * @see wire document 3: `input_tokens` leaves out what was read from the cache and written to it, `output_tokens` holds thinking
 */
export function decodeMessagesUsage(usage: MessagesUsage): Usage | undefined {
  const { input_tokens: uncached, output_tokens: outputTokens, cache_read_input_tokens: cached } = usage;
  if (uncached === undefined || outputTokens === undefined) return undefined;
  const inputTokens = uncached + (cached ?? 0) + (usage.cache_creation_input_tokens ?? 0);
  const decoded: Usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
  const reasoning = usage.output_tokens_details?.thinking_tokens;
  if (cached !== undefined) decoded.cachedInputTokens = cached;
  if (reasoning !== undefined) decoded.reasoningTokens = reasoning;
  if (usage.server_tool_use !== undefined) decoded.billedServerTools = { ...usage.server_tool_use };
  return decoded;
}

/** What the server billed, in whole ticks: some servers of xAI's models say it. */
export function decodeMessagesCost(usage: MessagesUsage | undefined): Cost {
  const ticks = usage?.cost_in_usd_ticks;
  return ticks === undefined || !Number.isSafeInteger(ticks) ? { basis: "unknown" } : { basis: "billed", ticks };
}

/** What an answer was asked of and did, as far as its price depends on it. */
export interface PricedMessage {
  /** The model that answered, or the one asked for where the answer does not say. */
  model: string;
  host: string;
  /** Calls that the server carried out. */
  serverCalls: number;
}

/** Tokens and money of an answer. Where the server did not say what it billed, the price list does. */
export function messageSpending(
  wire: MessagesUsage | undefined,
  { model, host, serverCalls }: PricedMessage,
): { usage?: Usage; cost: Cost } {
  const usage = wire === undefined ? undefined : decodeMessagesUsage(wire);
  const billed = decodeMessagesCost(wire);
  if (usage === undefined) return { cost: billed };
  if (billed.basis !== "unknown") return { usage, cost: billed };
  const tier = wire?.service_tier;
  // `standard` is what this protocol calls the default tier.
  const terms = tier === undefined || tier === "standard" ? { host } : { host, serviceTier: tier };
  return { usage, cost: estimateCost(model, { ...usage, serverToolCalls: serverCalls }, terms) };
}
