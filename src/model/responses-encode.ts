import { AgentError } from "../errors.ts";
import type { AssistantMessage, Message } from "../message/index.ts";
import type { ServerTool } from "../tool/index.ts";
import type { ResponsesRequest, ResponsesTextFormat, ResponsesToolChoice } from "../wire/index.ts";
import { mendSurrogates } from "./chat-message.ts";
import { createConversationEncoder, type EncodedRequest } from "./conversation.ts";
import { checkChoice } from "./declare.ts";
import { createLeftOut } from "./left-out.ts";
import type { ModelRequest, ModelSettings, ModelTurn, OutputFormat, ToolChoice } from "./model.ts";
import type { RawRules } from "./raw-items.ts";
import { toInputItems } from "./responses-items.ts";
import { encodeFunction, encodeServerTool, includes, secretsOf } from "./responses-tools.ts";

/** Writes the requests of one model. */
export interface ResponsesWriter {
  /** @throws {AgentError} `invalid_message`, `invalid_option` or `invalid_tool` for what can not be sent. */
  encode(request: ModelRequest): EncodedRequest;
  /** Writes a request that makes a conversation short: all of it. @throws {AgentError} `invalid_message` */
  encodeCompact(messages: readonly Message[]): EncodedRequest;
  /** From now on leaves out what is encrypted in these messages: their maker cannot read it. */
  forgetBlobs(messages: readonly Message[]): void;
  /** Forgets the stored answer that the next request would continue, so that it is sent whole. False when there is none. */
  unlink(messages: readonly Message[]): boolean;
  /** A request was answered, when the conversation had `count` messages. */
  answered(request: ModelRequest, count: number, turn: ModelTurn): void;
}

export interface ResponsesEncoder extends ResponsesWriter {
  /** @param previousResponseId The stored answer that the messages follow. */
  encode(request: ModelRequest, previousResponseId?: string): EncodedRequest;
}

/**
 * Writes request bodies for the Responses API that need nothing stored at xAI: the whole history, in which what it sent
 * encrypted goes back verbatim. Items of another maker are left out, with one warning for a conversation.
 * @param mode `store`: the answer is to be kept at xAI, to be continued by its id.
 */
export function createResponsesEncoder(
  model: string,
  maker: RawRules["maker"],
  mode: { store: boolean } = { store: false },
): ResponsesEncoder {
  const unreadable = new WeakSet<AssistantMessage>();
  const leftOut = createLeftOut(`${model} over the Responses API`);
  const rules: RawRules = { maker, isUnreadable: (message) => unreadable.has(message), note: leftOut.note };
  let previous: string | undefined;
  const entries = (message: Message, index: number): readonly string[] =>
    toInputItems(message, index, rules).map((item) => mendSurrogates(JSON.stringify(item)));
  const encoder = createConversationEncoder({
    head: (request) => encodeHead({ model, stream: true, store: mode.store }, request),
    entries,
    tail: (request) => encodeTail(request, previous),
    isWhole: !mode.store,
    secrets: ({ serverTools = [] }) => secretsOf(serverTools),
  });
  return {
    encode(request, previousResponseId) {
      previous = previousResponseId;
      return leftOut.tell(request, () => encoder.encode(withoutServerTools(request)));
    },
    encodeCompact: (messages) =>
      leftOut.tell({ messages }, () =>
        wholeRequest(`{"model":${JSON.stringify(model)},"input":[`, messages.flatMap(entries)),
      ),
    forgetBlobs(messages) {
      for (const message of messages) if (message.role === "assistant") unreadable.add(message);
      encoder.restart(messages);
    },
    unlink: () => false,
    answered() {}, // nothing is kept there to be continued
  };
}

const NO_SERVER_TOOLS: readonly ServerTool[] = [];

/**
 * A model that must call nothing is not offered what xAI runs: whether `tool_choice` holds for that too is not documented, and it costs.
 * Functions stay, as part of what the prompt cache knows.
 */
function withoutServerTools(request: ModelRequest): ModelRequest {
  return request.settings.toolChoice === "none" ? { ...request, serverTools: NO_SERVER_TOOLS } : request;
}

/** A request that is sent once: nothing of it is kept. */
function wholeRequest(head: string, items: readonly string[]): EncodedRequest {
  if (items.length === 0)
    throw new AgentError("invalid_message", "The conversation is empty: there is nothing to make short.");
  const body = new TextEncoder().encode(`${head}${items.join(",")}]}`);
  return { body, notices: [], release() {}, answered() {} };
}

/** What is the same on every turn comes first, and in a fixed order. */
function encodeHead(head: Omit<ResponsesRequest, "input">, { tools, serverTools = [] }: ModelRequest): string {
  const fields = mendSurrogates(JSON.stringify(head)).slice(0, -1);
  const offered = [...tools.map(encodeFunction), ...serverTools.map(encodeServerTool)];
  return `${fields}${offered.length === 0 ? "" : `,"tools":[${offered.join(",")}]`},"input":[`;
}

/** What may differ from turn to turn comes behind the items. */
function encodeTail(request: ModelRequest, previous: string | undefined): string {
  const { settings, serverTools = [], conversation, maxServerTurns, output } = request;
  const fields: Partial<ResponsesRequest> = {
    ...(previous === undefined ? {} : { previous_response_id: previous }),
    include: includes(serverTools, output === undefined ? settings : citedBeside(settings)),
    ...(conversation === "" ? {} : { prompt_cache_key: conversation }),
    ...(maxServerTurns === undefined || serverTools.length === 0 ? {} : { max_turns: maxServerTurns }),
    ...(output === undefined ? {} : { text: { format: textFormat(output) } }),
    ...sampling(settings),
    ...toolUse(request),
  };
  return `],${mendSurrogates(JSON.stringify(fields)).slice(1)}`;
}

/** Without `strict`, as on chat completions. */
function textFormat({ name, schema }: OutputFormat): ResponsesTextFormat {
  return { type: "json_schema", name, schema };
}

/** `[[1]](url)` has no place in JSON, where a text may be one of a fixed choice: citations come as annotations alone. */
function citedBeside(settings: ModelSettings): ModelSettings {
  return settings.citations === undefined ? { ...settings, citations: "annotations" } : settings;
}

function sampling(settings: ModelSettings): Partial<ResponsesRequest> {
  const fields: Partial<ResponsesRequest> = {};
  if (settings.temperature !== undefined) fields.temperature = settings.temperature;
  if (settings.topP !== undefined) fields.top_p = settings.topP;
  if (settings.maxOutputTokens !== undefined) fields.max_output_tokens = settings.maxOutputTokens;
  if (settings.reasoningEffort !== undefined) fields.reasoning = { effort: settings.reasoningEffort };
  if (settings.user !== undefined) fields.user = settings.user;
  return fields;
}

/** Without tools `auto`, `none` and the number of calls say nothing, and are not sent. */
function toolUse({ settings, tools, serverTools = [] }: ModelRequest): Partial<ResponsesRequest> {
  const { toolChoice, parallelToolCalls } = settings;
  checkChoice(toolChoice, tools, serverTools);
  if (tools.length + serverTools.length === 0) return {};
  const fields: Partial<ResponsesRequest> = {};
  if (toolChoice !== undefined) fields.tool_choice = toWireChoice(toolChoice);
  if (parallelToolCalls !== undefined) fields.parallel_tool_calls = parallelToolCalls;
  return fields;
}

function toWireChoice(choice: ToolChoice): ResponsesToolChoice {
  return typeof choice === "string" ? choice : { type: "function", name: choice.tool };
}
