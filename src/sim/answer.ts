import type { SimModel } from "./models.ts";
import type { SimRequest } from "./request.ts";
import type { SimToolCall, SimTurn } from "./script.ts";
import { type SimUsageJson, usageOf } from "./usage.ts";

/** Everything one answer is made from. */
export interface Answer {
  readonly request: SimRequest;
  readonly turn: SimTurn;
  readonly model: SimModel;
  /** Number of the chat request in this simulator, from 0. */
  readonly index: number;
  /** A bare UUID, as on xAI. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
}

/** The fingerprint of every simulated answer. */
export const SIM_FINGERPRINT = "sim_fairwitness";

/** A tool call as it stands in an answer. */
export interface AnsweredCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
  readonly type: "function";
}

/** The calls of a turn with their ids and their arguments as text. */
export function answeredCalls(answer: Answer): readonly AnsweredCall[] {
  return (answer.turn.toolCalls ?? []).map((call, n) => ({
    id: call.id ?? `call_sim_${answer.index}_${n}`,
    function: { name: call.name, arguments: argumentsText(call) },
    type: "function",
  }));
}

function argumentsText(call: SimToolCall): string {
  return typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
}

/** Why the turn ends; `undefined` when the script says that nothing is ever said. */
export function finishReason(turn: SimTurn): string | undefined {
  if (turn.finishReason === null) return undefined;
  if (turn.finishReason !== undefined) return turn.finishReason;
  if (turn.incomplete !== undefined) return "length";
  return (turn.toolCalls ?? []).length > 0 ? "tool_calls" : "stop";
}

/** Why a response ends incomplete, if it does. */
export function incompleteReason({ incomplete, finishReason: reason }: SimTurn): string | undefined {
  if (incomplete !== undefined) return incomplete;
  if (reason === "length") return "max_output_tokens";
  return reason === "content_filter" ? reason : undefined;
}

/** The usage of an answer; `undefined` when the script withholds it. */
export function answerUsage(answer: Answer): SimUsageJson | undefined {
  return answer.turn.usage === null ? undefined : usageOf(answer.request, answer.turn, answer.model);
}

/** Fields every body and chunk ends with. */
export function closingFields(turn: SimTurn): Record<string, unknown> {
  const tier = turn.serviceTier === undefined ? {} : { service_tier: turn.serviceTier };
  return { system_fingerprint: SIM_FINGERPRINT, ...tier };
}

/** The body of an answer that is not streamed, key for key as recorded (xai-wire 1.3). */
export function completionJson(answer: Answer): Record<string, unknown> {
  const usage = answerUsage(answer);
  return {
    id: answer.id,
    object: "chat.completion",
    created: answer.created,
    model: answer.model.id,
    choices: Array.from({ length: answer.request.n ?? 1 }, (_, index) => choiceJson(answer, index)),
    ...(usage === undefined ? {} : { usage }),
    ...closingFields(answer.turn),
  };
}

function choiceJson(answer: Answer, index: number): Record<string, unknown> {
  const calls = answeredCalls(answer);
  const { reasoning, text } = answer.turn;
  return {
    index,
    message: {
      role: "assistant",
      content: text ?? "",
      ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      refusal: null,
    },
    finish_reason: finishReason(answer.turn) ?? null,
  };
}
