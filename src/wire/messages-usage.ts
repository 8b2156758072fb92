import { compact, isObject, readCount, readString } from "./json.ts";
import type { MessagesUsage } from "./messages-types.ts";

/** The counts we know of a `usage` object; undefined when it has none. What is no count is left out, never 0. */
export function decodeMessagesUsage(usage: unknown): MessagesUsage | undefined {
  if (!isObject(usage)) return undefined;
  const ticks = readCount(usage.cost_in_usd_ticks);
  return orNothing(
    compact<MessagesUsage>({
      input_tokens: readCount(usage.input_tokens),
      cache_creation_input_tokens: readCount(usage.cache_creation_input_tokens),
      cache_read_input_tokens: readCount(usage.cache_read_input_tokens),
      output_tokens: readCount(usage.output_tokens),
      output_tokens_details: readDetails(usage.output_tokens_details),
      server_tool_use: readServerTools(usage.server_tool_use),
      service_tier: readString(usage.service_tier),
      // 0 means "not reported", as on the other endpoints.
      cost_in_usd_ticks: ticks === 0 ? undefined : ticks,
    }),
  );
}

/** Usage is cumulative and tells what changed: of each count the last one told holds. */
export function mergeMessagesUsage(
  known: MessagesUsage | undefined,
  next: MessagesUsage | undefined,
): MessagesUsage | undefined {
  if (known === undefined || next === undefined) return next ?? known;
  return { ...known, ...next };
}

function readDetails(details: unknown): MessagesUsage["output_tokens_details"] {
  if (!isObject(details)) return undefined;
  return orNothing(compact<{ thinking_tokens?: number }>({ thinking_tokens: readCount(details.thinking_tokens) }));
}

function readServerTools(counts: unknown): MessagesUsage["server_tool_use"] {
  if (!isObject(counts)) return undefined;
  return orNothing(
    compact<{ web_search_requests?: number; web_fetch_requests?: number }>({
      web_search_requests: readCount(counts.web_search_requests),
      web_fetch_requests: readCount(counts.web_fetch_requests),
    }),
  );
}

function orNothing<T extends object>(decoded: T): T | undefined {
  return Object.keys(decoded).length === 0 ? undefined : decoded;
}
