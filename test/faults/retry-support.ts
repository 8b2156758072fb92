import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  AgentError,
  type ClientOptions,
  createClient,
  type ErrorInfo,
  type Run,
  type RunEvent,
  type StoredEvent,
} from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { expect } from "vitest";
import type { Client } from "../../src/client/index.ts";

/** Never to be seen in an output. */
export const KEY = "xai-canary-5b-do-not-show";

/** What a test server answers one request with. */
export type Reply =
  | "reset"
  | "hang"
  | { status?: number; headers?: Readonly<Record<string, string>>; body?: string; type?: string };

const frames = (items: readonly unknown[]): string =>
  items.map((item) => `data: ${typeof item === "string" ? item : JSON.stringify(item)}\n\n`).join("");

const piece = (content: string): object => ({
  id: "1",
  model: "grok-4.7",
  choices: [{ index: 0, delta: { content } }],
});
const end = (tokens: number): readonly unknown[] => [
  { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
  { choices: [], usage: { prompt_tokens: tokens - 1, completion_tokens: 1, total_tokens: tokens } },
  "[DONE]",
];

/** A whole answer on chat completions. */
export const good = (text = "Sunny.", tokens = 9): Reply => ({ body: frames([piece(text), ...end(tokens)]) });

/** The same, cut in the text: it ends cleanly, and is not whole. */
export const cut = (): Reply => ({ body: frames([piece("Sun")]) });

export const refusal = (status: number, headers: Readonly<Record<string, string>> = {}, error = "no"): Reply => ({
  status,
  headers,
  type: "application/json",
  body: JSON.stringify({ code: "some-code", error }),
});

export interface ReplyServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly { method: string; path: string; headers: IncomingMessage["headers"]; body: string }[];
  /** Requests whose answer is not over. */
  readonly open: number;
  /** The most of them there were. */
  readonly most: number;
}

/** A server on loopback that answers with one reply after the other; the last one stays. */
export async function replying(reply: (index: number, body: string) => Reply | Promise<Reply>): Promise<ReplyServer> {
  const requests: { method: string; path: string; headers: IncomingMessage["headers"]; body: string }[] = [];
  let open = 0;
  let most = 0;
  const server = createServer((request, response) => {
    const index = requests.length;
    const entry = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body: "" };
    requests.push(entry);
    open += 1;
    most = Math.max(most, open);
    response.on("close", () => {
      open -= 1;
    });
    request.on("data", (bytes: Buffer) => {
      entry.body += bytes.toString();
    });
    request.on("end", async () => send(request, response, await reply(index, entry.body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server has such an address
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get open() {
      return open;
    },
    get most() {
      return most;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (reply === "hang") return;
  if (reply === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  const { status = 200, headers = {}, body = "", type = "text/event-stream" } = reply;
  response.writeHead(status, { "content-type": type, ...headers }).end(body);
}

export const inTurn = (...replies: readonly Reply[]): ((index: number) => Reply) => {
  return (index) => replies[Math.min(index, replies.length - 1)] ?? refusal(500);
};

export const clientOf = (server: { url: string }, options: ClientOptions = {}): Client =>
  createClient({ apiKey: KEY, baseURL: server.url, random: () => 0, ...options });

export const ask: { model: string; messages: { role: "user"; content: string }[] } = {
  model: "grok-4.7",
  messages: [{ role: "user", content: "Lisbon?" }],
};

/** What a promise was rejected with, as an error of ours; anything else fails the test. */
export async function errorOf(promise: Promise<unknown>): Promise<AgentError> {
  const [settled] = await Promise.allSettled([promise]);
  if (settled.status === "rejected" && settled.reason instanceof AgentError) return settled.reason;
  throw new Error(`it was ${settled.status}, not rejected with an AgentError`, { cause: settled });
}

/** Reads a run to its end, and holds its events to the rules of every run. */
export async function readRun(run: Run): Promise<readonly StoredEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  return run.record;
}

export const only = <T extends StoredEvent["type"]>(
  record: readonly StoredEvent[],
  type: T,
): Extract<StoredEvent, { type: T }>[] =>
  record.filter((event): event is Extract<StoredEvent, { type: T }> => event.type === type);

/** The error that a run ended with. */
export function failureIn(record: readonly StoredEvent[]): ErrorInfo | undefined {
  return only(record, "run.failed")[0]?.error;
}

/** Lets everything that can go on do so, the network on loopback too. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
