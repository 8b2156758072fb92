import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { CHAT } from "./chaos-bodies.ts";
import type { ChaosAnswer, ChaosCut, ChaosEncoding, ChaosFault } from "./chaos-fault.ts";

/** What goes onto a socket. */
export interface ChaosOutput {
  /** Status line and headers. */
  head: string;
  /** The body, written one after the other; each is a chunk where the framing is chunked. */
  pieces: Iterable<Uint8Array>;
  isChunked: boolean;
  /** Every piece waits for a tick. */
  isPaced: boolean;
  /** What comes after the pieces: the end that the framing wants, or none of it. */
  end: "end" | "fin" | "reset" | "stall";
  /** Sent after the pieces as it is. */
  raw?: string;
}

/** The output of a fault that answers; undefined of one that does not. */
export function outputOf(fault: ChaosFault): ChaosOutput | undefined {
  switch (fault.fault) {
    case "reset-on-connect":
    case "deaf":
    case "banner":
    case "silence":
    case "reset-before-headers":
    case "fin-before-headers":
      return undefined;
    case "none":
      return plain(fault, bodyOf(fault));
    case "not-http":
      return { head: "", pieces: [bytes(fault.bytes)], isChunked: false, isPaced: false, end: "fin" };
    case "cut":
      return cutOutput(fault);
    case "drip":
      return { ...plain(fault, bodyOf(fault)), pieces: split(bodyOf(fault), fault.size ?? 1), isPaced: true };
    case "keep-alive":
      return { ...plain(fault, bodyOf(fault)), pieces: beating(fault), isPaced: true };
    case "wrong-length":
      return { ...plain({ ...fault, framing: "length" }, bodyOf(fault), fault.declared), end: "fin" };
    case "bad-chunk":
      return { ...plain(fault, bodyOf(fault).subarray(0, fault.at)), end: "fin", raw: "zz\r\nwhat\r\n" };
    case "encoded":
      return encoded(fault, compress(bodyOf(fault), fault.encoding).subarray(0, fault.at));
    case "bomb":
      return encoded(fault, compress(bombBody(fault), fault.encoding));
    case "redirect":
      return plain(redirectAnswer(fault), bytes(""));
    case "after-end":
      return afterEnd(fault);
    case "flood":
      return { ...plain(fault, bodyOf(fault)), pieces: flood(fault) };
    case "header-flood":
      return plain({ ...fault, headers: { ...fault.headers, ...manyHeaders(fault) } }, bodyOf(fault));
    default:
      return fault satisfies never;
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function bodyOf({ body = CHAT }: ChaosAnswer): Uint8Array {
  return typeof body === "string" ? bytes(body) : body;
}

function plain(answer: ChaosAnswer, body: Uint8Array, length: number = body.length): ChaosOutput {
  const { status = 200, framing = "chunked" } = answer;
  const headers: Record<string, string> = { "content-type": "text/event-stream", ...answer.headers };
  if (framing === "chunked") headers["transfer-encoding"] = "chunked";
  if (framing === "length") headers["content-length"] = String(length);
  if (framing === "close") headers.connection = "close";
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return {
    head: `HTTP/1.1 ${status} Chaos\r\n${lines.join("")}\r\n`,
    pieces: body.length === 0 ? [] : [body],
    isChunked: framing === "chunked",
    isPaced: false,
    end: framing === "close" ? "fin" : "end",
  };
}

const ENDS: Readonly<Record<Exclude<ChaosCut, "clean">, ChaosOutput["end"]>> = {
  fin: "fin",
  reset: "reset",
  stall: "stall",
};

function cutOutput(fault: Extract<ChaosFault, { fault: "cut" }>): ChaosOutput {
  const whole = bodyOf(fault);
  const body = whole.subarray(0, fault.at);
  if (fault.how === "clean") return plain(fault, body);
  return { ...plain(fault, body, whole.length), end: ENDS[fault.how] };
}

function afterEnd(fault: Extract<ChaosFault, { fault: "after-end" }>): ChaosOutput {
  const output = plain({ ...fault, framing: "chunked" }, bodyOf(fault));
  if (typeof fault.next === "string") return { ...output, end: fault.next };
  if ("body" in fault.next) return { ...output, pieces: [bodyOf(fault), bytes(fault.next.body)] };
  return { ...output, end: "fin", raw: `0\r\n\r\n${fault.next.raw}` };
}

function* split(body: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

function* beating(fault: Extract<ChaosFault, { fault: "keep-alive" }>): Generator<Uint8Array> {
  yield bodyOf(fault);
  const unit = bytes(fault.unit ?? ": keep-alive\n\n");
  for (;;) yield unit;
}

/** In pieces of 64 KiB or so: a write for each tiny event would measure the server. */
function* flood(fault: Extract<ChaosFault, { fault: "flood" }>): Generator<Uint8Array> {
  yield bodyOf(fault);
  const { unit, times = Number.POSITIVE_INFINITY, after = "" } = fault;
  const count = Math.max(1, Math.floor(65_536 / unit.length));
  const many = bytes(unit.repeat(count));
  let left = times;
  for (; left >= count; left -= count) yield many;
  if (left > 0) yield bytes(unit.repeat(left));
  if (after !== "") yield bytes(after);
}

function encoded(fault: ChaosAnswer & { encoding: ChaosEncoding }, body: Uint8Array): ChaosOutput {
  return plain({ ...fault, headers: { "content-encoding": fault.encoding, ...fault.headers } }, body);
}

function compress(body: Uint8Array, encoding: ChaosEncoding): Uint8Array {
  // The fastest they have: a bomb is a bomb.
  if (encoding === "gzip") return gzipSync(body, { level: 1 });
  if (encoding === "deflate") return deflateSync(body, { level: 1 });
  if (encoding === "zstd") return zstdCompressSync(body);
  return brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
}

function bombBody(fault: Extract<ChaosFault, { fault: "bomb" }>): Uint8Array {
  const before = bodyOf(fault);
  const body = Buffer.alloc(before.length + fault.size, fault.fill ?? "a");
  body.set(before);
  return body;
}

function redirectAnswer({ status, location }: Extract<ChaosFault, { fault: "redirect" }>): ChaosAnswer {
  return { status, framing: "length", ...(location === undefined ? {} : { headers: { location } }) };
}

function manyHeaders({ count, size }: { count: number; size: number }): Record<string, string> {
  const value = "h".repeat(size);
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-flood-${n}`, value]));
}
