import { type Answer, answerUsage } from "./answer.ts";
import type { Json } from "./output-item.ts";
import { chatChunks } from "./stream.ts";
import type { SimUsageJson } from "./usage.ts";

/**
 * The chunks of a chat answer as a proxy describes them (xai-wire 1.7, "S2"): `message` for `delta`, the object of a whole
 * answer, `finish_reason: ""` until the end, and usage in every chunk, so far.
 *
 * Models of other vendors keep `delta`. The source does not say so; but the programs written for those models, the
 * `openai` package first, read nothing else, and would show an empty answer.
 */
export function proxyChunks(answer: Answer): readonly Json[] {
  const chunkField = answer.turn.chunkField ?? (answer.model.owner === undefined ? "message" : "delta");
  const chunks = chatChunks({ ...answer, turn: { ...answer.turn, chunkField } });
  const usage = answerUsage(answer);
  return chunks.map((chunk, at) => ({
    ...chunk,
    object: "chat.completion",
    choices: (chunk.choices as readonly Json[]).map(withReason), // as: a chunk has a list of choices
    ...(usage === undefined ? {} : { usage: soFar(usage, (at + 1) / chunks.length) }),
  }));
}

function withReason(choice: Json): Json {
  return { ...choice, finish_reason: choice.finish_reason ?? "" };
}

/** The usage when this share of the answer has been sent. What it costs is said at the end. */
function soFar(usage: SimUsageJson, share: number): Json {
  if (share === 1) return { ...usage };
  const { cost_in_usd_ticks: _unknown, ...counts } = usage;
  const completion = Math.floor(usage.completion_tokens * share);
  const reasoning = Math.floor(usage.completion_tokens_details.reasoning_tokens * share);
  return {
    ...counts,
    completion_tokens: completion,
    total_tokens: usage.prompt_tokens + completion + reasoning,
    completion_tokens_details: { ...usage.completion_tokens_details, reasoning_tokens: reasoning },
  };
}
