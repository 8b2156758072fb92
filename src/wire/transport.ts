/** One HTTP request, ready to be sent. */
export interface TransportRequest {
  method: "GET" | "POST" | "DELETE";
  url: string;
  headers: Readonly<Record<string, string>>;
  /** A view of bytes that stay as they are until the answer's headers are there: it is sent without a copy. */
  body?: Uint8Array<ArrayBuffer>;
  signal: AbortSignal;
  /**
   * For a transport that can tell: to be called with `connecting` where it has to make a connection, and with `connected` once that
   * is there. In between it has `timeouts.connectMs`. One that calls neither, as over `fetch`, is held to `headersMs` alone.
   */
  onPhase?(phase: "connecting" | "connected"): void;
}

/** An answer whose headers are there and whose body is still to be read. */
export interface TransportResponse {
  status: number;
  /** The value of a header by its lower-case name. */
  header(name: string): string | undefined;
  /** Network reads as they come. Ending the iteration early closes the connection. */
  body: AsyncIterable<Uint8Array>;
}

/**
 * How a request reaches a server. It makes one attempt, follows no redirect (a 3xx is returned as it is), and sends
 * nothing but what it is given and what HTTP needs beside it.
 * @throws {AgentError} `connection_failed` or `connect_timeout`, and nothing else, but for `signal.reason`, which
 * passes through unwrapped.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;
