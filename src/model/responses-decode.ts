import type { AssistantMessage, FinishReason, MessageToolCall, RawItems, ServerToolKind } from "../message/index.ts";
import type { ResponsesResponse } from "../wire/index.ts";
import { citationsOf } from "./citations.ts";
import { asJson, type Json, textOf } from "./json.ts";
import type { ModelTurn, ServerCallResult } from "./model.ts";
import { readTexts } from "./responses-text.ts";
import { spendingOf } from "./responses-usage.ts";
import { calledTool } from "./server-call-kind.ts";

/** What a turn takes from beside the answer. */
export interface TurnContext {
  /** The model asked for. */
  model: string;
  /** Of the endpoint that answered. */
  host: string;
  /** Whose items these are. */
  maker: Pick<RawItems, "provider" | "family">;
  serverCalls: readonly ServerCallResult[];
  /** Kinds of server tools called in earlier answers of the conversation. */
  earlier: ReadonlySet<ServerToolKind>;
}

/** A whole turn from a whole answer. Streamed or awaited, one answer gives one turn. */
export function decodeResponsesTurn(response: ResponsesResponse, context: TurnContext): ModelTurn {
  const items = response.output.map(asJson);
  const texts = readTexts(items);
  const toolCalls = items.flatMap((item) => clientCall(item) ?? []);
  const message: AssistantMessage = { role: "assistant", content: texts.content };
  if (texts.reasoning !== "") message.reasoning = texts.reasoning;
  if (texts.refusal !== "") message.refusal = texts.refusal;
  if (toolCalls.length > 0) message.toolCalls = toolCalls;
  if (items.length > 0) message.raw = { api: "responses", ...context.maker, items: response.output };
  const turn: ModelTurn = { message, finishReason: finishReasonOf(response, message), ...spending(response, context) };
  const reason = response.status === "completed" ? undefined : (response.incomplete_details?.reason ?? response.status);
  if (reason !== undefined && reason !== null && !IS_SAID.has(reason)) turn.wireFinishReason = reason;
  const citations = citationsOf(texts.pieces, { results: context.serverCalls, earlier: context.earlier });
  if (citations.length > 0) turn.citations = citations;
  if (context.serverCalls.length > 0) {
    turn.serverCalls = context.serverCalls;
    turn.serverTurns = serverTurnsOf(items);
  }
  return { ...turn, ...identity(response) };
}

/** Reasons of which ours says as much. */
const IS_SAID: ReadonlySet<string> = new Set(["max_output_tokens", "content_filter"]);

function clientCall(item: Json): MessageToolCall | undefined {
  if (item.type !== "function_call") return undefined;
  const { call_id, id, name, arguments: written } = item;
  const args = textOf(written) ?? "{}";
  return { id: textOf(call_id) ?? textOf(id) ?? "", tool: textOf(name) ?? "", arguments: args };
}

/** A tool turn is told by its items: its status is `completed` like that of an answer. */
function finishReasonOf(response: ResponsesResponse, message: AssistantMessage): FinishReason {
  if (response.status === "incomplete") {
    const reason = response.incomplete_details?.reason;
    return reason === "content_filter" ? "content_filter" : "length"; // whatever cut it short, it is not an answer
  }
  if (message.toolCalls !== undefined) return "tool_calls";
  if (response.status !== "completed") return "other";
  return message.refusal === undefined ? "stop" : "refusal";
}

function spending(response: ResponsesResponse, context: TurnContext): Pick<ModelTurn, "usage" | "cost"> {
  const { model, service_tier: tier, usage } = response;
  return spendingOf(usage, {
    model: model === "" ? context.model : model,
    terms: { host: context.host, ...(tier === undefined ? {} : { serviceTier: tier }) },
    serverCalls: context.serverCalls.length,
  });
}

/** Calls that stand side by side were one turn of the server: nothing the model said or thought is between them. */
function serverTurnsOf(items: readonly Json[]): number {
  const isCall = items.map((item) => calledTool(item, []) !== undefined);
  return isCall.filter((called, index) => called && isCall[index - 1] !== true).length;
}

function identity(response: ResponsesResponse): Partial<ModelTurn> {
  const { model, id, metadata, service_tier: tier } = response;
  return {
    ...(model === "" ? {} : { servedModel: model }),
    ...(id === "" ? {} : { responseId: id }),
    ...(metadata?.system_fingerprint === undefined ? {} : { systemFingerprint: metadata.system_fingerprint }),
    ...(tier === undefined ? {} : { serviceTier: tier }),
  };
}
