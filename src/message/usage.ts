/**
 * Tokens of one model call as the server counted them. `outputTokens` includes reasoning, whichever endpoint answered
 * (chat completions reports reasoning outside `completion_tokens`, Responses inside). A field is absent when the server
 * did not say; unknown is never 0.
 */
export interface Usage {
  inputTokens: number;
  /** Visible text, tool calls and reasoning. */
  outputTokens: number;
  totalTokens: number;
  /** Part of `inputTokens` that was read from the prompt cache. */
  cachedInputTokens?: number;
  /** Part of `outputTokens`. */
  reasoningTokens?: number;
  /** Calls of server tools that ran, billed or not. */
  serverToolCalls?: number;
  /** What of them is billed, by the wire's own names, such as `web_search_calls` or `x_posts_fetched`. */
  billedServerTools?: Readonly<Record<string, number>>;
  /** Sources the answer rests on, as the server counts them. */
  sourcesUsed?: number;
  /** Tokens in the model's context at the end, where the server says: `inputTokens` may sum several inner turns. */
  contextTokens?: number;
}

/** Tokens of a run: all attempts, the retried and the failed ones included. */
export interface RunUsage extends Usage {
  /** Model requests made. */
  requests: number;
  /** Requests that did not report their usage: the sums above leave them out. */
  unreported: number;
}

/** USD ticks in one US dollar. @see xAI docs, developers/cost-tracking, read 2026-11-20 */
export const TICKS_PER_USD = 10_000_000_000;

/**
 * Money, as xAI bills it: an integer number of ticks (1 USD = 10^10 ticks), or unknown.
 * `billed` was reported by the server, `estimated` computed from a price table.
 */
export type Cost = KnownCost | UnknownCost;

export interface KnownCost {
  basis: "billed" | "estimated";
  ticks: number;
  /** Requests of the sum whose cost is not known: the sum is then a lower bound. Absent when none. */
  unreported?: number;
}

export interface UnknownCost {
  basis: "unknown";
}

/** Dollars of a cost, or undefined when it is unknown. */
export function costUsd(cost: Cost): number | undefined {
  return cost.basis === "unknown" ? undefined : cost.ticks / TICKS_PER_USD;
}

/** How much of the input was read from the prompt cache, 0 to 1; undefined when the server did not say. */
export function cachedShare({ inputTokens, cachedInputTokens }: Usage): number | undefined {
  return cachedInputTokens === undefined || inputTokens === 0 ? undefined : cachedInputTokens / inputTokens;
}

/** The tokens of one model call for people: `455 in (80 % cached), 118 out`. */
export function formatTurnUsage(usage: Usage | undefined): string {
  if (usage === undefined) return "tokens unknown";
  const share = cachedShare(usage);
  const cached = share === undefined ? "" : ` (${Math.round(share * 100)} % cached)`;
  return `${usage.inputTokens} in${cached}, ${usage.outputTokens} out`;
}

/** Tokens for people: `455 in, 118 out`, `at least 455 in, 118 out (1 request unreported)`, `unknown`. */
export function formatUsage(usage: RunUsage): string {
  if (usage.requests === usage.unreported) return usage.requests === 0 ? "none" : "unknown";
  const tokens = `${usage.inputTokens} in, ${usage.outputTokens} out`;
  return usage.unreported === 0 ? tokens : `at least ${tokens} (${usage.unreported} unreported)`;
}

/** A cost for people: `$0.000940`, `at least $0.01 (1 request unreported)`, `unknown`. */
export function formatCost(cost: Cost): string {
  if (cost.basis === "unknown") return "unknown";
  const dollars = `$${(cost.ticks / TICKS_PER_USD).toFixed(6)}`;
  const marked = cost.basis === "estimated" ? `about ${dollars}` : dollars;
  return cost.unreported === undefined ? marked : `at least ${dollars} (${cost.unreported} unreported)`;
}
