import { z } from "zod";
import { type Done, MODEL, QUESTION, TOOL_DESCRIPTION, TOOL_NAME, temperature, toolInput } from "../work.ts";
import { eachData, type Post } from "./hand-written.ts";

const HEAD = {
  model: MODEL,
  stream: true,
  store: false,
  tools: [
    {
      type: "function",
      name: TOOL_NAME,
      description: TOOL_DESCRIPTION,
      parameters: z.toJSONSchema(toolInput, { io: "input" }),
    },
    { type: "web_search" },
    { type: "x_search" },
  ],
};

interface Item {
  type: string;
  id: string;
  call_id?: string;
  arguments?: string;
}

interface Event {
  type: string;
  delta?: string;
  item?: Item;
}

interface Turn {
  content: string;
  items: Item[];
  isFinished: boolean;
}

export function responsesByHand(post: Post, baseURL: string): () => Promise<Done> {
  return async () => {
    const done: Done = { text: "", textChunks: 0, serverCalls: 0, citations: 0 };
    const input: object[] = [{ role: "user", content: QUESTION }];
    for (;;) {
      const request = JSON.stringify({ ...HEAD, input });
      const turn: Turn = { content: "", items: [], isFinished: false };
      // What the server of this benchmark sends; a hand-written loop trusts it.
      await eachData(await post(`${baseURL}/responses`, request), (data) => addEvent(turn, data as Event, done));
      if (!turn.isFinished) throw new Error("The answer was cut.");
      const calls = turn.items.filter(({ type }) => type === "function_call");
      if (calls.length === 0) return { ...done, text: turn.content };
      input.push(...turn.items, ...calls.map(runTool));
    }
  };
}

function addEvent(turn: Turn, { type, delta = "", item }: Event, done: Done): void {
  switch (type) {
    case "response.output_text.delta":
      turn.content += delta;
      done.textChunks += 1;
      return;
    case "response.output_text.annotation.added":
      done.citations += 1;
      return;
    case "response.output_item.done":
      if (item === undefined) return;
      turn.items.push(item);
      if (item.type === "web_search_call" || item.type === "custom_tool_call") done.serverCalls += 1;
      return;
    case "response.completed":
      turn.isFinished = true;
      return;
    default:
      return;
  }
}

function runTool({ call_id, arguments: text = "" }: Item): object {
  const input = toolInput.parse(JSON.parse(text));
  return { type: "function_call_output", call_id, output: JSON.stringify(temperature(input)) };
}
