import type { SimModel } from "./models.ts";
import {
  messageText,
  parseJson,
  type SimMessage,
  type SimPart,
  type SimRequest,
  type SimSentCall,
  type SimTool,
} from "./request.ts";
import type { SimTurn } from "./script.ts";

/** What the answer consumed, in xAI's own spelling (xai-wire 1.3). */
export interface SimUsageJson {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { text_tokens: number; audio_tokens: number; image_tokens: number; cached_tokens: number };
  completion_tokens_details: {
    reasoning_tokens: number;
    audio_tokens: number;
    accepted_prediction_tokens: number;
    rejected_prediction_tokens: number;
  };
  num_sources_used: number;
  cost_in_usd_ticks: number;
}

/** A deterministic estimate, not xAI's tokenizer: one token per four UTF-8 bytes, rounded up. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

/** What an image or a file counts, whatever its size: xAI's own count is not in our sources. */
const ATTACHMENT_TOKENS = 256;

/**
 * Estimated tokens of everything the model would read: messages and tools. Counted in one form for all endpoints, so that
 * one conversation counts the same on each of them: with content as text, and without the reasoning of earlier turns,
 * which each hands back in its own way.
 */
export function estimatePrompt({ messages, tools, hosted }: SimRequest): number {
  const read = [messages.map(readForm), tools?.map(toolForm), hosted];
  const texts = read.flatMap((part) => (part === undefined ? [] : [JSON.stringify(part)]));
  const attachments = messages.map(attachmentCount).reduce((sum, count) => sum + count, 0);
  const tokens = texts.map(estimateTokens).reduce((sum, count) => sum + count, 0);
  return Math.max(1, tokens + attachments * ATTACHMENT_TOKENS);
}

function readForm(message: SimMessage): unknown {
  const { role, tool_calls: calls, tool_call_id } = message;
  const content = messageText(message);
  if (!calls || calls.length === 0)
    return tool_call_id === undefined ? { role, content } : { role, tool_call_id, content };
  return { role, content, tool_calls: calls.map(callForm) };
}

/** Arguments without the white space that only their writer chose. */
function callForm({ id, function: { name, arguments: args } }: SimSentCall): unknown {
  const value = parseJson(args);
  return { id, type: "function", function: { name, arguments: value === undefined ? args : JSON.stringify(value) } };
}

function toolForm({ type, function: fn }: SimTool): unknown {
  return { type, function: { name: fn?.name, description: fn?.description, parameters: fn?.parameters } };
}

function attachmentCount({ content }: SimMessage): number {
  return Array.isArray(content) ? content.filter((part: SimPart) => typeof part.text !== "string").length : 0;
}

/** Usage with xAI's arithmetic: reasoning stands beside the completion, and the total is the sum of all three. */
export function usageOf(request: SimRequest, turn: SimTurn, model: SimModel): SimUsageJson {
  const given = turn.usage ?? {};
  const prompt = given.promptTokens ?? estimatePrompt(request);
  const cached = given.cachedTokens ?? 0;
  const choices = request.n ?? 1;
  const completion = given.completionTokens ?? estimateOutput(turn) * choices;
  const reasoning = given.reasoningTokens ?? estimateTokens(turn.reasoning ?? "") * choices;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion + reasoning,
    prompt_tokens_details: { text_tokens: prompt, audio_tokens: 0, image_tokens: 0, cached_tokens: cached },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    num_sources_used: 0,
    cost_in_usd_ticks:
      given.costInUsdTicks ??
      costTicks(model, { prompt, cached, output: completion + reasoning, tier: turn.serviceTier }),
  };
}

/** Estimated tokens of what is said and called; reasoning is counted apart. */
export function estimateOutput(turn: SimTurn): number {
  const calls = turn.toolCalls === undefined ? "" : JSON.stringify(turn.toolCalls);
  return estimateTokens(turn.text ?? "") + estimateTokens(calls);
}

/** What is billed. */
export interface BilledTokens {
  readonly prompt: number;
  /** Part of `prompt`. */
  readonly cached: number;
  /** Reasoning included. */
  readonly output: number;
  /** The longest single prompt, where `prompt` is a sum of several. */
  readonly longest?: number;
  /** As the answer states it: `priority` doubles all token prices. */
  readonly tier?: string | undefined;
}

/** Ticks as xAI bills them: long-context prices hold for all tokens once the prompt reaches the threshold. */
export function costTicks(model: SimModel, { prompt, cached, output, longest = prompt, tier }: BilledTokens): number {
  const isLong = model.longContextThreshold !== undefined && longest >= model.longContextThreshold;
  const prices = (isLong ? model.longContextPrices : undefined) ?? model.prices;
  const input = Math.max(0, prompt - cached) * prices.input + cached * prices.cachedInput;
  return (input + output * prices.output) * (tier === "priority" ? 2 : 1);
}
