import { type Answer, incompleteReason, SIM_FINGERPRINT } from "./answer.ts";
import type { Json } from "./output-item.ts";
import { outputItems } from "./responses-items.ts";
import { responsesUsage } from "./responses-usage.ts";

/**
 * The response object, key for key as in the newest recording. `begun`: as `response.created` carries it, without output
 * and usage.
 */
export function responseBody(answer: Answer, phase: "begun" | "ended"): Json {
  const { request, turn } = answer;
  const hasEnded = phase === "ended" && turn.finishReason !== null;
  const incomplete = incompleteReason(turn);
  const output = phase === "ended" ? outputItems(answer).map(({ done }) => done) : [];
  return {
    created_at: answer.created,
    completed_at: hasEnded ? answer.created : null,
    id: answer.id,
    max_output_tokens: request.max_output_tokens ?? null,
    model: answer.model.id,
    object: "response",
    output,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    reasoning: { effort: request.reasoning_effort ?? null, summary: null },
    temperature: request.temperature ?? null,
    text: request.text ?? { format: { type: "text" } },
    tool_choice: request.sent_tool_choice ?? "auto",
    tools: request.sent_tools ?? [],
    top_p: request.top_p ?? null,
    usage: hasEnded && turn.usage !== null ? responsesUsage(answer) : null,
    user: request.user ?? null,
    incomplete_details: hasEnded && incomplete !== undefined ? { reason: incomplete } : null,
    status: hasEnded ? statusOf(answer) : "in_progress",
    store: request.store ?? true,
    metadata: { system_fingerprint: SIM_FINGERPRINT },
    background: false,
    service_tier: turn.serviceTier ?? "default",
    truncation: "disabled",
    top_logprobs: 0,
    presence_penalty: 0,
    frequency_penalty: 0,
    prompt_cache_key: request.prompt_cache_key ?? null,
    max_tool_calls: null,
    safety_identifier: request.safety_identifier ?? null,
    error: hasEnded ? (turn.failed ?? null) : null,
    instructions: request.instructions ?? null,
  };
}

/** A call of a function ends a response as `completed` too: it is told by its items (xai-wire 2.4). */
function statusOf({ turn }: Answer): string {
  if (turn.failed !== undefined) return "failed";
  return incompleteReason(turn) === undefined ? "completed" : "incomplete";
}
