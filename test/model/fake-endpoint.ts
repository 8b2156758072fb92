import type { ModelEvent, ModelRequest, ModelTurn } from "../../src/model/index.ts";
import { createEndpoint, type Endpoint, type TransportRequest } from "../../src/wire/index.ts";

/** What one request looked like when it was sent. */
export interface Sent {
  headers: Readonly<Record<string, string>>;
  bytes: Uint8Array;
  text: string;
  // The tests know what they sent, and compare whole bodies.
  json: Record<string, unknown>;
}

export interface FakeAnswer {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  /** Network reads, as they come. */
  reads: readonly Uint8Array[];
  /** Thrown after the reads: a connection that breaks. */
  broken?: Error;
}

export interface FakeEndpoint {
  endpoint: Endpoint;
  sent: Sent[];
}

/** An endpoint without a network: every read arrives exactly as it is given. */
export function fakeEndpoint(answer: (request: TransportRequest, n: number) => FakeAnswer): FakeEndpoint {
  const sent: Sent[] = [];
  const endpoint = createEndpoint({
    apiKey: "sim_key",
    baseUrl: "http://127.0.0.1:9/v1",
    transport: async (request) => {
      const bytes = new Uint8Array(request.body ?? new Uint8Array());
      const text = new TextDecoder().decode(bytes);
      sent.push({ headers: request.headers, bytes, text, json: JSON.parse(text) });
      const { status = 200, headers = {}, reads, broken } = answer(request, sent.length);
      const all: Record<string, string> = { "content-type": "text/event-stream", ...headers };
      return { status, header: (name) => all[name], body: body(reads, broken) };
    },
  });
  return { endpoint, sent };
}

async function* body(reads: readonly Uint8Array[], broken: Error | undefined): AsyncGenerator<Uint8Array> {
  for (const read of reads) yield read;
  if (broken !== undefined) throw broken;
}

/** Chunks as an event stream, in one read. */
export function eventStream(chunks: readonly unknown[], done = true): Uint8Array {
  const lines = chunks.map((chunk) => `data: ${typeof chunk === "string" ? chunk : JSON.stringify(chunk)}\n\n`);
  return new TextEncoder().encode(lines.join("") + (done ? "data: [DONE]\n\n" : ""));
}

/** A chunk of one choice. */
export function chunk(delta: object, rest: object = {}, finish?: string): object {
  const choice = finish === undefined ? { index: 0, delta } : { index: 0, delta, finish_reason: finish };
  return { id: "c1", object: "chat.completion.chunk", created: 1, model: "grok-4.7", choices: [choice], ...rest };
}

/** The shortest whole answer. */
export const hello: Uint8Array = eventStream([chunk({ role: "assistant", content: "Hello" }), chunk({}, {}, "stop")]);

export function request(change: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: [{ role: "user", content: "Hi" }], tools: [], settings: {}, conversation: "conv-1", ...change };
}

export interface Seen {
  events: ModelEvent[];
  batches: number;
  /** What ended the stream before its end. */
  error?: unknown;
}

/** Drains a stream; a failure is told, not thrown. */
export async function drain(stream: AsyncIterable<readonly ModelEvent[]>): Promise<Seen> {
  const seen: Seen = { events: [], batches: 0 };
  try {
    for await (const batch of stream) {
      seen.batches++;
      seen.events.push(...batch);
    }
  } catch (error) {
    seen.error = error;
  }
  return seen;
}

/** The turn that a whole stream ends with. */
export function turnOf(seen: Seen): ModelTurn {
  if (seen.error !== undefined) throw seen.error;
  const last = seen.events.at(-1);
  if (last?.type !== "turn") throw new Error(`The stream ended with ${last?.type ?? "nothing"}`);
  return last.turn;
}

export const never: AbortSignal = new AbortController().signal;
