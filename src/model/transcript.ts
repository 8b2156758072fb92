import type { AssistantMessage, ContentPart, FilePart, ImagePart, Message, MessageToolCall } from "../message/index.ts";
import type { ChatMessage } from "../wire/index.ts";
import { invalid, toChatMessage } from "./chat-message.ts";
import { MESSAGE_GAP } from "./responses-text.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * A conversation as chat completions takes it: exactly what a chat model sends. Assistant messages without text and
 * calls are left out, arguments that are no JSON object become `{}`, the `tool` of a tool message
 * is dropped (its id pairs it), and so are the raw items of other protocols.
 * @throws {AgentError} `invalid_message` naming the position and what is wrong there.
 */
export function toChatMessages(messages: readonly Message[]): ChatMessage[] {
  return messages.flatMap((message, index) => toChatMessage(message, index) ?? []);
}

/**
 * A conversation from chat-completions JSON, such as a log or another framework's history. Takes content in parts,
 * `content: null`, arguments as objects, and `developer` for system.
 * @throws {AgentError} `invalid_message` with position and path, for what a conversation of ours cannot hold.
 */
export function fromChatMessages(json: unknown): Message[] {
  if (!Array.isArray(json)) throw invalid("messages", "is no list", "Give the array of chat messages itself.");
  const toolsByCall = new Map<string, string>();
  return json.map((entry: unknown, index) => {
    const at = `messages[${index}]`;
    const message = fromChatMessage(object(entry, at), at, toolsByCall);
    if (message.role === "assistant") for (const call of message.toolCalls ?? []) toolsByCall.set(call.id, call.tool);
    return message;
  });
}

function fromChatMessage(json: Json, at: string, toolsByCall: ReadonlyMap<string, string>): Message {
  switch (json.role) {
    case "system":
    case "developer": // OpenAI's newer word; xAI's chat endpoint documents only system
      return { role: "system", content: joined(json.content, `${at}.content`, "\n"), ...named(json, at) };
    case "user":
      return { role: "user", content: parts(json.content, `${at}.content`), ...named(json, at) };
    case "assistant":
      return fromAssistant(json, at);
    case "tool": {
      const callId = string(json.tool_call_id, `${at}.tool_call_id`);
      const tool = optional(json.name, `${at}.name`) ?? toolsByCall.get(callId);
      const message = { role: "tool" as const, callId, content: parts(json.content, `${at}.content`) };
      return tool === undefined ? message : { ...message, tool };
    }
    case "function":
      throw invalid(
        `${at}.role`,
        'is "function", which is retired',
        'Use role "tool" with the tool_call_id of its call.',
      );
    default:
      throw invalid(`${at}.role`, `is ${show(json.role)}`, 'Use "system", "user", "assistant" or "tool".');
  }
}

function fromAssistant(json: Json, at: string): AssistantMessage {
  if (json.function_call !== undefined && json.function_call !== null) {
    throw invalid(`${at}.function_call`, "is retired", "Use tool_calls, each with an id.");
  }
  const content = isAbsent(json.content) ? "" : joined(json.content, `${at}.content`, "");
  const refusal = optional(json.refusal, `${at}.refusal`) ?? "";
  const reasoning = optional(json.reasoning_content, `${at}.reasoning_content`) ?? "";
  const calls = isAbsent(json.tool_calls) ? [] : array(json.tool_calls, `${at}.tool_calls`);
  const message: AssistantMessage = { role: "assistant", content: withoutRefusal(content, refusal) };
  if (reasoning !== "") message.reasoning = reasoning;
  if (refusal !== "") message.refusal = refusal;
  if (calls.length > 0) message.toolCalls = calls.map((call, n) => fromCall(call, `${at}.tool_calls[${n}]`));
  return message;
}

/** A refusal goes out in the content too, alone or behind what was said before it. */
function withoutRefusal(content: string, refusal: string): string {
  if (refusal === "") return content;
  if (content === refusal) return "";
  const end = `${MESSAGE_GAP}${refusal}`;
  return content.endsWith(end) ? content.slice(0, -end.length) : content;
}

function fromCall(value: unknown, at: string): MessageToolCall {
  const call = object(value, at);
  const { type = "function" } = call;
  if (type !== "function")
    throw invalid(`${at}.type`, `is ${show(type)}`, "Only calls of functions can be taken over.");
  const target = object(call.function, `${at}.function`);
  const written = target.arguments;
  return {
    id: string(call.id, `${at}.id`),
    tool: string(target.name, `${at}.function.name`),
    arguments: typeof written === "string" ? written : JSON.stringify(object(written, `${at}.function.arguments`)),
  };
}

function parts(content: unknown, at: string): string | ContentPart[] {
  if (!Array.isArray(content)) return string(content, at);
  return content.map((part: unknown, n) => fromPart(object(part, `${at}[${n}]`), `${at}[${n}]`));
}

/** Parts of text as one; messages of ours with these roles hold nothing else. */
function joined(content: unknown, at: string, separator: string): string {
  if (!Array.isArray(content)) return string(content, at);
  const texts = content.map((part: unknown, n) => {
    const { type, text, refusal } = object(part, `${at}[${n}]`);
    if (type === "text" || type === "output_text" || type === "input_text") return string(text, `${at}[${n}].text`);
    if (type === "refusal") return string(refusal, `${at}[${n}].refusal`);
    throw invalid(`${at}[${n}].type`, `is ${show(type)}`, "Here only parts of text can be taken over.");
  });
  return texts.join(separator);
}

function fromPart(part: Json, at: string): ContentPart {
  switch (part.type) {
    case "text":
    case "input_text":
      return { type: "text", text: string(part.text, `${at}.text`) };
    case "image_url":
    case "input_image":
      return fromImage(part, at);
    case "file":
      return fromFile(object(part.file, `${at}.file`), `${at}.file`);
    case "input_file":
      return fromFile(part, at);
    default:
      throw invalid(`${at}.type`, `is ${show(part.type)}`, 'Use "text", "image_url" or "file".');
  }
}

/** Chat completions nests address, id and detail in `image_url`; the Responses API puts them side by side. */
function fromImage(part: Json, outer: string): ContentPart {
  const isNested = typeof part.image_url === "object" && part.image_url !== null;
  const at = `${outer}.image_url`;
  const image: Json = isNested
    ? object(part.image_url, at)
    : { url: part.image_url, file_id: part.file_id, detail: part.detail };
  const detail = detailOf(image.detail, `${at}.detail`);
  const fileId = optional(image.file_id, `${at}.file_id`);
  if (fileId !== undefined && !isAbsent(image.url)) {
    throw invalid(at, "has a url and a file_id", "Give one of them.");
  }
  const source = fileId === undefined ? { url: string(image.url, `${at}.url`) } : { fileId };
  return { type: "image", ...source, ...(detail === undefined ? {} : { detail }) };
}

function detailOf(detail: unknown, at: string): ImagePart["detail"] {
  if (isAbsent(detail)) return undefined;
  if (detail === "auto" || detail === "low" || detail === "high") return detail;
  throw invalid(at, `is ${show(detail)}`, 'Use "auto", "low" or "high".');
}

/** The address is `url` on chat completions and `file_url` on the Responses API. */
function fromFile(file: Json, at: string): ContentPart {
  const fileId = optional(file.file_id, `${at}.file_id`);
  const url = optional(file.url ?? file.file_url, `${at}.url`);
  if (fileId !== undefined) return { type: "file", fileId };
  if (url !== undefined) return { type: "file", url };
  const data = optional(file.file_data, `${at}.file_data`);
  if (data === undefined) throw invalid(at, "has neither file_id nor url nor file_data", "Give one of them.");
  return { type: "file", ...bytesOf(data, file, at) };
}

/** xAI takes bare base64 and `mime_type`; OpenAI writes both as one `data:` URL. */
function bytesOf(data: string, file: Json, at: string): Omit<FilePart, "type"> {
  const filename = string(file.filename, `${at}.filename`);
  const [head = "", type] = /^data:([^;,]*);base64,/i.exec(data.slice(0, 256)) ?? [];
  const mediaType = optional(file.mime_type, `${at}.mime_type`) ?? type;
  return { data: data.slice(head.length), filename, ...(mediaType ? { mediaType } : {}) };
}

function named(json: Json, at: string): { name?: string } {
  const name = optional(json.name, `${at}.name`);
  return name === undefined ? {} : { name };
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function optional(value: unknown, at: string): string | undefined {
  return isAbsent(value) ? undefined : string(value, at);
}

function string(value: unknown, at: string): string {
  if (typeof value === "string") return value;
  throw invalid(at, `is ${show(value)}`, "Give a text.");
}

function array(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(at, `is ${show(value)}`, "Give a list.");
}

function object(value: unknown, at: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(at, `is ${show(value)}`, "Give an object.");
  }
  return value as Json; // an object that is no list has names and values, and nothing is said of the values
}

function show(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return JSON.stringify(value)?.slice(0, 60) ?? typeof value;
}
