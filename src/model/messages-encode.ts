import type { Message, RawItems } from "../message/index.ts";
import type { ToolDeclaration } from "../tool/index.ts";
import type { MessagesRequest, MessagesTool } from "../wire/index.ts";
import { mendSurrogates } from "./chat-message.ts";
import { createConversationEncoder, type EncodedRequest } from "./conversation.ts";
import { encodeDeclaration } from "./declare.ts";
import { createLeftOut } from "./left-out.ts";
import { frameOf, leadingSystem, toEntries } from "./messages-blocks.ts";
import type { BlockRules } from "./messages-raw.ts";
import { encodeChoice, encodeSettings, offeredTools } from "./messages-settings.ts";
import type { ModelRequest, OutputFormat } from "./model.ts";

export interface MessagesEncoder {
  /** @throws {AgentError} `invalid_message`, `invalid_option` or `invalid_tool` for what can not be sent. */
  encode(request: ModelRequest): EncodedRequest;
}

/**
 * Writes request bodies for the Messages protocol. What its servers signed or encrypted goes back verbatim to its maker; what
 * the protocol has no place for is left out, with one warning for a conversation.
 */
export function createMessagesEncoder(model: string, maker: Pick<RawItems, "provider" | "family">): MessagesEncoder {
  const leftOut = createLeftOut(`${model} over the Messages protocol`);
  const rules: BlockRules = { maker, note: leftOut.note };
  const encoder = createConversationEncoder({
    head: (request) => encodeHead(model, request),
    entries(message, index, messages) {
      const at = `messages[${index}]`;
      if (isNamed(message)) leftOut.note("name", at);
      return isLeading(index, messages) ? [] : toEntries(message, at, rules);
    },
    frame: frameOf,
    tail: (request) => encodeTail(model, request),
  });
  return {
    encode(request) {
      const tools = offeredTools(model, request);
      return leftOut.tell(request, () => encoder.encode({ ...request, tools }));
    },
  };
}

/** Such a message stands in the head. */
function isLeading(index: number, messages: readonly Message[]): boolean {
  for (let before = index; before >= 0; before--) if (messages[before]?.role !== "system") return false;
  return true;
}

function isNamed(message: Message): boolean {
  return (message?.role === "system" || message?.role === "user") && message.name !== undefined;
}

/** What is the same on every turn comes first, and in a fixed order. */
function encodeHead(model: string, { messages, tools, output }: ModelRequest): string {
  const texts = [...leadingSystem(messages), ...(output === undefined ? [] : [demand(output)])];
  // One text: not every server that speaks the protocol takes a list here.
  const system = texts.length === 0 ? {} : { system: texts.join("\n\n") };
  const head: Omit<MessagesRequest, "messages" | "max_tokens"> = { model, stream: true, ...system };
  const fields = mendSurrogates(JSON.stringify(head)).slice(0, -1);
  const offered = tools.length === 0 ? "" : `,"tools":[${tools.map(encodeTool).join(",")}]`;
  return `${fields}${offered},"messages":[`;
}

/** The protocol has no field for the form of an answer on xAI: the model is told in words, with the schema last. */
function demand({ schema }: OutputFormat): string {
  const only = "When you give your final answer, give one JSON value only, without any text or code fence around it";
  return `${only}, fitting this schema: ${JSON.stringify(schema)}`;
}

/** xAI demands a description, and `properties` in the schema. @see wire document 3 */
function encodeTool({ name, description, parameters }: ToolDeclaration): string {
  const input_schema = { type: "object", properties: {}, ...parameters };
  const declared: MessagesTool = { name, description: description === "" ? name : description, input_schema };
  return encodeDeclaration(name, declared);
}

/** What may differ from turn to turn comes behind the messages. */
function encodeTail(model: string, request: ModelRequest): string {
  const fields = { ...encodeSettings(model, request.settings), ...encodeChoice(request) };
  return `],${mendSurrogates(JSON.stringify(fields)).slice(1)}`;
}
