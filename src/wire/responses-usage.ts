import { compact, isObject, readCount } from "./json.ts";
import type { ResponsesUsage } from "./responses-types.ts";

/** The counts we know of a `usage` object; undefined when it has none. What is no count is left out, never 0. */
export function decodeResponsesUsage(usage: unknown): ResponsesUsage | undefined {
  if (!isObject(usage)) return undefined;
  return orNothing(
    compact<ResponsesUsage>({
      input_tokens: readCount(usage.input_tokens),
      input_tokens_details: decodeDetails(usage.input_tokens_details, ["cached_tokens"]),
      output_tokens: readCount(usage.output_tokens),
      output_tokens_details: decodeDetails(usage.output_tokens_details, ["reasoning_tokens"]),
      total_tokens: readCount(usage.total_tokens),
      num_sources_used: readCount(usage.num_sources_used),
      num_server_side_tools_used: readCount(usage.num_server_side_tools_used),
      server_side_tool_usage_details: decodeCounts(usage.server_side_tool_usage_details),
      context_details: decodeDetails(usage.context_details, ["input_tokens", "output_tokens"]),
      cost_in_usd_ticks: readCost(usage.cost_in_usd_ticks),
      cost_in_nano_usd: readCost(usage.cost_in_nano_usd),
    }),
  );
}

/** 0 means "not reported": xAI's own REST mapper fills it in (grok-build, client.rs:3117). */
function readCost(value: unknown): number | undefined {
  return value === 0 ? undefined : readCount(value);
}

function decodeDetails<Name extends string>(
  details: unknown,
  names: readonly Name[],
): { [N in Name]?: number } | undefined {
  if (!isObject(details)) return undefined;
  const decoded: { [N in Name]?: number } = {};
  for (const name of names) {
    const count = readCount(details[name]);
    if (count !== undefined) decoded[name] = count;
  }
  return orNothing(decoded);
}

/** Every count of an object, whatever its name: xAI adds tools. */
function decodeCounts(details: unknown): Readonly<Record<string, number>> | undefined {
  if (!isObject(details)) return undefined;
  const counts = Object.entries(details).flatMap(([name, value]) => {
    const count = readCount(value);
    return count === undefined ? [] : [[name, count] as const];
  });
  return orNothing(Object.fromEntries(counts));
}

function orNothing<T extends object>(decoded: T): T | undefined {
  return Object.keys(decoded).length === 0 ? undefined : decoded;
}
