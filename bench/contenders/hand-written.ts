import { z } from "zod";
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

/** Sends a request and hands out its answer as text, a piece for each network read. */
export type Post = (url: string, body: string) => Promise<AsyncIterable<string>>;

/**
 * The loop somebody would write by hand for this one job and no other: no retry, no limits, no record, no cancelling,
 * nothing checked but what the tool is given. Nothing in JavaScript that does the job does much less.
 */
export function handWritten(post: Post): Contender {
  return (_workload, baseURL) => async () => {
    const done: Done = { text: "", textChunks: 0, toolsRun: 0, placesSum: 0 };
    const messages: object[] = [{ role: "user", content: QUESTION }];
    for (;;) {
      const request = JSON.stringify({ ...HEAD, messages });
      const { content, calls } = await readTurn(await post(`${baseURL}/chat/completions`, request), done);
      if (calls.length === 0) return { ...done, text: content };
      messages.push({ role: "assistant", content, tool_calls: calls });
      for (const call of calls) messages.push(runTool(call, done));
    }
  };
}

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
    finish_reason?: string;
  }[];
}

interface Turn {
  content: string;
  calls: Call[];
}

async function readTurn(pieces: AsyncIterable<string>, done: Done): Promise<Turn> {
  const turn: Turn = { content: "", calls: [] };
  let rest = "";
  let isFinished = false;
  for await (const piece of pieces) {
    const text = rest + piece;
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      if (end > start && text.startsWith("data: ", start)) {
        const data = text.slice(start + 6, end);
        // What the server of this benchmark sends; a hand-written loop trusts it.
        if (data !== "[DONE]") isFinished = addChunk(turn, JSON.parse(data) as Chunk, done) || isFinished;
      }
      start = end + 1;
    }
    rest = text.slice(start);
  }
  if (!isFinished) throw new Error("The answer was cut.");
  return turn;
}

function addChunk(turn: Turn, { choices }: Chunk, done: Done): boolean {
  const [choice] = choices;
  if (choice === undefined) return false;
  const { content, tool_calls } = choice.delta;
  if (content !== undefined) {
    turn.content += content;
    done.textChunks += 1;
  }
  for (const { index, ...call } of tool_calls ?? []) {
    const known = turn.calls[index];
    if (known === undefined) turn.calls[index] = call;
    else known.function.arguments += call.function.arguments;
  }
  return choice.finish_reason !== undefined;
}

function runTool(call: Call, done: Done): object {
  const input = toolInput.parse(JSON.parse(call.function.arguments));
  done.toolsRun += 1;
  if (input.unit === "celsius") done.placesSum += input.place;
  return { role: "tool", tool_call_id: call.id, content: JSON.stringify(temperature(input)) };
}
