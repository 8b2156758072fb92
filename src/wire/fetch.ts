import { AgentError } from "../errors.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/** The part of `fetch` that is used here, so that a replacement need not be a whole one. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/**
 * A transport over `fetch`, for every place that has one. Follows no redirect.
 * @param fetchFunction Default: the global `fetch`, looked up at each request.
 */
export function fetchTransport(fetchFunction?: FetchFunction): Transport {
  return async (request) => {
    const response = await send(request, fetchFunction ?? globalThis.fetch);
    return {
      // A browser hides a refused redirect behind status 0.
      status: response.type === "opaqueredirect" ? 302 : response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      body: readBody(response, request),
    } satisfies TransportResponse;
  };
}

async function send(request: TransportRequest, fetchFunction: FetchFunction): Promise<Response> {
  const init: RequestInit = {
    method: request.method,
    headers: request.headers,
    redirect: "manual",
    signal: request.signal,
  };
  if (request.body !== undefined) init.body = request.body;
  try {
    return await fetchFunction(request.url, init);
  } catch (error) {
    throw asTransportError(error, request, "could not be reached");
  }
}

/** Network reads through `getReader`: not every stream is async iterable. */
async function* readBody(response: Response, request: TransportRequest): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  let isOver = false;
  try {
    for (;;) {
      const read = await reader.read();
      isOver = read.done;
      if (read.done) return;
      yield read.value;
    }
  } catch (error) {
    isOver = true;
    throw asTransportError(error, request, "broke the connection while its answer was being read");
  } finally {
    // Nobody waits for the server to notice, and a stream that failed already has nothing left to report.
    if (!isOver) reader.cancel().catch(() => {});
  }
}

/** Undici, the fetch of Node, says in `cause.code` what happened. */
const CODES: Readonly<Record<string, { code: AgentError["code"]; retryable: boolean }>> = {
  UND_ERR_CONNECT_TIMEOUT: { code: "connect_timeout", retryable: true },
  UND_ERR_HEADERS_TIMEOUT: { code: "headers_timeout", retryable: true },
  UND_ERR_BODY_TIMEOUT: { code: "idle_timeout", retryable: true },
  CERT_HAS_EXPIRED: { code: "connection_failed", retryable: false },
  DEPTH_ZERO_SELF_SIGNED_CERT: { code: "connection_failed", retryable: false },
  SELF_SIGNED_CERT_IN_CHAIN: { code: "connection_failed", retryable: false },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { code: "connection_failed", retryable: false },
  ERR_TLS_CERT_ALTNAME_INVALID: { code: "connection_failed", retryable: false },
};

/** The caller's own reason unwrapped, or a typed error. Returned, not thrown, so that callers say `throw` themselves. */
function asTransportError(error: unknown, request: TransportRequest, what: string): unknown {
  if (request.signal.aborted) return request.signal.reason;
  const detail = causeCode(error);
  const known = detail === undefined ? undefined : CODES[detail];
  const code = known?.code ?? "connection_failed";
  const retryable = known?.retryable ?? true;
  const host = new URL(request.url).host;
  const advice = retryable ? "Check the network, the proxy and the base URL." : "Its TLS certificate was not accepted.";
  return new AgentError(code, `${host} ${what} (${detail ?? "no reason given"}). ${advice}`, {
    retryable,
    cause: error,
  });
}

function causeCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return undefined;
  return typeof cause.code === "string" ? cause.code : undefined;
}
