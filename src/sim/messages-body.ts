import { type Answer, answeredCalls, answerUsage, finishReason } from "./answer.ts";
import type { Json } from "./output-item.ts";
import { parseJson } from "./request.ts";
import { seal, signThinking } from "./sealed.ts";

/** A content block of an answer, and for a call its arguments as the model wrote them. */
export interface AnsweredBlock {
  readonly block: Json & { readonly type: string };
  readonly argumentsText?: string;
}

/** The blocks of an answer in their order: thinking, text, calls. */
export function answeredBlocks(answer: Answer): readonly AnsweredBlock[] {
  const { text } = answer.turn;
  const said = text === undefined || text === "" ? [] : [{ block: { type: "text", text } }];
  const asked = answeredCalls(answer).map(({ id, function: { name, arguments: args } }) => ({
    block: { type: "tool_use", id, name, input: inputOf(args) },
    argumentsText: args,
  }));
  return [...thinkingBlocks(answer), ...said, ...asked];
}

/** Arguments that are no JSON can only be told as their text. */
function inputOf(args: string): unknown {
  const value = parseJson(args);
  return value === undefined ? args : value;
}

/** Thinking that is only encrypted is redacted. */
function thinkingBlocks({ turn, model, id }: Answer): readonly AnsweredBlock[] {
  const { reasoning, reasoningEncrypted: given } = turn;
  if (reasoning !== undefined) {
    const signature = typeof given === "string" ? given : signThinking(model.id, reasoning);
    return [{ block: { type: "thinking", thinking: reasoning, signature } }];
  }
  if (given === undefined || given === false) return [];
  return [{ block: { type: "redacted_thinking", data: given === true ? seal(model.id, id) : given } }];
}

/** The body of an answer that is not streamed (xai-wire 3). */
export function messageJson(answer: Answer): Json {
  const usage = messageUsage(answer);
  return {
    ...messageHead(answer),
    content: answeredBlocks(answer).map(({ block }) => block),
    ...messageEnd(answer),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** The fields that are known before anything is said. On xAI the id is a bare UUID. */
export function messageHead({ id, model }: Answer): Json {
  return { id, type: "message", role: "assistant", model: model.id };
}

/** Reasons in the words of this protocol; others are sent as a script says them. */
const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
};

/** Why it ended; null when a script says that nothing is ever said. */
export function messageEnd({ turn, request }: Answer): Json {
  const reason = finishReason(turn);
  const stop_reason = reason === undefined ? null : (STOP_REASONS[reason] ?? reason);
  const sequence = stop_reason === "stop_sequence" ? request.stop?.[0] : undefined;
  return { stop_reason, stop_sequence: sequence ?? null };
}

/** The same counts as on chat completions, in this protocol's arithmetic: input without what was cached, output with thinking. */
export function messageUsage(answer: Answer): Json | undefined {
  const usage = answerUsage(answer);
  if (usage === undefined) return undefined;
  const { cached_tokens: cached } = usage.prompt_tokens_details;
  const { reasoning_tokens: thinking } = usage.completion_tokens_details;
  const tier = answer.turn.serviceTier;
  return {
    input_tokens: Math.max(0, usage.prompt_tokens - cached),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: usage.completion_tokens + thinking,
    output_tokens_details: { thinking_tokens: thinking },
    ...(tier === undefined ? {} : { service_tier: tier }),
  };
}
