import { z } from "zod";
import { createClient, type Message, type Model, type Transport } from "../../src/index.ts";
import { createChatModel } from "../../src/model/index.ts";
import { createChatAccumulator, createEndpoint, streamChat } from "../../src/wire/index.ts";
import { fairwitness } from "../contenders/fairwitness-agent.ts";
import { contender as floor } from "../contenders/floor.ts";
import { handWritten } from "../contenders/hand-written.ts";
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
import { cannedPost, cannedTransport } from "./canned.ts";

/** A way to do the work, each with one more layer of ours than the one before, and what that layer brings. */
export interface Layer {
  name: string;
  title: string;
  contender: Contender;
}

export const LAYERS: readonly Layer[] = [
  {
    name: "hand",
    title: "by hand: `JSON.parse`, zod, the tool, `JSON.stringify` of the conversation",
    contender: (workload, baseURL) => handWritten(cannedPost(workload))(workload, baseURL),
  },
  {
    name: "wire",
    title: "+ wire: HTTP with its timeouts, SSE, secrets taken out, chunks checked and put together",
    contender: (workload, baseURL) => overWire(baseURL, cannedTransport(workload)),
  },
  {
    name: "model",
    title: "+ model: our messages encoded once, deltas, one shape for every protocol, costs, notices",
    contender: (workload, baseURL) =>
      overModel(createChatModel({ id: MODEL, endpoint: endpoint(baseURL, cannedTransport(workload)) })),
  },
  {
    name: "client",
    title: "+ client: 64 in flight, circuit, routes",
    contender: (workload, baseURL) =>
      overModel(createClient({ apiKey: "bench", baseURL, transport: cannedTransport(workload) }).model(MODEL)),
  },
  {
    name: "agent",
    title: "+ agent: loop, journal, record, events read one by one, limits, retries, tools with deadlines",
    contender: (workload, baseURL) => fairwitness({ transport: cannedTransport(workload) })(workload, baseURL),
  },
  {
    name: "paused-hand",
    title: "by hand, and the process sleeps 1 ms before each answer",
    contender: (workload, baseURL) => handWritten(cannedPost(workload, 1))(workload, baseURL),
  },
  {
    name: "paused-agent",
    title: "the agent, and the process sleeps 1 ms before each answer",
    contender: (workload, baseURL) => fairwitness({ transport: cannedTransport(workload, 1) })(workload, baseURL),
  },
  { name: "http-hand", title: "by hand, over HTTP on loopback: the floor", contender: floor },
  { name: "http-agent", title: "fairwitness over HTTP on loopback", contender: fairwitness() },
];

function endpoint(baseUrl: string, transport: Transport): ReturnType<typeof createEndpoint> {
  return createEndpoint({ baseUrl, apiKey: "bench", transport });
}

/** The loop by hand, on our decoder. */
function overWire(baseURL: string, transport: Transport): () => Promise<Done> {
  const way = endpoint(baseURL, transport);
  const parameters = z.toJSONSchema(toolInput, { io: "input" });
  const tools = [{ type: "function", function: { name: TOOL_NAME, description: TOOL_DESCRIPTION, parameters } }];
  return async () => {
    const done: Done = { text: "", textChunks: 0, serverCalls: 0, citations: 0 };
    const messages: object[] = [{ role: "user", content: QUESTION }];
    for (;;) {
      const body = new TextEncoder().encode(JSON.stringify({ model: MODEL, stream: true, tools, messages }));
      const { signal } = new AbortController();
      const accumulator = createChatAccumulator();
      for await (const chunks of (await streamChat(way, body, { signal })).chunks) {
        for (const chunk of chunks) {
          accumulator.add(chunk);
          if (chunk.type === "chunk" && chunk.choices[0]?.delta.content !== undefined) done.textChunks += 1;
        }
      }
      const message = accumulator.finish().choices[0]?.message;
      const calls = message?.tool_calls ?? [];
      if (calls.length === 0) return { ...done, text: message?.content ?? "" };
      messages.push({ role: "assistant", content: message?.content, tool_calls: calls });
      for (const call of calls) {
        messages.push({ role: "tool", tool_call_id: call.id, content: runTool(call.function.arguments) });
      }
    }
  };
}

/** The loop by hand, on our models. */
function overModel(model: Model): () => Promise<Done> {
  const parameters = z.toJSONSchema(toolInput, { io: "input" });
  const tools = [{ name: TOOL_NAME, description: TOOL_DESCRIPTION, parameters }];
  return async () => {
    const done: Done = { text: "", textChunks: 0, serverCalls: 0, citations: 0 };
    const conversation = crypto.randomUUID();
    const messages: Message[] = [{ role: "user", content: QUESTION }];
    const { signal } = new AbortController();
    for (;;) {
      let answer: Message | undefined;
      for await (const events of model.stream({ messages, tools, settings: {}, conversation }, signal)) {
        for (const event of events) {
          if (event.type === "text.delta") done.textChunks += 1;
          else if (event.type === "turn") answer = event.turn.message;
        }
      }
      if (answer?.role !== "assistant") throw new Error("The turn did not end.");
      messages.push(answer);
      if (answer.toolCalls === undefined) return { ...done, text: String(answer.content) };
      for (const { id, tool, arguments: given } of answer.toolCalls) {
        messages.push({ role: "tool", callId: id, tool, content: runTool(given) });
      }
    }
  };
}

function runTool(given: string): string {
  return JSON.stringify(temperature(toolInput.parse(JSON.parse(given))));
}
