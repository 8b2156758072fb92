import { z } from "zod";
import {
  type ChatMessage,
  type Client,
  createClient,
  type ResponsesInputItem,
  type ResponsesResponse,
} from "../../src/client/index.ts";
import {
  type Contender,
  type Done,
  MODEL,
  QUESTION,
  TOOL_DESCRIPTION,
  TOOL_NAME,
  temperature,
  toolInput,
} from "../work.ts";

const parameters = z.toJSONSchema(toolInput, { io: "input" });

/** The thin client, with the loop around it written by hand: no agent, no record, no events. */
export const contender: Contender = ({ api }, baseURL) => {
  const client = createClient({ apiKey: "bench", baseURL });
  return () => (api === "chat" ? chat(client) : responses(client));
};

async function chat(client: Client): Promise<Done> {
  const tools = [
    { type: "function", function: { name: TOOL_NAME, description: TOOL_DESCRIPTION, parameters } } as const,
  ];
  const done: Done = { text: "", textChunks: 0, serverCalls: 0, citations: 0 };
  const messages: ChatMessage[] = [{ role: "user", content: QUESTION }];
  for (;;) {
    const stream = client.chat.completions.stream({ model: MODEL, messages, tools });
    for await (const [, chunk] of stream) {
      if ("choices" in chunk && typeof chunk.choices[0]?.delta.content === "string") done.textChunks += 1;
    }
    const message = (await stream.result()).choices[0]?.message;
    const calls = message?.tool_calls ?? [];
    if (calls.length === 0) return { ...done, text: message?.content ?? "" };
    messages.push({ role: "assistant", content: message?.content ?? "", tool_calls: calls });
    for (const { id, function: asked } of calls) {
      messages.push({ role: "tool", tool_call_id: id, content: runTool(asked.arguments) });
    }
  }
}

async function responses(client: Client): Promise<Done> {
  const tools = [
    { type: "function", name: TOOL_NAME, description: TOOL_DESCRIPTION, parameters } as const,
    { type: "web_search" } as const,
    { type: "x_search" } as const,
  ];
  const done: Done = { text: "", textChunks: 0, serverCalls: 0, citations: 0 };
  const input: ResponsesInputItem[] = [{ role: "user", content: QUESTION }];
  for (;;) {
    const stream = client.responses.stream({ model: MODEL, input, tools, store: false });
    for await (const [, event] of stream) {
      if (event.type === "response.output_text.delta") done.textChunks += 1;
      else if (event.type === "response.output_text.annotation.added") done.citations += 1;
      else if (event.type === "response.output_item.done" && isServed(event.item)) done.serverCalls += 1;
    }
    const { output } = await stream.result();
    const calls = output.flatMap((item) => callOf(item) ?? []);
    if (calls.length === 0) return { ...done, text: output.map(textOf).join("") };
    input.push(...output);
    for (const { call_id, text } of calls) input.push({ type: "function_call_output", call_id, output: runTool(text) });
  }
}

type Item = ResponsesResponse["output"][number];

function isServed({ type }: Item): boolean {
  return type === "web_search_call" || type === "custom_tool_call";
}

function callOf(item: Item): { call_id: string; text: string } | undefined {
  if (item.type !== "function_call" || !("arguments" in item) || !("call_id" in item)) return undefined;
  return { call_id: String(item.call_id), text: String(item.arguments) };
}

function textOf(item: Item): string {
  if (item.type !== "message" || !("content" in item) || !Array.isArray(item.content)) return "";
  return item.content.map((part: { text?: string | null }) => part.text ?? "").join("");
}

function runTool(text: string): string {
  return JSON.stringify(temperature(toolInput.parse(JSON.parse(text))));
}
