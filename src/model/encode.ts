import { AgentError, errorMessage } from "../errors.ts";
import type { Message } from "../message/index.ts";
import type { ToolDeclaration } from "../tool/index.ts";
import type { ChatRequest, ChatTool, ChatToolChoice } from "../wire/index.ts";
import { type GrowingBytes, growingBytes } from "./bytes.ts";
import { invalid, mendSurrogates, toChatMessage } from "./chat-message.ts";
import type { ModelRequest, ModelSettings, ToolChoice } from "./model.ts";

/** A request body, on loan. */
export interface EncodedRequest {
  /** A view of the conversation's buffer: as it is until `release`. */
  body: Uint8Array<ArrayBuffer>;
  /** Gives the buffer back, once the body is sent or given up. */
  release(): void;
}

export interface RequestEncoder {
  /** @throws {AgentError} `invalid_message`, `invalid_option` or `invalid_tool` for what can not be sent. */
  encode(request: ModelRequest): EncodedRequest;
}

/** One conversation as it was last sent: head, messages, and behind them room for the next. */
interface Conversation {
  bytes: GrowingBytes;
  tools: readonly ToolDeclaration[];
  head: string;
  /** Messages encoded, the ones left out included. */
  count: number;
  last: Message | undefined;
  isEmpty: boolean;
  /** A body that is still being sent: what lies behind the messages must not change under it. */
  isLent: boolean;
}

/**
 * Writes request bodies of one model, each conversation into one growing buffer: what was encoded in an earlier turn is
 * neither encoded nor copied again, and its bytes stay as they were, which is what the server's prompt cache matches by.
 * A conversation is known by its array of messages, which only grows; another one begins anew.
 */
export function createRequestEncoder(model: string): RequestEncoder {
  const conversations = new WeakMap<readonly Message[], Conversation>();
  return {
    encode(request) {
      const tail = encodeTail(request);
      const conversation = continued(conversations.get(request.messages), request, model);
      conversations.set(request.messages, conversation);
      appendMessages(conversation, request.messages);
      conversation.isLent = true;
      const release = (): void => {
        conversation.isLent = false;
      };
      return { body: conversation.bytes.withTail(tail), release };
    },
  };
}

function continued(known: Conversation | undefined, request: ModelRequest, model: string): Conversation {
  const head = known?.tools === request.tools ? known.head : encodeHead(model, request.tools);
  if (known === undefined || known.isLent || known.head !== head || !isPrefix(known, request.messages)) {
    const bytes = growingBytes();
    bytes.append(head);
    return { bytes, tools: request.tools, head, count: 0, last: undefined, isEmpty: true, isLent: false };
  }
  known.tools = request.tools;
  return known;
}

/** Messages are never edited, so the last one stands for all before it. */
function isPrefix(known: Conversation, messages: readonly Message[]): boolean {
  return messages.length >= known.count && (known.count === 0 || messages[known.count - 1] === known.last);
}

function appendMessages(conversation: Conversation, messages: readonly Message[]): void {
  for (let index = conversation.count; index < messages.length; index++) {
    const message = messages[index];
    if (message === undefined) throw invalid(`messages[${index}]`, "is missing", "Leave no holes in the list.");
    const encoded = toChatMessage(message, index);
    if (encoded !== undefined) {
      const json = mendSurrogates(JSON.stringify(encoded));
      conversation.bytes.append(conversation.isEmpty ? json : `,${json}`);
      conversation.isEmpty = false;
    }
    conversation.count = index + 1;
    conversation.last = message;
  }
  if (!conversation.isEmpty) return;
  throw new AgentError("invalid_message", "The conversation is empty. Give at least one message that says something.");
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
  try {
    return mendSurrogates(JSON.stringify(declared));
  } catch (cause) {
    const [reason] = errorMessage(cause).split("\n");
    const message = `The parameters of the tool ${JSON.stringify(name)} are no JSON: ${reason}. Give plain JSON Schema.`;
    throw new AgentError("invalid_tool", message, { cause });
  }
}

/** What may differ from turn to turn comes behind the messages. */
function encodeTail({ settings, tools }: ModelRequest): string {
  const fields = { ...sampling(settings), ...toolUse(settings, tools) };
  const json = mendSurrogates(JSON.stringify(fields));
  return json === "{}" ? "]}" : `],${json.slice(1)}`;
}

function sampling(settings: ModelSettings): Partial<ChatRequest> {
  const fields: Partial<ChatRequest> = {};
  if (settings.temperature !== undefined) fields.temperature = settings.temperature;
  if (settings.topP !== undefined) fields.top_p = settings.topP;
  if (settings.maxOutputTokens !== undefined) fields.max_completion_tokens = settings.maxOutputTokens;
  if (settings.frequencyPenalty !== undefined) fields.frequency_penalty = settings.frequencyPenalty;
  if (settings.presencePenalty !== undefined) fields.presence_penalty = settings.presencePenalty;
  if (settings.stop !== undefined && settings.stop.length > 0) fields.stop = settings.stop;
  if (settings.seed !== undefined) fields.seed = settings.seed;
  if (settings.reasoningEffort !== undefined) fields.reasoning_effort = settings.reasoningEffort;
  if (settings.user !== undefined) fields.user = settings.user;
  return fields;
}

/** Without tools `auto`, `none` and the number of calls say nothing, and are not sent. */
function toolUse(settings: ModelSettings, tools: readonly ToolDeclaration[]): Partial<ChatRequest> {
  const { toolChoice, parallelToolCalls } = settings;
  if (toolChoice !== undefined) checkChoice(toolChoice, tools);
  if (tools.length === 0) return {};
  const fields: Partial<ChatRequest> = {};
  if (toolChoice !== undefined) fields.tool_choice = toChatChoice(toolChoice);
  if (parallelToolCalls !== undefined) fields.parallel_tool_calls = parallelToolCalls;
  return fields;
}

function checkChoice(choice: ToolChoice, tools: readonly ToolDeclaration[]): void {
  if (choice === "auto" || choice === "none") return;
  const names = tools.map((tool) => tool.name);
  if (choice === "required" ? names.length > 0 : names.includes(choice.tool)) return;
  const wanted =
    choice === "required" ? "a tool call, but there are no tools" : `the tool ${JSON.stringify(choice.tool)}`;
  const offered = names.length === 0 ? "Register a tool" : `Name one of ${names.join(", ")}`;
  throw new AgentError("invalid_option", `settings.toolChoice demands ${wanted}. ${offered}, or leave it out.`);
}

function toChatChoice(choice: ToolChoice): ChatToolChoice {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.tool } };
}
