import type { Dispatcher } from "undici";
import { AgentError } from "../errors.ts";
import { ownOptions } from "../own.ts";
import { refuseProxied } from "./proxy.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";
import { BROKEN_OFF, transportError, UNREACHED } from "./transport-error.ts";
import { sharedAgent, visit } from "./undici-agent.ts";
import { createReceivedBody, type ReceivedBody } from "./undici-body.ts";
import { unpackerOf } from "./unpack.ts";

/**
 * The transport over undici. No promise and no stream stands between its parser and the reader of the body; what the reader leaves
 * unread stays with the server.
 */
export function sendOverUndici(request: TransportRequest): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    refuseProxied(request.url, process.env, process.execArgv);
    if (request.signal.aborted) return reject(request.signal.reason);
    const { origin, pathname, search } = new URL(request.url);
    const exchange = createExchange(request, { origin, resolve, reject });
    try {
      sharedAgent().dispatch(dispatchOptions(request, origin, pathname + search), exchange.handler);
    } catch (error) {
      exchange.fail(error);
    }
    if (!exchange.hasConnection()) request.onPhase?.("connecting");
  });
}

/**
 * Compression is not asked for: it would hold back the tokens of an answer, and what is small need not be smaller. What is only
 * fetched, such as a file, goes over HTTP/1: where a server breaks off a stream of HTTP/2, Node and undici report its end, and bytes have
 * no end of their own by which that would be noticed.
 */
function dispatchOptions({ method, headers, body }: TransportRequest, origin: string, path: string) {
  const allowH2 = method === "POST";
  const options = ownOptions({ origin, path, method, headers: { ...USER_AGENT, ...headers }, allowH2 });
  return body === undefined ? options : Object.assign(options, { body });
}

/** Firewalls in front of servers refuse those who do not say who they are. */
const USER_AGENT = { "user-agent": "fairwitness" };

/** One request and its answer. */
interface Exchange {
  readonly handler: Dispatcher.DispatchHandler;
  /** True once the request is on its way, or is over. */
  hasConnection(): boolean;
  fail(error: unknown): void;
}

interface Settle {
  origin: string;
  resolve(response: TransportResponse): void;
  reject(error: unknown): void;
}

function createExchange(request: TransportRequest, { origin, resolve, reject }: Settle): Exchange {
  const { signal } = request;
  const stay = visit(origin);
  let connection: Dispatcher.DispatchController | undefined;
  let body: ReceivedBody | undefined;
  let isOver = false;
  const finish = (): void => {
    isOver = true;
    stay.leave();
    signal.removeEventListener("abort", onAbort);
  };
  const leave = (): void => {
    finish();
    connection?.abort(LEFT);
  };
  const onAbort = (): void => {
    leave();
    if (body === undefined) reject(signal.reason);
    else body.drop(signal.reason);
  };
  const fail = (error: unknown): void => {
    if (isOver) return; // we left, and that is how it tells us
    finish();
    if (body === undefined) reject(transportError(error, request, UNREACHED));
    else body.fail(transportError(error, request, BROKEN_OFF));
  };
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      connection = controller;
      if (isOver) return controller.abort(LEFT);
      stay.connected();
      request.onPhase?.("connected");
    },
    onResponseStart(controller, status, headers) {
      if (status < 200) return; // only announces the answer
      const header = readHeader(headers);
      const unpack = unpackerOf(header("content-encoding"));
      const flow = { pause: () => controller.pause(), resume: () => controller.resume(), leave };
      body = createReceivedBody(unpack === undefined ? flow : { ...flow, mostUnread: 1 });
      resolve({ status, header, body: unpack === undefined ? body.reads : typed(unpack(body.reads), request) });
    },
    onResponseData: (_, bytes) => body?.push(bytes),
    onResponseEnd() {
      finish();
      body?.end();
    },
    onResponseError: (_, error) => fail(error),
  };
  signal.addEventListener("abort", onAbort);
  return {
    handler,
    fail,
    hasConnection: () => connection !== undefined || isOver,
  };
}

/** Of what is compressed other things can break than the network. */
async function* typed(body: AsyncIterable<Uint8Array>, request: TransportRequest): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw error instanceof AgentError ? error : transportError(error, request, BROKEN_OFF);
  }
}

/** Never seen by anybody: who leaves has a reason of his own. */
const LEFT = new Error("The request was left.");

function readHeader(headers: Readonly<Record<string, string | string[] | undefined>>): TransportResponse["header"] {
  return (name) => {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    return Array.isArray(value) ? value.join(", ") : value;
  };
}
