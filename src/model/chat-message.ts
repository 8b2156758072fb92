import { AgentError } from "../errors.ts";
import type { AssistantMessage, ContentPart, FilePart, Message, MessageToolCall } from "../message/index.ts";
import type { ChatAssistantMessage, ChatContentPart, ChatMessage, ChatToolCall } from "../wire/index.ts";
import { type NoteLeftOut, noteForeign } from "./foreign-items.ts";
import { MESSAGE_GAP } from "./responses-text.ts";

/**
 * A message as chat completions takes it, or undefined for an assistant message without text and calls: xAI refuses a
 * message without content, and one that holds reasoning alone has none either.
 * @param index Position in the conversation, for the error.
 * @param note Told of what is left out: chat completions has no items, and takes no reasoning alone.
 * @throws {AgentError} `invalid_message` naming the position and what is wrong there.
 */
export function toChatMessage(message: Message, index: number, note: NoteLeftOut = () => {}): ChatMessage | undefined {
  const at = `messages[${index}]`;
  // A conversation read from a file may hold anything, null included.
  switch (message?.role) {
    case "system":
      return { role: "system", content: text(message.content, `${at}.content`), ...named(message.name) };
    case "user":
      return { role: "user", content: content(message.content, `${at}.content`), ...named(message.name) };
    case "assistant":
      return toAssistant(message, at, note);
    case "tool": {
      const callId = text(message.callId, `${at}.callId`);
      return { role: "tool", tool_call_id: callId, content: content(message.content, `${at}.content`) };
    }
    default:
      return unknownRole(message, at);
  }
}

export function unknownRole(message: unknown, at: string): never {
  if (typeof message !== "object" || message === null) throw invalid(at, `is ${kindOf(message)}`, "Give a message.");
  const role = "role" in message ? message.role : undefined;
  const shown = typeof role === "string" ? JSON.stringify(role) : kindOf(role);
  throw invalid(`${at}.role`, `is ${shown}`, 'Use "system", "user", "assistant" or "tool".');
}

/** Wire document 1.2: recorded turns that only call tools have content "". */
function toAssistant(message: AssistantMessage, at: string, note: NoteLeftOut): ChatAssistantMessage | undefined {
  noteForeign(message, at, note);
  const said = optionalText(message.content, `${at}.content`);
  const refusal = optionalText(message.refusal, `${at}.refusal`);
  const reasoning = optionalText(message.reasoning, `${at}.reasoning`);
  const calls = toCalls(message.toolCalls ?? [], `${at}.toolCalls`);
  // A refusal is what the model answered, or how its answer ended: in the history xAI documents no other place for it.
  const visible = [said, refusal].filter((words) => words !== "").join(MESSAGE_GAP);
  if (visible === "" && calls.length === 0) {
    if (reasoning !== "") note("reasoning", at);
    return undefined;
  }
  const answer: ChatAssistantMessage = { role: "assistant", content: visible };
  if (reasoning !== "") answer.reasoning_content = reasoning;
  if (calls.length > 0) answer.tool_calls = calls;
  if (refusal !== "") answer.refusal = refusal;
  return answer;
}

function toCalls(calls: readonly MessageToolCall[], at: string): ChatToolCall[] {
  if (!Array.isArray(calls)) throw invalid(at, `is ${kindOf(calls)}`, "Give a list.");
  return calls.map((call: MessageToolCall, n) => toCall(call, `${at}[${n}]`));
}

function toCall(call: MessageToolCall, at: string): ChatToolCall {
  const name = text(call?.tool, `${at}.tool`);
  const id = text(call.id, `${at}.id`);
  if (typeof call.arguments !== "string") {
    throw invalid(`${at}.arguments`, `is ${kindOf(call.arguments)}`, "Give the JSON text the model wrote.");
  }
  return { id, type: "function", function: { name, arguments: toArguments(call.arguments) } };
}

/**
 * The arguments as the model wrote them. xAI refuses a history in which they are not the JSON text of an object, and
 * the tool's answer already says what was wrong with them, so such a call is sent with none.
 */
export function toArguments(written: string): string {
  try {
    const value: unknown = JSON.parse(written);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return "{}";
    return mayHoldLoneSurrogate.test(written) ? mendArguments(written, value) : written;
  } catch {
    return "{}"; // not JSON: see above
  }
}

const mayHoldLoneSurrogate = /\\ud[89a-f]/i;

/** Half a character, written as an escape, is JSON for us and an error for xAI. Whole pairs stay as they were written. */
function mendArguments(written: string, value: object): string {
  const again = JSON.stringify(value);
  const mended = mendSurrogates(again);
  return mended === again ? written : mended;
}

/** Replaces the escapes that `JSON.stringify` writes for halves of characters, which xAI's parser refuses, by U+FFFD. */
export function mendSurrogates(json: string): string {
  if (!json.includes("\\ud")) return json;
  // Every escape is matched whole, so that an escaped backslash before "ud800" is not taken for one.
  return json.replace(/\\(?:(ud[89a-f][0-9a-f]{2})|.)/g, (whole, half?: string) =>
    half === undefined ? whole : "\ufffd",
  );
}

function content(value: string | readonly ContentPart[], at: string): string | readonly ChatContentPart[] {
  if (!Array.isArray(value)) return text(value, at);
  if (value.length === 0) throw invalid(at, "is empty", "xAI refuses a message without content.");
  return value.map((part: ContentPart, n) => toPart(part, `${at}[${n}]`));
}

function toPart(part: ContentPart, at: string): ChatContentPart {
  switch (part?.type) {
    case "text":
      return { type: "text", text: text(part.text, `${at}.text`) };
    case "image": {
      const { name, value } = partSource(part, ["url", "fileId"], at);
      const image = name === "url" ? { url: value } : { file_id: value };
      return { type: "image_url", image_url: part.detail === undefined ? image : { ...image, detail: part.detail } };
    }
    case "file":
      return { type: "file", file: toFile(part, at) };
    default:
      part satisfies never;
      throw invalid(at, "is no part we know", 'A part has type "text", "image" or "file".');
  }
}

/** @see wire document 1.2: a file is an id or an address here, and never its bytes */
function toFile(part: FilePart, at: string): { file_id: string } | { url: string } {
  const { name, value } = partSource(part, ["fileId", "url", "data"], at);
  if (name === "fileId") return { file_id: value };
  if (name === "url") return { url: value };
  const advice =
    'Upload it with client.files.upload(…) and give its id, filePart({ fileId }); or use the Responses API: api: "responses".';
  throw invalid(at, "holds a file's bytes, which chat completions does not take", advice);
}

/** The one place that an image or file comes from. What was handed in was checked; a conversation may be read from a file. */
export function partSource<N extends string>(
  part: { readonly [Name in N]?: string | undefined },
  names: readonly N[],
  at: string,
): { name: N; value: string } {
  const given = names.filter((name) => part[name] !== undefined);
  const [name] = given;
  if (name === undefined) throw invalid(at, `has neither ${names.join(" nor ")}`, "Give one of them.");
  if (given.length > 1) throw invalid(at, `has a ${given.join(" and a ")}`, "Give one of them.");
  return { name, value: text(part[name], `${at}.${name}`) };
}

function named(name: string | undefined): { name?: string } {
  return name === undefined ? {} : { name };
}

export function text(value: unknown, at: string): string {
  if (typeof value !== "string") throw invalid(at, `is ${kindOf(value)}`, "Give a text.");
  if (value === "") throw invalid(at, "is empty", "xAI refuses it: leave the message out, or say something.");
  return value;
}

export function optionalText(value: unknown, at: string): string {
  return value === undefined || value === "" ? "" : text(value, at);
}

export function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `of type ${typeof value}`;
}

/** One shape for all that is wrong with a message: where, what, and what to do. */
export function invalid(at: string, what: string, advice: string): AgentError {
  return new AgentError("invalid_message", `${at} ${what}. ${advice}`);
}
