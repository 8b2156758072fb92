import { z } from "zod";
import { type Done, MODEL, QUESTION, TOOL_DESCRIPTION, TOOL_NAME, temperature, toolInput } from "../work.ts";
import { eachData, type Post } from "./hand-written.ts";

const HEAD = {
  model: MODEL,
  stream: true,
  stream_options: { include_usage: true },
  tools: [
    {
      type: "function",
      function: {
        name: TOOL_NAME,
        description: TOOL_DESCRIPTION,
        parameters: z.toJSONSchema(toolInput, { io: "input" }),
      },
    },
  ],
};

interface Call {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

interface Chunk {
  choices: {
    delta: { content?: string; tool_calls?: (Call & { index: number })[] };
    finish_reason: string | null;
  }[];
}

interface Turn {
  content: string;
  calls: Call[];
  isFinished: boolean;
}

export function chatByHand(post: Post, baseURL: string): () => Promise<Done> {
  return async () => {
    const done: Done = { text: "", textChunks: 0, serverCalls: 0, citations: 0 };
    const messages: object[] = [{ role: "user", content: QUESTION }];
    for (;;) {
      const request = JSON.stringify({ ...HEAD, messages });
      const turn: Turn = { content: "", calls: [], isFinished: false };
      // What the server of this benchmark sends; a hand-written loop trusts it.
      await eachData(await post(`${baseURL}/chat/completions`, request), (data) => addChunk(turn, data as Chunk, done));
      const { content, calls, isFinished } = turn;
      if (!isFinished) throw new Error("The answer was cut.");
      if (calls.length === 0) return { ...done, text: content };
      messages.push({ role: "assistant", content, tool_calls: calls });
      for (const call of calls) messages.push(runTool(call));
    }
  };
}

function addChunk(turn: Turn, { choices }: Chunk, done: Done): void {
  const [choice] = choices;
  if (choice === undefined) return;
  const { content, tool_calls } = choice.delta;
  if (content !== undefined) {
    turn.content += content;
    done.textChunks += 1;
  }
  if (tool_calls !== undefined) for (const call of tool_calls) addCall(turn, call);
  if (choice.finish_reason !== null) turn.isFinished = true;
}

function addCall({ calls }: Turn, { index, ...call }: Call & { index: number }): void {
  const known = calls[index];
  if (known === undefined) calls[index] = call;
  else known.function.arguments += call.function.arguments;
}

function runTool(call: Call): object {
  const input = toolInput.parse(JSON.parse(call.function.arguments));
  return { role: "tool", tool_call_id: call.id, content: JSON.stringify(temperature(input)) };
}
