import { existsSync, readdirSync, readFileSync } from "node:fs";
import {
  createResponsesAccumulator,
  type Endpoint,
  type EndpointOptions,
  type ResponsesEvent,
  type ResponsesResponse,
  type StreamResponsesOptions,
  streamResponses,
  type Transport,
} from "../../src/wire/index.ts";
import { BODY, bytes, endpointOver, frames, replay } from "./support.ts";

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON, read as its authors wrote it
export type Json = any;

const RECORDINGS = new URL("../../../shared/wire/responses/", import.meta.url);

export const hasResponses: boolean = existsSync(RECORDINGS);

/** For the title of a group: says when its tests are skipped. */
export const absent: string = hasResponses ? "" : " (skipped: ../shared/wire/responses is not here)";

export interface RecordedStream {
  name: string;
  /** One for each event. */
  payloads: Json[];
  /** The response of its terminal event. */
  terminal: Json;
}

/** Recorded streams. A file that holds several answers is one stream for each. */
export function recordedResponses(): RecordedStream[] {
  return names(".chunks.txt").flatMap((name) => {
    const streams: Json[][] = [];
    for (const line of read(name).split("\n")) {
      if (line.trim() === "") continue;
      const payload: Json = JSON.parse(line);
      if (payload.type === "response.created" || streams.length === 0) streams.push([]);
      streams.at(-1)?.push(payload);
    }
    return streams.map((payloads, place) => ({
      name: streams.length === 1 ? name : `${name} (${place + 1})`,
      payloads,
      terminal: payloads.at(-1).response,
    }));
  });
}

/** Recorded whole answers. */
export function recordedBodies(): { name: string; text: string; body: Json }[] {
  return names(".json").map((name) => ({ name, text: read(name), body: JSON.parse(read(name)) }));
}

function names(suffix: string): string[] {
  return hasResponses ? readdirSync(RECORDINGS).filter((name) => name.endsWith(suffix)) : [];
}

function read(name: string): string {
  return readFileSync(new URL(name, RECORDINGS), "utf8");
}

export const wholeStream = (payloads: readonly unknown[]): Uint8Array => bytes(frames([...payloads, "[DONE]"]));

export const asJson = (body: unknown, status = 200): Transport =>
  replay([bytes(JSON.stringify(body))], { status, headers: { "content-type": "application/json" } });

export interface Read {
  events: ResponsesEvent[];
  response: ResponsesResponse;
}

export async function readResponse(endpoint: Endpoint, options: Partial<StreamResponsesOptions> = {}): Promise<Read> {
  const answer = await streamResponses(endpoint, BODY, { signal: new AbortController().signal, ...options });
  const accumulator = createResponsesAccumulator();
  const events: ResponsesEvent[] = [];
  for await (const batch of answer.events) {
    for (const event of batch) {
      accumulator.add(event);
      events.push(event);
    }
  }
  return { events, response: accumulator.finish() };
}

export const readOver = (transport: Transport, options: EndpointOptions = {}): Promise<Read> =>
  readResponse(endpointOver(transport, options));

/** The answer that these payloads are, as a stream in one read. */
export const fold = async (payloads: readonly unknown[]): Promise<ResponsesResponse> =>
  (await readOver(replay([wholeStream(payloads)]))).response;
