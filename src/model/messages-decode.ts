import type { AssistantMessage, FinishReason, MessageToolCall, RawItems, ServerToolKind } from "../message/index.ts";
import type { MessagesAnswer, MessagesBlock } from "../wire/index.ts";
import { isObject, type Json, textOf } from "./json.ts";
import { messageCitations } from "./messages-citations.ts";
import { readBlocks } from "./messages-text.ts";
import { messageSpending } from "./messages-usage.ts";
import type { ModelTurn, ServerCallResult } from "./model.ts";

/** What a turn takes from beside the answer. */
export interface MessagesContext {
  /** The model asked for. */
  model: string;
  /** Of the endpoint that answered. */
  host: string;
  /** Whose blocks these are. */
  maker: Pick<RawItems, "provider" | "family">;
  serverCalls: readonly ServerCallResult[];
  /** Kinds of server tools called in earlier answers of the conversation. */
  earlier: ReadonlySet<ServerToolKind>;
}

/** A whole turn from a whole answer. Streamed or awaited, one answer gives one turn. */
export function decodeMessagesTurn(answer: MessagesAnswer, context: MessagesContext): ModelTurn {
  const { id, model, content, stop_reason: reason, usage } = answer;
  const { serverCalls, earlier, host } = context;
  const texts = readBlocks(content);
  const message: AssistantMessage = { role: "assistant", content: texts.content };
  const toolCalls = content.flatMap((block) => clientCall(block) ?? []);
  const refusal = reason === "refusal" ? explanationOf(answer) : undefined;
  if (texts.reasoning !== "") message.reasoning = texts.reasoning;
  if (refusal !== undefined) message.refusal = refusal;
  if (toolCalls.length > 0) message.toolCalls = toolCalls;
  if (!answer.raw.every(isPlain)) message.raw = { api: "messages", ...context.maker, items: answer.raw };
  const finishReason = finishReasonOf(reason, toolCalls.length > 0);
  const priced = { model: model === "" ? context.model : model, host, serverCalls: serverCalls.length };
  const turn: ModelTurn = { message, finishReason, ...messageSpending(usage, priced) };
  const isOtherLength = finishReason === "length" && reason !== "max_tokens";
  if (finishReason === "other" || isOtherLength) turn.wireFinishReason = reason;
  if (model !== "") turn.servedModel = model;
  if (id !== "") turn.responseId = id;
  if (usage?.service_tier !== undefined) turn.serviceTier = usage.service_tier;
  const citations = messageCitations(texts, { results: serverCalls, earlier });
  if (citations.length > 0) turn.citations = citations;
  if (serverCalls.length > 0) {
    turn.serverCalls = serverCalls;
    turn.serverTurns = serverTurnsOf(content);
  }
  return turn;
}

function clientCall(block: MessagesBlock): MessageToolCall | undefined {
  return block.type === "tool_use" ? { id: block.id, tool: block.name, arguments: block.input_json } : undefined;
}

function explanationOf({ stop_details }: MessagesAnswer): string | undefined {
  return isObject(stop_details) ? textOf(stop_details.explanation) : undefined;
}

/** What came with calls is to be carried out, whatever the server calls it; but what was cut off or refused is not. */
function finishReasonOf(reason: string, hasCalls: boolean): FinishReason {
  switch (reason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    // The server stopped in the middle of its own work, and would go on if it were asked again: text so far is no answer.
    case "pause_turn":
      return hasCalls ? "tool_calls" : "length";
    case "refusal":
      return "refusal";
    case "end_turn":
    case "stop_sequence":
    case "tool_use":
      return hasCalls ? "tool_calls" : "stop";
    default:
      return hasCalls ? "tool_calls" : "other";
  }
}

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text"],
  tool_use: ["type", "id", "name", "input"],
};

/** Whether a neutral message holds all that a block says. */
function isPlain(block: Json): boolean {
  const { type } = block;
  const known = typeof type === "string" && Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined;
  return (
    known !== undefined &&
    Object.entries(block).every(([name, value]) => known.includes(name) || saysNothing(name, value))
  );
}

/** No citations, and a call that the model made itself. @see Anthropic's SDK 1.11.0, `ToolUseBlock.caller` */
function saysNothing(name: string, value: unknown): boolean {
  if (value === null || (Array.isArray(value) && value.length === 0)) return true;
  return name === "caller" && isObject(value) && value.type === "direct";
}

/** Calls that stand side by side were one turn of the server: the model read nothing between them. */
function serverTurnsOf(content: readonly MessagesBlock[]): number {
  const isCall = content.map(({ type }) => type === "server_tool_use" || type === "mcp_tool_use");
  return isCall.filter((called, index) => called && isCall[index - 1] !== true).length;
}
