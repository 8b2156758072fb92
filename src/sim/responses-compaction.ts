import type { SimModel } from "./models.ts";
import type { Json } from "./output-item.ts";
import { invalid, isRecord, messageText, type SimMessage, type SimRefusal, type SimRequest } from "./request.ts";
import { inputRefusal } from "./responses-input-rules.ts";
import { inputProblem } from "./responses-input-shape.ts";
import { firstRefusal, promptLength, type Rule } from "./rules.ts";
import { sealCompaction } from "./sealed.ts";
import { type ShapeProblem, struct, text } from "./serde.ts";
import { estimatePrompt, estimateTokens } from "./usage.ts";

const shape = struct({ model: text, input: () => undefined }, ["model", "input"]);

/** The first thing in a request to `/v1/responses/compact` that is not of its shape (docs.x.ai, context-compaction). */
export function compactionShapeProblem(body: unknown, invented: ReadonlySet<string>): ShapeProblem | undefined {
  return shape(body, []) ?? inputProblem(isRecord(body) ? body.input : undefined, invented);
}

/** Model and input are all that is documented, and all that xAI's own SDK sends; that more is refused is ours. */
export function otherFieldRefusal(body: Json): SimRefusal | undefined {
  const field = Object.keys(body).find((name) => name !== "model" && name !== "input");
  return field === undefined ? undefined : invalid(`Argument not supported: ${field}`);
}

const rules: readonly Rule[] = [(request, model) => inputRefusal(request, model), promptLength];

/** Why xAI would refuse to make this conversation short. One that is too long already is not rescued (docs.x.ai). */
export function compactionRefusal(request: SimRequest, model: SimModel): SimRefusal | undefined {
  return firstRefusal(rules, request, model);
}

/**
 * The answer, field for field as documented: it has no cost.
 * @param number Of this compaction, from 1: so that runs of a test are alike.
 */
export function compactionBody(request: SimRequest, model: SimModel, number: number): Json {
  const id = `cmp_51300000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
  const short = shorten(request.messages);
  const [input, output] = [estimatePrompt(request), estimateTokens(short)];
  return {
    id,
    object: "response.compaction",
    created_at: Math.floor(Date.now() / 1000),
    model: model.id,
    output: [{ type: "compaction", id, encrypted_content: sealCompaction(short) }],
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + output,
      dropped_message_count: request.messages.length,
    },
  };
}

/** Characters that are left of what the user or the model said. */
const KEPT_CHARS = 200;

/** System prompts whole, what was said in short, of calls their names, and nothing of what tools gave back. */
function shorten(messages: readonly SimMessage[]): string {
  return messages.flatMap((message) => line(message) ?? []).join("\n");
}

function line(message: SimMessage): string | undefined {
  const { role, tool_calls: calls } = message;
  if (role === "tool" || role === "function") return undefined;
  const said = messageText(message);
  if (role === "system") return said;
  const called = (calls ?? []).map((call) => `called ${call.function.name}`);
  const words = [said.slice(0, KEPT_CHARS), ...called].filter((word) => word !== "").join(", ");
  return `${role}: ${words}`;
}
