import { formatCost, formatUsage, type RunResult } from "fairwitness";

/**
 * Prints what a run came to and sets the exit code: 0 when it completed and made at least the calls that are expected
 * of it, since an example that does not do what it says must not look as if it did; 130 when it was interrupted.
 */
export function finish(result: RunResult, expected: Readonly<Record<string, number>> = {}): void {
  const { status, turns, toolCalls, usage, cost } = result;
  const tokens = `tokens: ${formatUsage(usage)}`;
  console.log(`\n${status}: ${turns} turns, ${toolCalls.length} tool calls, ${tokens}, cost ${formatCost(cost)}`);
  if (result.simulated) console.log("SIMULATED: tokens and cost are the simulator's estimates; nothing was billed.");
  if (status === "failed") console.error(`Failed: ${result.error.message}`);
  if (status === "cancelled") console.error(`Cancelled: ${result.reason}`);
  if (status === "limited") console.error(`Stopped at limits.${result.limit}: ${result.used} of ${result.max}`);
  process.exitCode = status === "cancelled" ? 130 : status === "completed" ? checkCalls(result, expected) : 1;
}

function checkCalls({ toolCalls }: RunResult, expected: Readonly<Record<string, number>>): number {
  const missing = Object.entries(expected).filter(([tool, times]) => {
    return toolCalls.filter((entry) => entry.call.tool === tool && entry.outcome === "ok").length < times;
  });
  for (const [tool, times] of missing) console.error(`Expected ${times} good calls of ${tool}, and saw fewer.`);
  return missing.length === 0 ? 0 : 1;
}
