import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentError } from "../../src/errors.ts";
import type { Transport, TransportRequest } from "../../src/wire/index.ts";

/** A folder for one test. */
export interface TempFolder extends Disposable {
  /** Where a cassette may be recorded; not there yet. */
  dir: string;
  /** Names of the recorded files. */
  files(): string[];
  /** What stands in a file. */
  text(file: string): string;
  /** All that was written, hidden files included. */
  everything(): string;
}

export function tempFolder(): TempFolder {
  const home = mkdtempSync(join(tmpdir(), "fairwitness-cassette-"));
  const dir = join(home, "scout");
  const text = (file: string): string => readFileSync(join(dir, file), "utf8");
  return {
    dir,
    files: () => readdirSync(dir).sort(),
    text,
    everything: () => readdirSync(dir).map(text).join("\n"),
    [Symbol.dispose]: () => rmSync(home, { recursive: true }),
  };
}

export const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export interface Sent {
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  path?: string;
  method?: TransportRequest["method"];
  signal?: AbortSignal;
}

/** A request as a client would send it. */
export function request({
  body,
  headers,
  path = "/v1/chat/completions",
  method = "POST",
  signal,
}: Sent = {}): TransportRequest {
  return {
    method,
    url: `http://127.0.0.1:9${path}`,
    headers: { "content-type": "application/json", ...headers },
    signal: signal ?? new AbortController().signal,
    ...(body === undefined ? {} : { body: bytes(JSON.stringify(body)) }),
  };
}

export interface Scripted {
  reads?: readonly (string | Uint8Array)[];
  status?: number;
  headers?: Readonly<Record<string, string>>;
  /** Thrown after the reads. */
  error?: unknown;
}

/** A transport that gives these answers, one after the other. */
export function scripted(...answers: readonly Scripted[]): Transport {
  let count = 0;
  return async () => {
    const { reads = [], status = 200, headers = {}, error } = answers[count++] ?? {};
    return {
      status,
      header: (name) => headers[name],
      body: (async function* () {
        for (const read of reads) yield typeof read === "string" ? bytes(read) : read;
        if (error !== undefined) throw error;
      })(),
    };
  };
}

/** Asks and reads to the end: each network read as it came. */
export async function readsOf(transport: Transport, sent: TransportRequest): Promise<Uint8Array[]> {
  const reads: Uint8Array[] = [];
  for await (const read of (await transport(sent)).body) reads.push(read);
  return reads;
}

export async function textOf(transport: Transport, sent: TransportRequest): Promise<string> {
  return Buffer.concat(await readsOf(transport, sent)).toString();
}

/** The typed error a promise was rejected with; anything else fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<AgentError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
