import type { ToolDeclaration } from "../tool/index.ts";
import type { ChatRequest, ChatResponseFormat, ChatTool, ChatToolChoice } from "../wire/index.ts";
import { mendSurrogates, toChatMessage } from "./chat-message.ts";
import { createConversationEncoder, type EncodedRequest } from "./conversation.ts";
import { checkChoice, encodeDeclaration } from "./declare.ts";
import { createLeftOut } from "./left-out.ts";
import type { ModelRequest, ModelSettings, OutputFormat, ToolChoice } from "./model.ts";

export interface ChatEncoder {
  /** @throws {AgentError} `invalid_message`, `invalid_option` or `invalid_tool` for what can not be sent. */
  encode(request: ModelRequest): EncodedRequest;
}

/** Writes request bodies for chat completions. What only items of other protocols hold is left out, with one warning for a conversation. */
export function createRequestEncoder(model: string): ChatEncoder {
  const leftOut = createLeftOut(`${model} over chat completions`);
  const encoder = createConversationEncoder({
    head: ({ tools }) => encodeHead(model, tools),
    entries(message, index) {
      const encoded = toChatMessage(message, index, leftOut.note);
      return encoded === undefined ? [] : [mendSurrogates(JSON.stringify(encoded))];
    },
    tail: encodeTail,
  });
  return { encode: (request) => leftOut.tell(request, () => encoder.encode(request)) };
}

/** What is the same on every turn comes first, and in a fixed order. */
function encodeHead(model: string, tools: readonly ToolDeclaration[]): string {
  const head: Omit<ChatRequest, "messages"> = { model, stream: true, stream_options: { include_usage: true } };
  const fields = mendSurrogates(JSON.stringify(head)).slice(0, -1);
  const offered = tools.length === 0 ? "" : `,"tools":[${tools.map(encodeTool).join(",")}]`;
  return `${fields}${offered},"messages":[`;
}

function encodeTool(tool: ToolDeclaration): string {
  const { name, description, parameters } = tool;
  const what = description === "" ? { name, parameters } : { name, description, parameters };
  const declared: ChatTool = { type: "function", function: what };
  return encodeDeclaration(name, declared);
}

/** What may differ from turn to turn comes behind the messages. */
function encodeTail({ settings, tools, output }: ModelRequest): string {
  const fields: Partial<ChatRequest> = {};
  if (output !== undefined) fields.response_format = responseFormat(output);
  addSampling(fields, settings);
  addToolUse(fields, settings, tools);
  const json = mendSurrogates(JSON.stringify(fields));
  return json === "{}" ? "]}" : `],${json.slice(1)}`;
}

/** Without `strict`: xAI keeps to the schema always, and others take it to demand that every property is required. */
function responseFormat({ name, schema }: OutputFormat): ChatResponseFormat {
  return { type: "json_schema", json_schema: { name, schema } };
}

function addSampling(fields: Partial<ChatRequest>, settings: ModelSettings): void {
  if (settings.temperature !== undefined) fields.temperature = settings.temperature;
  if (settings.topP !== undefined) fields.top_p = settings.topP;
  if (settings.maxOutputTokens !== undefined) fields.max_completion_tokens = settings.maxOutputTokens;
  if (settings.frequencyPenalty !== undefined) fields.frequency_penalty = settings.frequencyPenalty;
  if (settings.presencePenalty !== undefined) fields.presence_penalty = settings.presencePenalty;
  if (settings.stop !== undefined && settings.stop.length > 0) fields.stop = settings.stop;
  if (settings.seed !== undefined) fields.seed = settings.seed;
  if (settings.reasoningEffort !== undefined) fields.reasoning_effort = settings.reasoningEffort;
  if (settings.user !== undefined) fields.user = settings.user;
}

/** Without tools `auto`, `none` and the number of calls say nothing, and are not sent. */
function addToolUse(
  fields: Partial<ChatRequest>,
  { toolChoice, parallelToolCalls }: ModelSettings,
  tools: readonly ToolDeclaration[],
): void {
  checkChoice(toolChoice, tools);
  if (tools.length === 0) return;
  if (toolChoice !== undefined) fields.tool_choice = toChatChoice(toolChoice);
  if (parallelToolCalls !== undefined) fields.parallel_tool_calls = parallelToolCalls;
}

function toChatChoice(choice: ToolChoice): ChatToolChoice {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.tool } };
}
