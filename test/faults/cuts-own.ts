import {
  type AgentTool,
  codeExecution,
  createAgent,
  createClient,
  defaultTransport,
  defineTool,
  type ToolSchema,
  type Transport,
  webSearch,
  xSearch,
} from "fairwitness";
import { type SimTurn, startScript } from "fairwitness/testing";
import { z } from "zod";
import { type Answer, type Api, countRun } from "./cuts-play.ts";
import { wholeAfter } from "./cuts-whole.ts";

const getWeather = defineTool({
  name: "get_weather",
  description: "Current weather in a city.",
  input: z.object({ city: z.string() }),
  execute: countRun,
});
const sendMail = defineTool({
  name: "send_mail",
  description: "Sends a mail.",
  input: z.object({ to: z.string(), lines: z.array(z.string()) }),
  effect: "write",
  execute: countRun,
});

/** A turn of our own, and the agent that asks for it. */
interface Own {
  turn: SimTurn;
  tools?: readonly AgentTool[];
  output?: ToolSchema;
}

const lisbon = { name: "get_weather", arguments: { city: "Lisbon — Alfama" } };
const mail = { name: "send_mail", arguments: { to: "a@example.com", lines: ["sun", "“warm”", "20 °C"] } };
const ours = [getWeather, sendMail];
const sentence = "Sail in the afternoon: the wind turns west, 12 knots, and it is 20 °C — «perfeito» 🌊.";

const everywhere: Readonly<Record<string, Own>> = {
  text: { turn: { text: sentence } },
  "text in one piece": { turn: { text: sentence, split: "whole" } },
  reasoning: { turn: { reasoning: "West wind? Let me see. It is warm.", text: sentence } },
  "one call": { turn: { toolCalls: [lisbon] }, tools: ours },
  "one call in pieces, after text": {
    turn: { text: "Let me look.", toolCalls: [lisbon], split: "fragments" },
    tools: ours,
  },
  "two calls": { turn: { toolCalls: [lisbon, mail] }, tools: ours },
  "two calls in pieces": { turn: { toolCalls: [mail, lisbon], split: "fragments" }, tools: ours },
  "a typed answer": {
    turn: { text: '{"city":"Lisbon","knots":12}' },
    output: z.object({ city: z.string(), knots: z.int() }),
  },
  "a call cut short by its length": {
    turn: { toolCalls: [mail], split: "fragments", finishReason: "length" },
    tools: ours,
  },
};

const onlyResponses: Readonly<Record<string, Own>> = {
  "server tools": {
    turn: {
      reasoning: "look around",
      serverTools: [
        { kind: "web_search", input: { query: "wind" }, sources: ["https://example.com/wind"], interleave: 1 },
        { kind: "x_search", input: { query: "sailing", limit: 5 }, sources: ["https://x.com/sim_a/status/1"] },
        { kind: "code_execution", input: { code: "print(12)" }, output: "12\n" },
      ],
      text: sentence,
    },
    tools: [webSearch(), xSearch(), codeExecution()],
  },
  "citations, and a call of ours": {
    turn: {
      serverTools: [{ kind: "web_search", input: { query: "wind" }, sources: ["https://example.com/wind"] }],
      text: "Wind turns west [[1]](https://example.com/wind).",
      citations: [{ url: "https://example.com/wind" }],
      toolCalls: [lisbon],
    },
    tools: [...ours, webSearch()],
  },
};

/** Turns of our own as the simulator sends them. */
export async function ownAnswers(api: Api): Promise<Answer[]> {
  const turns = Object.entries({ ...everywhere, ...(api === "responses" ? onlyResponses : {}) });
  return Promise.all(turns.map(([name, own]) => sent(api, name, own)));
}

/** What an attempt after a cut one gets. */
export interface Good extends Answer {
  text: string;
}

/** Whole answers that say nothing of what the cut ones say: for agents with an output schema, and for others. */
export async function goodAnswers(api: Api): Promise<(cut: Answer) => Good> {
  const plain = await good(api, "It is settled.");
  const typed = await good(api, '{"city":"Porto","knots":3}');
  return ({ output }) => (output === undefined ? plain : typed);
}

async function good(api: Api, text: string): Promise<Good> {
  return { ...(await sent(api, "good", { turn: { text } })), text };
}

async function sent(api: Api, name: string, { turn, tools = [], output }: Own): Promise<Answer> {
  await using script = await startScript([turn]);
  const { transport, body } = capture();
  const client = createClient({ apiKey: script.apiKey, baseURL: script.url, transport });
  const asked = { tools, ...(output === undefined ? {} : { output }) };
  const agent = createAgent({ name: "own", model: client.model("grok-4.7", { api }), limits: { turns: 1 }, ...asked });
  await agent.run("Go.", { reject: false });
  const bytes = body();
  return { name, api, contentType: "text/event-stream", bytes, whole: wholeAfter(api, bytes), ...asked };
}

/** Keeps what an answer is made of. */
function capture(): { transport: Transport; body: () => Uint8Array } {
  const reads: Uint8Array[] = [];
  const send = defaultTransport();
  const transport: Transport = async (request) => {
    const response = await send(request);
    return { ...response, body: keep(response.body, reads) };
  };
  return { transport, body: () => Buffer.concat(reads) };
}

async function* keep(body: AsyncIterable<Uint8Array>, reads: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for await (const read of body) {
    reads.push(read);
    yield read;
  }
}
