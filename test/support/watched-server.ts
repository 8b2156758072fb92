import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on loopback that knows which of its answers somebody still waits for. */
export interface WatchedServer extends AsyncDisposable {
  /** The base URL for a client. */
  readonly url: string;
  /** Requests that came, refused or not. */
  readonly requests: number;
  /** Answers that are neither ended nor given up by the client. */
  readonly open: number;
}

/** How one request is answered; `n` counts them from 0. */
export type Answerer = (response: ServerResponse, n: number, request: IncomingMessage) => void;

export async function watchedServer(answer: Answerer): Promise<WatchedServer> {
  let requests = 0;
  let open = 0;
  const server = createServer((request, response) => {
    const n = requests++;
    open += 1;
    response.once("close", () => {
      open -= 1;
    });
    request.resume().once("end", () => answer(response, n, request));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  return {
    url: `http://127.0.0.1:${port}/v1`,
    get requests() {
      return requests;
    },
    get open() {
      return open;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const frame = (delta: object, finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "grok-4.7", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

/** Begins a stream with a piece of text, and leaves it open. */
export function beginText(response: ServerResponse, text = "one "): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(frame({ role: "assistant", content: text }));
}

/** Answers with a whole text. */
export function answerText(response: ServerResponse, text = "done"): void {
  beginText(response, text);
  response.end(`${frame({}, "stop")}data: [DONE]\n\n`);
}

/** Answers with calls of tools, without arguments. */
export function answerCalls(response: ServerResponse, ...tools: readonly string[]): void {
  const tool_calls = tools.map((name, index) => ({
    index,
    id: `call_${index}`,
    type: "function",
    function: { name, arguments: "{}" },
  }));
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(`${frame({ role: "assistant", tool_calls })}${frame({}, "tool_calls")}data: [DONE]\n\n`);
}
