import {
  AgentError,
  type AgentTool,
  type Clock,
  createAgent,
  createClient,
  type RunEvent,
  type RunResult,
  type StoredEvent,
  type ToolSchema,
  type Transport,
} from "fairwitness";
import { checkEvents } from "fairwitness/testing";

export type Api = "chat" | "responses" | "messages";

/** One answer of a server, as the bytes of its body, and the agent that asks for it. */
export interface Answer {
  name: string;
  api: Api;
  contentType: "text/event-stream" | "application/json";
  bytes: Uint8Array;
  /** From this many bytes on the answer is whole: its terminal marker has come. Found without any code of ours. */
  whole: number;
  tools: readonly AgentTool[];
  output?: ToolSchema;
}

/** How a body ends: as if it were whole, or with its connection. */
export type End = "clean" | "reset";

/** A body as a server sends it. */
export interface Body extends Pick<Answer, "bytes" | "contentType"> {
  end: End;
}

/** What a run over some bodies came to. */
export interface Played {
  result: RunResult;
  record: readonly StoredEvent[];
  requests: number;
  /** Handlers that ran. */
  ran: number;
  /** The text as it was shown, of all attempts, where events were read. */
  shown: string;
}

let ran = 0;

/** A handler that counts. */
export function countRun(): string {
  ran += 1;
  return "done";
}

/** How many ran so far. */
export function countRuns(): number {
  return ran;
}

export interface PlayOptions {
  /** How often a turn is asked for. Default 3. */
  attempts?: number;
  /** Reads every event, deltas included, and holds them against the rules of a run. Default: the record alone. */
  isRead?: boolean;
}

/**
 * A run whose n-th request is answered with the n-th body, the last for all further ones. In this process, by a `Transport` that
 * hands out bytes: all that a socket would add to it is `defaultTransport`, which has sweeps of its own.
 */
export async function play(
  { api, tools, output }: Pick<Answer, "api" | "tools" | "output">,
  bodies: readonly Body[],
  { attempts = 3, isRead = false }: PlayOptions = {},
): Promise<Played> {
  const transport = handOut(bodies);
  const client = createClient({ apiKey: "sim_cuts", transport, clock: still });
  const agent = createAgent({
    name: "cuts",
    model: client.model("grok-4.7", { api }),
    tools,
    retry: { attempts },
    runtime: { clock: still, random: () => 0 },
    ...(output === undefined ? {} : { output }),
  });
  const before = countRuns();
  const run = agent.stream("Go.");
  const events: RunEvent[] = [];
  if (isRead) for await (const batch of run.batches()) events.push(...batch);
  const result = await run.result();
  const broken = checkEvents(isRead ? events : run.record);
  if (broken.length > 0) throw new Error(broken.join("\n"));
  return {
    result,
    record: run.record,
    requests: transport.requests,
    ran: countRuns() - before,
    shown: shownText(events),
  };
}

function shownText(events: readonly RunEvent[]): string {
  return events.map((event) => (event.type === "text.delta" ? event.delta : "")).join("");
}

const READ = 16_384;

function handOut(bodies: readonly Body[]): Transport & { readonly requests: number } {
  let requests = 0;
  const transport: Transport = async () => {
    const body = bodies[Math.min(requests, bodies.length - 1)] as Body; // there is one
    requests += 1;
    return {
      status: 200,
      header: (name) => (name === "content-type" ? body.contentType : undefined),
      body: reads(body),
    };
  };
  return Object.defineProperty(transport, "requests", { get: () => requests }) as typeof transport & {
    readonly requests: number;
  };
}

async function* reads({ bytes, end }: Body): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += READ) yield bytes.subarray(at, at + READ);
  if (end === "reset") throw new AgentError("connection_failed", "The connection was reset.", { retryable: true });
}

/** Stands still: what is due at once happens at once, and nothing else ever. */
const still: Clock = {
  now: () => 1_700_000_000_000,
  monotonic: () => 0,
  after(delayMs, callback) {
    let isCancelled = false;
    if (delayMs === 0) queueMicrotask(() => isCancelled || callback());
    return () => {
      isCancelled = true;
    };
  },
};
