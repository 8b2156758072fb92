import type { Cost, RunUsage, Usage } from "../message/index.ts";
import type { RunState } from "./state.ts";
import type { FailedAttempt, TurnCompletedEvent } from "./turn-events.ts";

/** Counts one model request, whole or failed: what it did not report stays unknown and is counted as such. */
export function countAttempt(state: RunState, usage: Usage | undefined, cost: Cost | undefined): void {
  const total = state.usage;
  total.requests += 1;
  if (usage === undefined) total.unreported += 1;
  else addUsage(total, usage);
  if (cost === undefined || cost.basis === "unknown") return;
  state.ticks.known += cost.ticks;
  state.ticks.reports += 1;
  if (cost.basis === "estimated") state.ticks.estimated += 1;
}

/** Failures that happen before anything is sent: they made no request. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  "no_api_key",
  "invalid_message",
  "invalid_option",
  "unsupported_setting",
  "bad_base_url",
  "insecure_base_url",
  "circuit_open",
  "bulkhead_full",
]);

export function countFailedAttempt(state: RunState, failed: FailedAttempt): void {
  if (failed.simulated === true || failed.error.simulated === true) state.simulated = true;
  if (!NEVER_SENT.has(failed.error.code)) countAttempt(state, failed.usage, failed.cost);
}

function addUsage(total: RunUsage, usage: Usage): void {
  total.inputTokens += usage.inputTokens;
  total.outputTokens += usage.outputTokens;
  total.totalTokens += usage.totalTokens;
  if (usage.cachedInputTokens !== undefined) {
    total.cachedInputTokens = (total.cachedInputTokens ?? 0) + usage.cachedInputTokens;
  }
  if (usage.reasoningTokens !== undefined) {
    total.reasoningTokens = (total.reasoningTokens ?? 0) + usage.reasoningTokens;
  }
  if (usage.sourcesUsed !== undefined) total.sourcesUsed = (total.sourcesUsed ?? 0) + usage.sourcesUsed;
  if (usage.contextTokens !== undefined) total.contextTokens = usage.contextTokens; // the size now, not a sum
  if (usage.serverToolCalls !== undefined) {
    total.serverToolCalls = (total.serverToolCalls ?? 0) + usage.serverToolCalls;
  }
  if (usage.billedServerTools !== undefined) {
    total.billedServerTools = addCounts(total.billedServerTools ?? {}, usage.billedServerTools);
  }
}

/**
 * Tokens that the conversation has once the turn is in it, as far as the server says: where it took turns by itself, `inputTokens` is a
 * sum, and only `contextTokens` tells.
 */
export function contextAfter({ usage, serverTurns }: TurnCompletedEvent): number | undefined {
  if (usage?.contextTokens !== undefined) return usage.contextTokens;
  const isSum = serverTurns !== undefined || (usage?.serverToolCalls ?? 0) > 0;
  return usage === undefined || isSum ? undefined : usage.inputTokens + usage.outputTokens;
}

/** What the run has cost so far, as far as the server said. */
export function totalCost({ ticks, usage }: RunState): Cost {
  if (ticks.reports === 0) return { basis: "unknown" };
  const unreported = usage.requests - ticks.reports;
  const total: Cost = { basis: ticks.estimated > 0 ? "estimated" : "billed", ticks: ticks.known };
  return unreported === 0 ? total : { ...total, unreported };
}

function addCounts(
  total: Readonly<Record<string, number>>,
  added: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum = { ...total };
  for (const [name, count] of Object.entries(added)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
