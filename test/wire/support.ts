import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../src/clock.ts";
import {
  type ChatChunk,
  type ChatCompletion,
  createChatAccumulator,
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
  type StreamChatOptions,
  streamChat,
  type Transport,
  type TransportRequest,
} from "../../src/wire/index.ts";

export const KEY = "xai-canary-4711-do-not-show";

/** A transport that answers with these reads, and notes what it was asked. */
export function replay(
  reads: readonly Uint8Array[],
  answer: { status?: number; headers?: Readonly<Record<string, string>>; error?: unknown } = {},
): Transport & { requests: TransportRequest[] } {
  const requests: TransportRequest[] = [];
  const headers: Readonly<Record<string, string>> = { "content-type": "text/event-stream", ...answer.headers };
  const transport: Transport = async (request) => {
    requests.push(request);
    return {
      status: answer.status ?? 200,
      header: (name) => headers[name],
      body: (async function* () {
        yield* reads;
        if (answer.error !== undefined) throw answer.error;
      })(),
    };
  };
  return Object.assign(transport, { requests });
}

export function endpointOver(transport: Transport, options: EndpointOptions = {}): Endpoint {
  return createEndpoint({ apiKey: KEY, transport, ...options });
}

export const BODY: Uint8Array<ArrayBuffer> = new TextEncoder().encode('{"model":"grok-4.7","messages":[]}');

export async function readAll(
  endpoint: Endpoint,
  options: Partial<StreamChatOptions> = {},
): Promise<{ chunks: ChatChunk[]; completion: ChatCompletion }> {
  const answer = await streamChat(endpoint, BODY, { signal: new AbortController().signal, ...options });
  const accumulator = createChatAccumulator();
  const chunks: ChatChunk[] = [];
  for await (const batch of answer.chunks) {
    for (const chunk of batch) {
      accumulator.add(chunk);
      chunks.push(chunk);
    }
  }
  return { chunks, completion: accumulator.finish() };
}

export async function completionOf(transport: Transport, options: EndpointOptions = {}): Promise<ChatCompletion> {
  return (await readAll(endpointOver(transport, options))).completion;
}

/** What a promise was rejected with; a promise that is not fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export function frames(items: readonly unknown[], newline = "\n"): string {
  return items
    .map((item) => `data: ${typeof item === "string" ? item : JSON.stringify(item)}${newline}${newline}`)
    .join("");
}

/** Bytes cut into reads at these offsets. */
export function splitAt(whole: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(offsets.map((offset) => offset % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...cuts].map((start, place) => whole.subarray(start, cuts[place] ?? whole.length));
}

/** A clock that stands still until it is moved. */
export interface FakeClock extends Clock {
  advance(ms: number): Promise<void>;
  readonly pending: readonly number[];
}

export function createFakeClock(startMs: number = Date.UTC(2026, 10, 20)): FakeClock {
  let nowMs = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  return {
    now: () => startMs + nowMs,
    monotonic: () => nowMs,
    after(delayMs, callback) {
      const timer = { at: nowMs + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    get pending() {
      return [...timers].map((timer) => timer.at - nowMs);
    },
    async advance(ms) {
      nowMs += ms;
      for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
        if (timer.at > nowMs || !timers.delete(timer)) continue;
        timer.callback();
      }
      await settle();
    },
  };
}

/** Lets everything that can go on do so. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** A server on loopback; closed by the test. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: IncomingMessage[];
}

export async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume().on("end", () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A listening TCP server has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const RECORDINGS = new URL("../../../shared/wire/chat/", import.meta.url);

export const hasRecordings: boolean = existsSync(RECORDINGS);

/** Recorded streams: the payloads, one for each event. */
export function recordedStreams(): { name: string; payloads: string[] }[] {
  if (!hasRecordings) return [];
  return readdirSync(RECORDINGS)
    .filter((name) => name.endsWith(".chunks.txt"))
    .map((name) => ({
      name,
      payloads: readRecording(name)
        .split("\n")
        .filter((line) => line.trim() !== ""),
    }));
}

/** Recorded whole answers. */
export function recordedAnswers(): { name: string; text: string }[] {
  if (!hasRecordings) return [];
  return readdirSync(RECORDINGS)
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name, text: readRecording(name) }));
}

export function readRecording(name: string): string {
  return readFileSync(new URL(name, RECORDINGS), "utf8");
}
