import type { Answer } from "./answer.ts";
import type { Json } from "./output-item.ts";
import { isFailed } from "./served-shapes.ts";
import type { SimRawCall, SimServerCall, SimServerKind } from "./server-calls.ts";
import { costTicks, estimateOutput, estimatePrompt, estimateTokens } from "./usage.ts";

/** Billable successes, by the wire's names (xai-wire 2.6). */
interface ToolCounts {
  readonly web_search_calls: number;
  readonly x_search_calls: number;
  readonly x_posts_fetched: number;
  readonly x_users_fetched: number;
  readonly code_interpreter_calls: number;
  readonly file_search_calls: number;
  readonly mcp_calls: number;
  readonly document_search_calls: number;
  readonly image_generation_calls: number;
}

/**
 * Ticks per call, post or profile (xai-wire 6.3, as of 2026-09-21). X search is billed by what it fetched, a remote MCP
 * server by tokens alone. What an image costs is not in our sources.
 */
const TOOL_PRICES: Readonly<Record<Exclude<keyof ToolCounts, "image_generation_calls">, number>> = {
  web_search_calls: 50_000_000,
  x_search_calls: 0,
  x_posts_fetched: 50_000_000,
  x_users_fetched: 100_000_000,
  code_interpreter_calls: 50_000_000,
  file_search_calls: 25_000_000,
  mcp_calls: 0,
  document_search_calls: 100_000_000,
};

/**
 * Usage with the arithmetic of Responses: output includes reasoning, and input is summed over the server's own turns,
 * of which the simulator counts one for each of its calls. The context is what stands in it at the end.
 */
export function responsesUsage(answer: Answer): Json {
  const { turn, model } = answer;
  const given = turn.usage ?? {};
  const calls = turn.serverTools ?? [];
  const counts = countTools(calls);
  const { input, context } = inputTokens(answer, calls);
  const cached = given.cachedTokens ?? 0;
  const reasoning = given.reasoningTokens ?? estimateTokens(turn.reasoning ?? "");
  const visible = given.completionTokens ?? estimateOutput(turn);
  const output = visible + reasoning;
  const billed = { prompt: input, cached, output, longest: context, tier: turn.serviceTier };
  const ticks = given.costInUsdTicks ?? toolTicks(counts, costTicks(model, billed));
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
    num_sources_used: 0,
    num_server_side_tools_used: calls.filter(isAttempt).length,
    ...(ticks === undefined ? {} : { cost_in_usd_ticks: ticks }),
    server_side_tool_usage_details: counts,
    context_details: { input_tokens: context, output_tokens: given.context?.outputTokens ?? visible },
  };
}

/** All that was read, inner turns summed, and what was read by the last of them. */
function inputTokens(
  { request, turn }: Answer,
  calls: readonly (SimServerCall | SimRawCall)[],
): { input: number; context: number } {
  const { promptTokens, context } = turn.usage ?? {};
  const turns = calls.length + 1;
  if (promptTokens !== undefined)
    return { input: promptTokens, context: context?.inputTokens ?? Math.ceil(promptTokens / turns) };
  const prompt = estimatePrompt(request);
  const fetched = calls.length === 0 ? 0 : estimateTokens(JSON.stringify(calls.map(foundBy)));
  return { input: prompt * turns + fetched * calls.length, context: context?.inputTokens ?? prompt + fetched };
}

/** What the caller is asked to run is no server call. */
const CLIENT_CALLS = ["function_call", "shell_call"];

/** A raw item counts as a call when its type says that it is one. */
function isAttempt(call: SimServerCall | SimRawCall): boolean {
  return call.kind !== "item" || (call.item.type.endsWith("_call") && !CLIENT_CALLS.includes(call.item.type));
}

function foundBy(call: SimServerCall | SimRawCall): unknown {
  return call.kind === "item" ? call.item : [call.sources, call.kind === "image_generation" ? undefined : call.output];
}

function countTools(calls: readonly (SimServerCall | SimRawCall)[]): ToolCounts {
  const good = calls.filter((call) => call.kind !== "item").filter(({ failed }) => !isFailed(failed));
  const count = (kind: SimServerKind): number => good.filter((call) => call.kind === kind).length;
  const found = good.filter(({ kind }) => kind === "x_search").flatMap(({ sources }) => sources ?? []);
  const posts = found.filter((source) => source.includes("/status/")).length;
  return {
    web_search_calls: count("web_search"),
    x_search_calls: count("x_search"),
    x_posts_fetched: posts,
    x_users_fetched: found.length - posts,
    code_interpreter_calls: count("code_execution"),
    file_search_calls: count("collections_search"),
    mcp_calls: count("mcp"),
    document_search_calls: 0,
    image_generation_calls: count("image_generation"),
  };
}

/** Tokens and tools; undefined where something was made whose price is not known. */
function toolTicks({ image_generation_calls: images, ...counts }: ToolCounts, tokenTicks: number): number | undefined {
  if (images > 0) return undefined;
  // As: the entries of a ToolCounts have its keys.
  const entries = Object.entries(counts) as [keyof typeof TOOL_PRICES, number][];
  return entries.reduce((sum, [name, count]) => sum + count * TOOL_PRICES[name], tokenTicks);
}
