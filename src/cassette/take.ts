import type { Clock } from "../clock.ts";
import { AgentError, type ErrorCode } from "../errors.ts";
import type { TransportResponse } from "../wire/index.ts";
import type { RecordedEnd, RecordedExchange, RecordedResponse } from "./exchange.ts";
import type { Mask } from "./mask.ts";
import { encodeRead, type TimedRead } from "./reads.ts";

/** What came of one request. */
export interface Taken {
  response?: Omit<RecordedResponse, "reads">;
  reads: readonly TimedRead[];
  ended: RecordedEnd;
}

/** Notes what comes of one request. Whatever ends it first counts; what comes later is not wanted any more. */
export interface Take {
  headers(response: TransportResponse): void;
  read(bytes: Uint8Array): void;
  whole(): void;
  failed(error: unknown): void;
  left(): void;
}

export interface TakeOptions {
  clock: Clock;
  signal: AbortSignal;
  /** Called once. */
  over(taken: Taken): void;
}

/** An abort ends it at once: a body that nobody began to read tells of it in no other way. */
export function createTake({ clock, signal, over }: TakeOptions): Take {
  let startMs = clock.monotonic();
  let response: Taken["response"];
  const reads: TimedRead[] = [];
  let isOver = false;
  const elapsed = (): number => Math.round((clock.monotonic() - startMs) * 1000) / 1000;
  const end = (ended: RecordedEnd): void => {
    if (isOver) return;
    isOver = true;
    signal.removeEventListener("abort", onAbort);
    over({ ...(response === undefined ? {} : { response }), reads, ended });
  };
  const onAbort = (): void => end(abortEnd(signal.reason, elapsed()));
  signal.addEventListener("abort", onAbort);
  return {
    headers({ status, header }) {
      response = { status, headersMs: elapsed(), headers: shown(header) };
      startMs = clock.monotonic();
    },
    read(bytes) {
      // A copy: whose memory it is, the reader's or the transport's, is not for us to know.
      if (!isOver) reads.push({ ms: elapsed(), bytes: bytes.slice() });
    },
    whole: () => end({ type: "whole", ms: elapsed() }),
    failed: (error) => end(signal.aborted ? abortEnd(signal.reason, elapsed()) : failureEnd(error, elapsed())),
    left: () => end({ type: "left", ms: elapsed() }),
  };
}

/** Our own timeouts end a request by its signal; they are what the server did, and come again in a replay. */
const TIMEOUTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["connect_timeout", "headers_timeout", "idle_timeout"]);

function abortEnd(reason: unknown, ms: number): RecordedEnd {
  const isTimeout = reason instanceof AgentError && TIMEOUTS.has(reason.code);
  return isTimeout ? failureEnd(reason, ms) : { type: "left", ms };
}

function failureEnd(error: unknown, ms: number): RecordedEnd {
  if (error instanceof AgentError) {
    const { code, message, retryable } = error;
    const cause = systemCode(error.cause);
    return { type: "error", ms, code, message, retryable, ...(cause === undefined ? {} : { cause }) };
  }
  // A transport that throws errors of its own: what the client makes of them.
  return { type: "error", ms, code: "connection_failed", message: "The transport failed.", retryable: true };
}

/** The innermost one: fetch wraps what the system said. */
function systemCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const inner = systemCode(cause.cause);
  return inner === undefined && "code" in cause && typeof cause.code === "string" ? cause.code : inner;
}

/** Headers of an answer that are kept. What is not named here never is. */
const SHOWN = [
  "content-type",
  "date",
  "location",
  "request-id",
  "retry-after",
  "retry-after-ms",
  "x-fairwitness-simulated",
  "x-request-id",
  "x-should-retry",
  "xai-request-id",
];

function shown(header: TransportResponse["header"]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of SHOWN) {
    const value = header(name);
    if (value !== undefined) kept[name] = name === "location" ? withoutQuery(value) : value;
  }
  return kept;
}

/** Where a redirect leads is told by its host; the rest of it may hold a key or a name. */
function withoutQuery(location: string): string {
  return location
    .split(/[?#]/, 1)
    .join("")
    .replace(/\/\/[^/@]*@/, "//");
}

/** What came, as it is written: without secrets. */
export function maskTaken({ response, reads, ended }: Taken, mask: Mask): Omit<RecordedExchange, "request"> {
  const told = ended.type === "error" ? { ...ended, message: mask.text(ended.message) } : ended;
  if (response === undefined) return { ended: told };
  const masked = mask.reads(reads.map((read) => read.bytes));
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, mask.text(value)]));
  const encoded = reads.map(({ ms, bytes }, place) => encodeRead({ ms, bytes: masked[place] ?? bytes }));
  return { response: { ...response, headers, reads: encoded }, ended: told };
}
