import { existsSync, readdirSync, readFileSync } from "node:fs";
import {
  createMessagesAccumulator,
  type Endpoint,
  type EndpointOptions,
  type MessagesAnswer,
  type MessagesEvent,
  type StreamMessagesOptions,
  streamMessages,
  type Transport,
} from "../../src/wire/index.ts";
import { BODY, bytes, endpointOver, frames, replay } from "./support.ts";

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON, read as its authors wrote it
export type Json = any;

const RECORDINGS = new URL("../../../shared/wire/messages/", import.meta.url);

export const hasMessages: boolean = existsSync(RECORDINGS);

/** For the title of a group: says when its tests are skipped. */
export const absent: string = hasMessages ? "" : " (skipped: ../shared/wire/messages is not here)";

export interface RecordedMessage {
  name: string;
  /** The bytes as they were sent; of recordings without framing, as Anthropic frames them. */
  whole: Uint8Array;
  /** One for each event. */
  payloads: Json[];
}

/** Recorded streams, raw or as payloads. */
export function recordedMessages(): RecordedMessage[] {
  const raw = names(".sse").map((name) => {
    const text = read(name);
    const lines = text.split("\n").filter((line) => line.startsWith("data: "));
    return { name, whole: bytes(text), payloads: lines.map((line): Json => JSON.parse(line.slice("data: ".length))) };
  });
  const bare = names(".chunks.txt").map((name) => {
    const lines = read(name)
      .split("\n")
      .filter((line) => line.trim() !== "");
    const payloads = lines.map((line): Json => JSON.parse(line));
    return { name, whole: bytes(named(payloads)), payloads };
  });
  return [...raw, ...bare];
}

/** Recorded whole answers. */
export function recordedMessageBodies(): { name: string; body: Json }[] {
  return names(".json").map((name) => ({ name, body: JSON.parse(read(name)) }));
}

function names(suffix: string): string[] {
  return hasMessages ? readdirSync(RECORDINGS).filter((name) => name.endsWith(suffix)) : [];
}

function read(name: string): string {
  return readFileSync(new URL(name, RECORDINGS), "utf8");
}

/** Payloads as Anthropic frames them: with the name of each event, and nothing after the last. */
export function named(payloads: readonly Json[]): string {
  return payloads.map((payload) => `event: ${payload.type}\ndata: ${JSON.stringify(payload)}\n\n`).join("");
}

/** Payloads as xAI's description says: data alone, and `[DONE]`. */
export const bare = (payloads: readonly unknown[]): string => frames([...payloads, "[DONE]"]);

export const over = (payloads: readonly Json[]): ReturnType<typeof replay> => replay([bytes(named(payloads))]);

export const asJson = (body: unknown, status = 200): Transport =>
  replay([bytes(JSON.stringify(body))], { status, headers: { "content-type": "application/json" } });

export interface Read {
  events: MessagesEvent[];
  answer: MessagesAnswer;
}

export async function readMessage(endpoint: Endpoint, options: Partial<StreamMessagesOptions> = {}): Promise<Read> {
  const stream = await streamMessages(endpoint, BODY, { signal: new AbortController().signal, ...options });
  const accumulator = createMessagesAccumulator();
  const events: MessagesEvent[] = [];
  for await (const batch of stream.events) {
    for (const event of batch) {
      accumulator.add(event);
      events.push(event);
    }
  }
  return { events, answer: accumulator.finish() };
}

export const readOver = (transport: Transport, options: EndpointOptions = {}): Promise<Read> =>
  readMessage(endpointOver(transport, options));

/** The answer that these payloads are, as a stream in one read. */
export const fold = async (payloads: readonly Json[]): Promise<MessagesAnswer> =>
  (await readOver(over(payloads))).answer;

/** A message as a server would send it whole, from the answer it was read as. */
export function bodyOf({ raw, rest, content: _, ...answer }: MessagesAnswer): Json {
  return { ...answer, ...rest, content: raw };
}
