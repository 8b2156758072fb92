import type { AgentError, ErrorCode } from "../errors.ts";
import type { RetryBudget } from "../model/index.ts";

/**
 * A bucket of tokens that all retries of a client are paid from, so that many calls on a dead server do not become three times
 * as many. The numbers are those of AWS's SDKs, read 2026-11-20.
 */
export interface RetryBudgetOptions {
  /** What the bucket holds at first and at most. Default 500. */
  tokens: number;
  /** What a retry costs after the connection or the server failed. Default 14. */
  transientCost: number;
  /** The same after the server asked for patience: 429, 498, 529. Default 5. */
  throttledCost: number;
  /** What a request that succeeded puts back. Default 1. */
  refund: number;
}

export const DEFAULT_RETRY_BUDGET: RetryBudgetOptions = { tokens: 500, transientCost: 14, throttledCost: 5, refund: 1 };

const THROTTLED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["rate_limited", "overloaded"]);

/** Starts full. */
export function createRetryBudget(given: Partial<RetryBudgetOptions> = {}): RetryBudget {
  const { tokens, transientCost, throttledCost, refund } = { ...DEFAULT_RETRY_BUDGET, ...given };
  let left = tokens;
  return {
    take({ code }: AgentError) {
      const cost = THROTTLED.has(code) ? throttledCost : transientCost;
      if (cost > left) return false;
      left -= cost;
      return true;
    },
    refund() {
      left = Math.min(tokens, left + refund);
    },
  };
}
