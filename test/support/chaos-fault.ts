/** What a server may do with one request, by name and as plain data. Offsets and sizes are bytes of the body as it is sent. */
export type ChaosFault =
  /** No fault: a whole answer, after which the connection may be used again (but for framing `close`). */
  | ({ fault: "none" } & ChaosAnswer)
  /** RST as soon as the connection is accepted. */
  | { fault: "reset-on-connect" }
  /** Speaks first, as servers of other protocols do, and then FIN. */
  | { fault: "banner"; bytes: string }
  /** Half-open: accepts, and neither reads nor answers. */
  | { fault: "deaf" }
  /** Reads the request and never answers. */
  | { fault: "silence" }
  /** Reads the request, then RST or FIN instead of an answer. */
  | { fault: "reset-before-headers" }
  | { fault: "fin-before-headers" }
  /** Answers with bytes that are not HTTP, then FIN. */
  | { fault: "not-http"; bytes: string }
  /** The first `at` bytes of the body, and then `how`. */
  | ({ fault: "cut"; at: number; how: ChaosCut } & ChaosAnswer)
  /** The body in pieces of `size` bytes (default 1), one at each `tick()`, and then its end. The head comes at once. */
  | ({ fault: "drip"; size?: number } & ChaosAnswer)
  /** The body, and then `unit` again at each `tick()`, for ever. */
  | ({ fault: "keep-alive"; unit?: string } & ChaosAnswer)
  /** A `content-length` that is not the body's; then FIN. */
  | ({ fault: "wrong-length"; declared: number } & ChaosAnswer)
  /** After `at` bytes a chunk whose size is no number. */
  | ({ fault: "bad-chunk"; at: number } & ChaosAnswer)
  /** The body compressed, and of that only the first `at` bytes where it is given, ended cleanly. */
  | ({ fault: "encoded"; encoding: ChaosEncoding; at?: number } & ChaosAnswer)
  /** `size` bytes `fill` (default `a`) behind the body, all of it compressed to next to nothing. */
  | ({ fault: "bomb"; encoding: ChaosEncoding; size: number; fill?: string } & ChaosAnswer)
  /** A redirect; without a location it does not say where. */
  | { fault: "redirect"; status: number; location?: string }
  /** The body, chunked, and instead of the end of the framing `next`: more of a body, or bytes that follow the whole answer. */
  | ({ fault: "after-end"; next: "reset" | "stall" | "fin" | { body: string } | { raw: string } } & ChaosAnswer)
  /** The body, `unit` as often as `times` says (default: until the client leaves), and `after`. */
  | ({ fault: "flood"; unit: string; times?: number; after?: string } & ChaosAnswer)
  /** `count` more headers of `size` bytes each. */
  | ({ fault: "header-flood"; count: number; size: number } & ChaosAnswer);

/** An answer without fault. Default: status 200, `text/event-stream`, the chat answer "Sunny", chunked. */
export interface ChaosAnswer {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** How the body says where it ends: `close` has no length, and ends with the connection. */
  framing?: "chunked" | "length" | "close";
}

/**
 * How a body is cut: `clean` is an end that the framing calls whole (the last chunk, a content length of the cut body, FIN where
 * there is no length); `fin` closes in the middle of what the framing promised; `reset` is RST; `stall` sends no more.
 */
export type ChaosCut = "clean" | "fin" | "reset" | "stall";

export type ChaosEncoding = "gzip" | "deflate" | "br" | "zstd";

/**
 * What a server does: with its n-th request, the n-th fault; or, told apart by connection, with the n-th request of the m-th
 * connection. The last of a list stays.
 */
export type ChaosScript = readonly ChaosFault[] | { readonly connections: readonly (readonly ChaosFault[])[] };

/** Faults that need no request. */
export function isAtConnect({ fault }: ChaosFault): boolean {
  return fault === "reset-on-connect" || fault === "deaf" || fault === "banner";
}
