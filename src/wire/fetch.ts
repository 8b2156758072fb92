import { ownOptions } from "../own.ts";
import { refuseProxied } from "./proxy.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import { BROKEN_OFF, transportError, UNREACHED } from "./transport-error.ts";

/** The part of `fetch` that is used here, so that a replacement need not be a whole one. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/**
 * A transport over `fetch`, for every place that has one. Follows no redirect. It cannot tell when a connection is there: Node's
 * gives up connecting by itself after 10 s, which is a `connect_timeout`.
 * @param fetchFunction Default: the global `fetch`, looked up at each request.
 */
export function fetchTransport(fetchFunction?: FetchFunction): Transport {
  return async (request) => {
    if (fetchFunction === undefined) keepHome(request.url);
    const response = await send(request, fetchFunction ?? globalThis.fetch);
    return {
      // A browser hides a refused redirect behind status 0.
      status: response.type === "opaqueredirect" ? 302 : response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      body: readBody(response, request),
    } satisfies TransportResponse;
  };
}

/** Only Node's own fetch hands requests to a proxy of the environment. */
function keepHome(url: string): void {
  if (typeof process !== "undefined") refuseProxied(url, process.env ?? {}, process.execArgv ?? []);
}

async function send(request: TransportRequest, fetchFunction: FetchFunction): Promise<Response> {
  // Whatever else a fetch can be told, nobody tells it.
  const init = ownOptions<RequestInit>({
    method: request.method,
    headers: request.headers,
    redirect: "manual",
    signal: request.signal,
  });
  if (request.body !== undefined) init.body = request.body;
  try {
    return await fetchFunction(request.url, init);
  } catch (error) {
    throw transportError(error, request, UNREACHED);
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
    throw transportError(error, request, BROKEN_OFF);
  } finally {
    // Nobody waits for the server to notice, and a stream that failed already has nothing left to report.
    if (!isOver) reader.cancel().catch(() => {});
  }
}
