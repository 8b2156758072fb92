import type { Json } from "./output-item.ts";
import {
  isRecord,
  type SimItem,
  type SimMessage,
  type SimPart,
  type SimRequest,
  type SimSentCall,
  type SimTalk,
} from "./request.ts";

/**
 * A Messages request in the form of a chat request, so that one script and one set of rules serve both.
 * @param body Checked for its shape.
 */
export function viewMessages(body: Json): SimRequest {
  const { messages, system, tools, tool_choice: choice, stop_sequences: stop, output_config: config, ...rest } = body;
  const talk = (messages as readonly Json[]).map(talkOf); // as: a list of messages, by its shape
  const format = isRecord(config) && isRecord(config.format) ? config.format : undefined;
  const view = {
    ...rest,
    messages: [...systemOf(system), ...talk.flatMap(messagesOf)],
    talk,
    ...(Array.isArray(tools) ? { tools: tools.filter(isRecord).map(chatTool) } : {}),
    ...(isRecord(choice) ? choiceOf(choice) : {}),
    ...(stop === undefined ? {} : { stop }),
    ...(format === undefined
      ? {}
      : { response_format: { type: "json_schema", json_schema: { schema: format.schema } } }),
  };
  return view as unknown as SimRequest; // the shape of every field it needs was checked
}

function talkOf({ role, content }: Json): SimTalk {
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
  return { role, content: blocks } as SimTalk; // as: by its shape a role, and a text or blocks
}

function systemOf(system: unknown): readonly SimMessage[] {
  if (typeof system === "string") return [{ role: "system", content: system }];
  return Array.isArray(system) ? [{ role: "system", content: system.filter(isRecord).map(partOf) }] : [];
}

/** Results are messages of their own, between what the user says before and after them. */
function messagesOf({ role, content }: SimTalk): readonly SimMessage[] {
  if (role === "assistant") return [assistantOf(content)];
  const messages: SimMessage[] = [];
  let said: SimPart[] = [];
  const flush = (): void => {
    if (said.length > 0) messages.push({ role, content: plain(said) });
    said = [];
  };
  for (const block of content) {
    if (block.type !== "tool_result") {
      said.push(partOf(block));
      continue;
    }
    flush();
    messages.push({ role: "tool", tool_call_id: String(block.tool_use_id), content: resultOf(block.content) });
  }
  flush();
  return messages;
}

function assistantOf(blocks: readonly SimItem[]): SimMessage {
  const textOf = (type: string, field: string): string =>
    blocks.flatMap((block) => (block.type === type ? [String(block[field])] : [])).join("");
  const reasoning = textOf("thinking", "thinking");
  const calls = blocks.filter(({ type }) => type === "tool_use").map(callOf);
  return {
    role: "assistant",
    content: textOf("text", "text"),
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function callOf({ id, name, input }: SimItem): SimSentCall {
  return {
    id: String(id),
    type: "function",
    function: { name: String(name), arguments: JSON.stringify(input) },
  };
}

function resultOf(content: unknown): string | readonly SimPart[] {
  if (!Array.isArray(content)) return typeof content === "string" ? content : "";
  return plain(content.filter(isRecord).map(partOf));
}

/** One text alone is the text. */
function plain(parts: readonly SimPart[]): string | readonly SimPart[] {
  const [only] = parts;
  return parts.length === 1 && only?.text !== undefined ? only.text : parts;
}

/** A block as a part of chat completions. */
function partOf(block: Json): SimPart {
  if (block.type === "text") return { type: "text", text: String(block.text) };
  const source = isRecord(block.source) ? block.source : {};
  const held = block.type === "document" ? dataOf(source) : undefined;
  if (held !== undefined) return { type: "input_file", filename: nameOf(block.title), file_data: held };
  const url = source.type === "base64" ? `data:${String(source.media_type)};base64,${String(source.data)}` : source.url;
  const place = source.type === "file" ? { file_id: source.file_id } : { url };
  const part = block.type === "image" ? { type: "image_url", image_url: place } : { type: "file", file: place };
  return part;
}

/** What a document holds itself, as base64. Chat completions has no part for it, and the Responses API has one. */
function dataOf({ type, data }: Json): string | undefined {
  if (type === "base64") return String(data);
  return type === "text" ? Buffer.from(String(data)).toString("base64") : undefined;
}

function nameOf(title: unknown): string {
  return typeof title === "string" && title !== "" ? title : "document";
}

function chatTool({ name, description, input_schema: parameters }: Json): Json {
  return { type: "function", function: { name, parameters, ...(description === undefined ? {} : { description }) } };
}

const CHOICES: Readonly<Record<string, string>> = { auto: "auto", any: "required", none: "none" };

function choiceOf({ type, name, disable_parallel_tool_use: isSingle }: Json): Json {
  return {
    tool_choice: CHOICES[String(type)] ?? { type: "function", function: { name } },
    ...(isSingle === true ? { parallel_tool_calls: false } : {}),
  };
}
