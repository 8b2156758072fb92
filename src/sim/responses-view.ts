import type { Json } from "./output-item.ts";
import {
  isRecord,
  type SimHostedTool,
  type SimItem,
  type SimMessage,
  type SimPart,
  type SimRequest,
  type SimTool,
} from "./request.ts";
import { openCompaction } from "./sealed.ts";

/**
 * A Responses request in the form of a chat request, so that one script and one set of rules serve both.
 * @param body Checked for its shape.
 * @param chain The items of the responses it continues.
 */
export function viewRequest(body: Json, chain: readonly SimItem[]): SimRequest {
  const input = [...chain, ...itemsOf(body.input)];
  const { tools: sentTools, tool_choice: sentChoice, text, reasoning, ...rest } = body;
  const tools = Array.isArray(sentTools) ? sentTools.filter(isRecord) : [];
  const hosted = tools.filter((tool) => tool.type !== "function");
  const effort = isRecord(reasoning) ? reasoning.effort : body.reasoning_effort;
  const view = {
    ...rest,
    messages: [...instructionsOf(body), ...messagesOf(input)],
    input,
    chained: chain.length,
    ...(tools.length === 0 ? {} : { tools: tools.filter((tool) => tool.type === "function").map(chatTool) }),
    ...(hosted.length === 0 ? {} : { hosted: hosted as unknown as readonly SimHostedTool[] }), // each has its `type`
    ...(effort === undefined || effort === null ? {} : { reasoning_effort: effort }),
    ...(isRecord(text) && isRecord(text.format) ? { response_format: chatFormat(text.format), text } : {}),
    ...(sentChoice === undefined ? {} : { tool_choice: chatChoice(sentChoice), sent_tool_choice: sentChoice }),
    ...(sentTools === undefined ? {} : { sent_tools: sentTools }),
  };
  return view as unknown as SimRequest; // the shape of every field it needs was checked
}

/** Input as a list of items, each with its type: a text is a message of the user. */
export function itemsOf(input: unknown): readonly SimItem[] {
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  if (!Array.isArray(input)) return [];
  return input
    .filter(isRecord)
    .map((item) => ({ ...item, type: typeof item.type === "string" ? item.type : "message" }));
}

function instructionsOf({ instructions }: Json): readonly SimMessage[] {
  return typeof instructions === "string" ? [{ role: "system", content: instructions }] : [];
}

/** What is said and called, as messages; calls that stand together are one message. Other items are nobody's words. */
function messagesOf(items: readonly SimItem[]): readonly SimMessage[] {
  const messages: SimMessage[] = [];
  for (const item of items) {
    const last = messages.at(-1);
    const message = messageOf(item);
    if (message === undefined) continue;
    const isMore = message.tool_calls !== undefined && last?.tool_calls !== undefined;
    if (isMore)
      messages[messages.length - 1] = {
        ...last,
        tool_calls: [...(last.tool_calls ?? []), ...(message.tool_calls ?? [])],
      };
    else messages.push(message);
  }
  return messages;
}

function messageOf(item: SimItem): SimMessage | undefined {
  if (item.type === "message") return { role: roleOf(item.role), content: contentOf(item.content) };
  if (item.type === "function_call") {
    const fn = { name: String(item.name), arguments: String(item.arguments) };
    return {
      role: "assistant",
      content: "",
      tool_calls: [{ id: String(item.call_id), type: "function", function: fn }],
    };
  }
  if (item.type === "compaction") return { role: "system", content: openCompaction(item.encrypted_content) ?? "" };
  if (item.type !== "function_call_output") return undefined;
  return { role: "tool", tool_call_id: String(item.call_id), content: contentOf(item.output) };
}

function roleOf(role: unknown): SimMessage["role"] {
  return role === "assistant" || role === "user" ? role : "system";
}

function contentOf(content: unknown): string | readonly SimPart[] {
  if (!Array.isArray(content)) return String(content);
  return content.filter(isRecord).map(({ text, ...part }) => ({
    ...part,
    type: String(part.type),
    ...(typeof text === "string" ? { text } : {}),
  }));
}

function chatTool({ name, description, parameters }: Json): SimTool {
  const fn = { name: String(name), parameters, ...(typeof description === "string" ? { description } : {}) };
  return { type: "function", function: fn };
}

function chatChoice(choice: unknown): unknown {
  return isRecord(choice) ? { type: "function", function: { name: choice.name } } : choice;
}

function chatFormat({ type, ...format }: Json): Json {
  return type === "json_schema" ? { type, json_schema: format } : { type };
}
