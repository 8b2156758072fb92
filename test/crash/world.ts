import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ScriptTurn } from "./job.ts";

/** Something that happened outside, for good. */
export interface Happened {
  tool: string;
  key: string;
  n: number;
}

/** What is outside of the processes that die: a model that says what is in its script, and a place where effects happen. */
export interface World extends AsyncDisposable {
  readonly url: string;
  /** In the order in which they happened. */
  readonly effects: readonly Happened[];
  /** What the model was sent that no model may be sent. */
  readonly problems: readonly string[];
  /** Waits until no process has a connection any more: what they had sent has happened then. */
  idle(): Promise<void>;
}

export interface WorldOptions {
  script: readonly ScriptTurn[];
  /** Milliseconds an effect takes to be answered, once it has happened. */
  delayMs?: () => number;
}

export async function createWorld({ script, delayMs = () => 0 }: WorldOptions): Promise<World> {
  const effects: Happened[] = [];
  const problems: string[] = [];
  let wake = (): void => {};
  let connections = 0;
  const server = createServer((request, response) => void answer(request, response));
  server.on("connection", (socket) => {
    connections += 1;
    socket.once("close", () => {
      connections -= 1;
      wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  return {
    url: `http://127.0.0.1:${port}`,
    effects,
    problems,
    async idle() {
      while (connections > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    if (text === undefined) return; // its process died while it was sending
    const body: unknown = JSON.parse(text);
    if (request.url === "/effect") {
      effects.push(body as Happened); // sent by the tools of the child
      const ms = delayMs();
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      response.end("ok");
      return;
    }
    const { messages } = body as { messages: readonly WireMessage[] }; // sent by our own client
    problems.push(...wrongIn(messages));
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(framesOf(script, messages.filter(({ role }) => role === "assistant").length));
  }
}

interface WireMessage {
  role: string;
  tool_calls?: readonly { id: string }[];
  tool_call_id?: string;
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  try {
    for await (const part of request) parts.push(part as Buffer); // no encoding was set
  } catch {
    return undefined;
  }
  return Buffer.concat(parts).toString();
}

/** Each call has its one result, before the next turn. */
function wrongIn(messages: readonly WireMessage[]): readonly string[] {
  const asked = messages.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id }) => id));
  const told = messages.flatMap(({ tool_call_id }) => tool_call_id ?? []);
  const isPaired = asked.length === told.length && asked.every((id, index) => told[index] === id);
  return isPaired ? [] : [`asked ${asked.join(" ")}, told ${told.join(" ")}`];
}

/** The n-th turn, from 0. Its text comes first, so that a process can be killed in the middle of it. */
function framesOf(script: readonly ScriptTurn[], n: number): string {
  const turn = script[n] ?? { text: "The end." };
  const frame = (delta: object, finish_reason: string | null = null): string =>
    `data: ${JSON.stringify({ id: `c${n}`, object: "chat.completion.chunk", created: 1, model: "grok-4.7", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  if ("text" in turn) return `${frame({ role: "assistant", content: turn.text })}${frame({}, "stop")}data: [DONE]\n\n`;
  const tool_calls = turn.calls.map((call, index) => ({
    index,
    id: `call_${n}_${index}`,
    type: "function",
    function: { name: call.tool, arguments: JSON.stringify({ n: call.n }) },
  }));
  return `${frame({ role: "assistant", content: `Turn ${n}.` })}${frame({ tool_calls })}${frame({}, "tool_calls")}data: [DONE]\n\n`;
}
