import {
  type AgentTool,
  type ClientOptions,
  createAgent,
  createClient,
  type RunEvent,
  type RunResult,
  type StoredEvent,
  type Transport,
} from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { defaultTransport } from "../../src/wire/index.ts";
import type { ChaosServer } from "./chaos.ts";
import {
  CHAT,
  CHAT_STOP,
  CHAT_USAGE,
  chatPiece,
  DONE,
  MESSAGES,
  MESSAGES_BEGUN,
  RESPONSES,
  RESPONSES_BEGUN,
} from "./chaos-bodies.ts";

/** One endpoint: the answer "Sunny" as it is streamed, and all of it but what makes it whole. */
export interface Protocol {
  api: "chat" | "responses" | "messages";
  good: string;
  begun: string;
  path: string;
}

export const PROTOCOLS: readonly Protocol[] = [
  { api: "chat", good: CHAT, begun: chatPiece("Sun") + chatPiece("ny"), path: "/v1/chat/completions" },
  { api: "responses", good: RESPONSES, begun: RESPONSES_BEGUN, path: "/v1/responses" },
  { api: "messages", good: MESSAGES, begun: MESSAGES_BEGUN, path: "/v1/messages" },
];

/** The chat answer with other text. */
export const chatAnswer = (text: string): string => chatPiece(text) + CHAT_STOP + CHAT_USAGE + DONE;

/** A key that must not be seen anywhere. */
export const CHAOS_KEY = "sim_canary_chaos_4711";

export interface AskOptions extends ClientOptions {
  api?: Protocol["api"];
  tools?: readonly AgentTool[];
  /** Attempts at a turn. Default 3. */
  attempts?: number;
}

/** What a run against a server came to, its events held against the rules of a run. */
export interface Asked {
  result: RunResult;
  events: readonly RunEvent[];
  /** Codes of the attempts that failed, in order. */
  failures: readonly string[];
}

/** Asks an agent, and reads its run event by event. Unless `random` is given, retries wait no time. */
export async function askAgent(server: Pick<ChaosServer, "url">, options: AskOptions = {}): Promise<Asked> {
  const { api = "chat", tools = [], attempts = 3, random = () => 0, ...rest } = options;
  const { clock } = rest;
  const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url, random, ...rest });
  const agent = createAgent({
    name: "chaos",
    model: client.model("grok-4.7", { api }),
    tools,
    retry: { attempts },
    runtime: { random, ...(clock === undefined ? {} : { clock }) },
  });
  const run = agent.stream("Lisbon?");
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  const broken = checkEvents(events);
  if (broken.length > 0) throw new Error(`the events break the rules: ${broken.join("; ")}`);
  return { result: await run.result(), events, failures: failuresIn(events) };
}

type FailedEvent = Extract<StoredEvent, { type: "turn.retrying" | "turn.failed" }>;

export const isFailed = (event: RunEvent): event is FailedEvent =>
  event.type === "turn.retrying" || event.type === "turn.failed";

function failuresIn(events: readonly RunEvent[]): string[] {
  return events.filter(isFailed).map(({ error }) => error.code);
}

/** The transport under test, which counts what it was asked and the reads it handed out. */
export interface CountingTransport extends Transport {
  readonly requests: number;
  readonly reads: number;
}

export function countingTransport(): CountingTransport {
  const transport = defaultTransport();
  const count = { requests: 0, reads: 0 };
  const counting: Transport = async (request) => {
    count.requests += 1;
    const answer = await transport(request);
    return { ...answer, body: counted(answer.body, count) };
  };
  const counts = { requests: { get: () => count.requests }, reads: { get: () => count.reads } };
  return Object.defineProperties(counting, counts) as CountingTransport; // it has both now
}

async function* counted(body: AsyncIterable<Uint8Array>, count: { reads: number }): AsyncGenerator<Uint8Array> {
  for await (const read of body) {
    count.reads += 1;
    yield read;
  }
}
