import type { AssistantMessage, ContentPart, FilePart, Message, MessageToolCall } from "../message/index.ts";
import type { ResponsesInputContent, ResponsesInputItem } from "../wire/index.ts";
import { invalid, kindOf, optionalText, partSource, text, toArguments, unknownRole } from "./chat-message.ts";
import { noteForeign } from "./foreign-items.ts";
import { type RawRules, replayItems } from "./raw-items.ts";
import { MESSAGE_GAP } from "./responses-text.ts";

/**
 * A message as the input items of the Responses API: an assistant message as the items it came in where they may go back to
 * their maker, else by what it says and calls. None for an assistant message that holds neither.
 * @param index Position in the conversation, for the error.
 * @throws {AgentError} `invalid_message` naming the position and what is wrong there.
 */
export function toInputItems(message: Message, index: number, rules: RawRules): readonly object[] {
  const at = `messages[${index}]`;
  // A conversation read from a file may hold anything, null included.
  switch (message?.role) {
    case "system":
      return [{ role: "system", content: text(message.content, `${at}.content`), ...named(message.name) }];
    case "user":
      return [{ role: "user", content: content(message.content, `${at}.content`), ...named(message.name) }];
    case "assistant":
      return replayed(message, at, rules) ?? neutralItems(message, at, rules);
    case "tool": {
      const callId = text(message.callId, `${at}.callId`);
      return [{ type: "function_call_output", call_id: callId, output: content(message.content, `${at}.content`) }];
    }
    default:
      return unknownRole(message, at);
  }
}

/** The items as they came, and calls that somebody added to the message since. */
function replayed(message: AssistantMessage, at: string, rules: RawRules): readonly object[] | undefined {
  const items = replayItems(message, rules);
  if (items === undefined) return undefined;
  const sent = new Set(items.map(({ type, call_id }) => (type === "function_call" ? call_id : undefined)));
  const added = (message.toolCalls ?? []).filter(({ id }) => !sent.has(id));
  return [...items, ...added.map((call, n) => callItem(call, `${at}.toolCalls[${n}]`))];
}

/** What any server understands. Reasoning has no form in which another model could take it. */
function neutralItems(message: AssistantMessage, at: string, { note }: RawRules): readonly ResponsesInputItem[] {
  noteForeign(message, at, note);
  if (optionalText(message.reasoning, `${at}.reasoning`) !== "") note("reasoning", at);
  // A refusal is what the model answered, or how its answer ended.
  const texts = [optionalText(message.content, `${at}.content`), optionalText(message.refusal, `${at}.refusal`)];
  const visible = texts.filter((said) => said !== "").join(MESSAGE_GAP);
  const calls = message.toolCalls ?? [];
  if (!Array.isArray(calls)) throw invalid(`${at}.toolCalls`, `is ${kindOf(calls)}`, "Give a list.");
  const items = calls.map((call: MessageToolCall, n) => callItem(call, `${at}.toolCalls[${n}]`));
  return visible === "" ? items : [{ role: "assistant", content: visible }, ...items];
}

/** A call of one of our own tools. Its arguments must be JSON of an object, as in chat completions. */
function callItem(call: MessageToolCall, at: string): ResponsesInputItem {
  const name = text(call?.tool, `${at}.tool`);
  const call_id = text(call.id, `${at}.id`);
  if (typeof call.arguments !== "string") {
    throw invalid(`${at}.arguments`, `is ${kindOf(call.arguments)}`, "Give the JSON text the model wrote.");
  }
  return { type: "function_call", call_id, name, arguments: toArguments(call.arguments) };
}

function content(value: string | readonly ContentPart[], at: string): string | readonly ResponsesInputContent[] {
  if (!Array.isArray(value)) return text(value, at);
  if (value.length === 0) throw invalid(at, "is empty", "xAI refuses a message without content.");
  return value.map((part: ContentPart, n) => toPart(part, `${at}[${n}]`));
}

function toPart(part: ContentPart, at: string): ResponsesInputContent {
  switch (part?.type) {
    case "text":
      return { type: "input_text", text: text(part.text, `${at}.text`) };
    case "image": {
      const { name, value } = partSource(part, ["url", "fileId"], at);
      // OpenAPI (commit 41e766ac) asks for `image_url` and calls `file_id` a field for compatibility: whether the id alone
      // is taken is not verified. An address or the bytes always are.
      const image = name === "url" ? { image_url: value } : { file_id: value };
      return { type: "input_image", ...image, ...(part.detail === undefined ? {} : { detail: part.detail }) };
    }
    case "file":
      return { type: "input_file", ...toFile(part, at) };
    default:
      part satisfies never;
      throw invalid(at, "is no part we know", 'A part has type "text", "image" or "file".');
  }
}

type InputFile = Omit<Extract<ResponsesInputContent, { type: "input_file" }>, "type">;

function toFile(part: FilePart, at: string): InputFile {
  const { name, value } = partSource(part, ["fileId", "url", "data"], at);
  if (name === "fileId") return { file_id: value };
  if (name === "url") return { file_url: value };
  const filename = text(part.filename, `${at}.filename`);
  const { mediaType } = part;
  return { file_data: value, filename, ...(mediaType === undefined ? {} : { mime_type: mediaType }) };
}

function named(name: string | undefined): { name?: string } {
  return name === undefined ? {} : { name };
}
