import { AgentError } from "../errors.ts";
import type { AssistantMessage, Cost, FinishReason, MessageToolCall, Usage } from "../message/index.ts";
import type { ChatAnswer, ChatCompletion, ChatFinishReason, ChatToolCall, ChatUsage } from "../wire/index.ts";
import type { ModelTurn } from "./model.ts";

/**
 * A whole turn from a whole answer. Only the first choice is read: we never ask for more.
 * @throws {AgentError} `stream_incomplete` when the answer has no choice.
 */
export function decodeTurn(completion: ChatCompletion): ModelTurn {
  const [choice] = completion.choices;
  if (choice === undefined) {
    const message = `The answer of ${completion.model || "the model"} holds no choice. Send the request again.`;
    throw new AgentError("stream_incomplete", message, { retryable: true });
  }
  const message = decodeMessage(choice.message);
  const turn: ModelTurn = {
    message,
    finishReason: decodeFinishReason(choice.finish_reason, message),
    cost: decodeCost(completion.usage),
  };
  if (turn.finishReason === "other" && choice.finish_reason) turn.wireFinishReason = choice.finish_reason;
  const usage = completion.usage && decodeUsage(completion.usage);
  if (usage !== undefined) turn.usage = usage;
  if (completion.model !== "") turn.servedModel = completion.model;
  if (completion.id !== "") turn.responseId = completion.id;
  if (completion.request_id !== undefined) turn.requestId = completion.request_id;
  if (completion.system_fingerprint !== undefined) turn.systemFingerprint = completion.system_fingerprint;
  if (completion.service_tier !== undefined) turn.serviceTier = completion.service_tier;
  if (completion.simulated) turn.simulated = true;
  return turn;
}

/** The assistant message of an answer, exactly as it was received. */
export function decodeMessage(answer: ChatAnswer): AssistantMessage {
  const message: AssistantMessage = { role: "assistant", content: answer.content };
  if (answer.reasoning_content) message.reasoning = answer.reasoning_content;
  if (answer.refusal) message.refusal = answer.refusal;
  if (answer.tool_calls && answer.tool_calls.length > 0) message.toolCalls = answer.tool_calls.map(decodeCall);
  return message;
}

/** A call without arguments is written as `""` or as `{}`, and is the same call. */
function decodeCall(call: ChatToolCall): MessageToolCall {
  const { name, arguments: written } = call.function;
  return { id: call.id, tool: name, arguments: written === "" ? "{}" : written };
}

/** A reason nobody knows is `other`, and the run says so; what it was is kept beside it. */
function decodeFinishReason(reason: ChatFinishReason, message: AssistantMessage): FinishReason {
  switch (reason) {
    case "stop":
    case "end_turn": // in xAI's prose only
      return message.refusal === undefined ? "stop" : "refusal";
    case "tool_calls":
    case "function_call": // OpenAI's old word for it
      return "tool_calls";
    case "length":
    case "max_tokens": // a word of the Messages protocol, which proxies pass on
      return "length";
    case "content_filter":
      return "content_filter";
    case "refusal": // another
      return "refusal";
    default:
      return "other";
  }
}

/**
 * Tokens in one shape, whichever way the server counts them; undefined when it did not say enough to tell.
 * @see wire document 1.3: xAI's `completion_tokens` leaves reasoning out, other servers' holds it
 */
export function decodeUsage(usage: ChatUsage): Usage | undefined {
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
  if (prompt === undefined || completion === undefined) return undefined;
  const cached = usage.prompt_tokens_details?.cached_tokens;
  const reasoning = usage.completion_tokens_details?.reasoning_tokens;
  // More cached than prompt tokens: a server that counts them apart.
  const inputTokens = cached !== undefined && cached > prompt ? prompt + cached : prompt;
  const outside = reasoning !== undefined && isReasoningOutside({ prompt, inputTokens, completion, reasoning, total });
  const outputTokens = outside ? completion + reasoning : completion;
  const decoded: Usage = {
    inputTokens,
    outputTokens,
    totalTokens: Math.max(total ?? 0, inputTokens + outputTokens),
  };
  if (cached !== undefined) decoded.cachedInputTokens = cached;
  if (reasoning !== undefined) decoded.reasoningTokens = reasoning;
  if (usage.num_sources_used !== undefined) decoded.sourcesUsed = usage.num_sources_used;
  return decoded;
}

interface Counts {
  prompt: number;
  inputTokens: number;
  completion: number;
  reasoning: number;
  total: number | undefined;
}

/** The total decides. Without one, or with one that fits neither way, xAI's way is taken unless there is no room for it. */
function isReasoningOutside({ prompt, inputTokens, completion, reasoning, total }: Counts): boolean {
  if (reasoning > completion || total === undefined) return true;
  const rest = total - completion;
  if (rest === prompt || rest === inputTokens) return false;
  return rest >= prompt + reasoning;
}

/** What the server billed, in whole ticks; the wire has left out the 0 by which xAI says that it does not know. */
export function decodeCost(usage: ChatUsage | undefined): Cost {
  const ticks = usage?.cost_in_usd_ticks;
  return ticks === undefined || !Number.isSafeInteger(ticks) ? { basis: "unknown" } : { basis: "billed", ticks };
}
