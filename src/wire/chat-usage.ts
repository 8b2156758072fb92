import type { ChatCompletionTokens, ChatPromptTokens, ChatUsage } from "./chat-types.ts";
import { compact, isObject, readCount } from "./json.ts";

/** The counts we know of a `usage` object; undefined when it has none. What is no count is left out, never 0. */
export function decodeChatUsage(usage: unknown): ChatUsage | undefined {
  if (!isObject(usage)) return undefined;
  const ticks = readCount(usage.cost_in_usd_ticks);
  const decoded = compact<ChatUsage>({
    prompt_tokens: readCount(usage.prompt_tokens),
    completion_tokens: readCount(usage.completion_tokens),
    total_tokens: readCount(usage.total_tokens),
    prompt_tokens_details: decodePromptTokens(usage.prompt_tokens_details),
    completion_tokens_details: decodeCompletionTokens(usage.completion_tokens_details),
    num_sources_used: readCount(usage.num_sources_used),
    // 0 means "not reported": xAI's own REST mapper fills it in (grok-build, client.rs:3117).
    cost_in_usd_ticks: ticks === 0 ? undefined : ticks,
  });
  return orNothing(decoded);
}

function decodePromptTokens(details: unknown): ChatPromptTokens | undefined {
  if (!isObject(details)) return undefined;
  const decoded = compact<ChatPromptTokens>({
    text_tokens: readCount(details.text_tokens),
    audio_tokens: readCount(details.audio_tokens),
    image_tokens: readCount(details.image_tokens),
    cached_tokens: readCount(details.cached_tokens),
  });
  return orNothing(decoded);
}

function decodeCompletionTokens(details: unknown): ChatCompletionTokens | undefined {
  if (!isObject(details)) return undefined;
  const decoded = compact<ChatCompletionTokens>({
    reasoning_tokens: readCount(details.reasoning_tokens),
    audio_tokens: readCount(details.audio_tokens),
    accepted_prediction_tokens: readCount(details.accepted_prediction_tokens),
    rejected_prediction_tokens: readCount(details.rejected_prediction_tokens),
  });
  return orNothing(decoded);
}

function orNothing<T extends object>(decoded: T): T | undefined {
  return Object.keys(decoded).length === 0 ? undefined : decoded;
}
