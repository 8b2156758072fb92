import { AgentError, withoutCredentials } from "../errors.ts";
import { ownOptions } from "../own.ts";
import { collectText } from "./body.ts";
import type { Access, Endpoint } from "./endpoint.ts";
import { type AnswerFacts, httpError, RedirectRefused, readRequestId } from "./errors.ts";
import { checkHeaders } from "./headers.ts";
import { createLink, type Link } from "./link.ts";
import { createHider, createRedactor, secretsInHeaders } from "./redact.ts";
import { redactError } from "./redact-error.ts";
import { timedOut, type Waits } from "./timeouts.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";

/** One request to an endpoint. */
export interface HttpRequest {
  method: "GET" | "POST" | "DELETE";
  /** From the base URL on, with a leading slash: `/chat/completions`. */
  path: string;
  body?: Uint8Array<ArrayBuffer>;
  /** What the body is. Default `application/json`. */
  contentType?: string;
  accept: "application/json" | "text/event-stream" | "*/*";
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  /** The same in every attempt at the same thing: sent as `x-client-request-id`. */
  requestId?: string;
  /** What else must never be shown, such as the key of an MCP server in the body: servers echo what they are sent. */
  secrets?: readonly string[];
  /** True where the server may think in silence: both waits become longer. */
  patient?: boolean;
  signal: AbortSignal;
}

/** A good answer: its headers are there, its body is still to be read. */
export interface HttpAnswer {
  facts: AnswerFacts;
  requestId: string | undefined;
  /** Media type without parameters, in lower case; "" when the server did not say. */
  contentType: string;
  /** Network reads, watched by the idle timeout. Ending the iteration early closes the connection. */
  body: AsyncIterable<Uint8Array>;
  /** Gives the whole of the body this long: for bodies that are of use only once they are whole. Default the time of `progressMs`. */
  limit(limitMs?: number): void;
  /** Whatever is still to come is not wanted. */
  close(): void;
}

/**
 * Makes one attempt and follows nothing.
 * @throws {AgentError} `HttpError`, `RedirectRefused`, `headers_timeout`, `idle_timeout`, `connection_failed`, or what `access` throws;
 * `signal.reason` as it is when the signal is aborted.
 */
export async function sendRequest(endpoint: Endpoint, given: HttpRequest): Promise<HttpAnswer> {
  const request = ownOptions(given);
  request.signal.throwIfAborted();
  const link = createLink(endpoint.clock, request.signal);
  let redact = withoutCredentials; // until the key is known
  try {
    const asked = awaitAccess(endpoint, request, link);
    const access = guarded(asked instanceof Promise ? await asked : asked, request);
    redact = access.redact;
    const connecting = watchConnecting(endpoint, request, link);
    const response = await awaitHeaders(endpoint, request, { access, link, connecting });
    connecting("connected"); // it came over a connection, also where the transport forgot to say that there is one
    const answer = describe(endpoint, request, { access, response, link });
    if (response.status >= 200 && response.status < 300) return answer;
    throw await refuse(answer);
  } catch (error) {
    link.close();
    throw typed(error, { caller: request.signal, host: endpoint.host, redact });
  }
}

/** A key may come from elsewhere, such as a vault: which may be as silent as any server. */
function awaitAccess(endpoint: Endpoint, request: HttpRequest, link: Link): Access | Promise<Access> {
  const asked = endpoint.access();
  if (!(asked instanceof Promise)) return asked;
  const { headersMs } = waitsOf(endpoint, request);
  const message = `The function given as apiKey returned no key within ${headersMs / 1000} s, so nothing was sent. See what it waits for.`;
  return link.within(
    headersMs,
    () => new AgentError("no_api_key", message),
    () => asked,
  );
}

interface Sending {
  access: Access;
  link: Link;
  connecting: NonNullable<TransportRequest["onPhase"]>;
}

function awaitHeaders(
  endpoint: Endpoint,
  request: HttpRequest,
  { access, link, connecting }: Sending,
): Promise<TransportResponse> {
  const { host } = endpoint;
  const { headersMs } = waitsOf(endpoint, request);
  const expire = (): AgentError => {
    const what = `${host} sent no answer for ${headersMs / 1000} s`;
    return timedOut("headers_timeout", what, request.patient === true ? "patientMs" : "headersMs");
  };
  const sent: TransportRequest = {
    onPhase: connecting,
    method: request.method,
    url: endpoint.baseUrl + request.path,
    headers: requestHeaders(request, access),
    signal: link.signal,
  };
  if (request.body !== undefined) sent.body = request.body;
  return link.within(headersMs, expire, () => endpoint.transport(sent));
}

/** One connection is made for a request; a transport that tries several addresses for it has the time for all of them. */
function watchConnecting(endpoint: Endpoint, request: HttpRequest, link: Link): Sending["connecting"] {
  const { host } = endpoint;
  const { connectMs } = waitsOf(endpoint, request);
  const expire = (): AgentError =>
    timedOut("connect_timeout", `${host} could not be connected to within ${connectMs / 1000} s`, "connectMs");
  let cancel: (() => void) | undefined;
  return (phase) => {
    if (phase === "connected") cancel?.();
    else cancel ??= link.limit(connectMs, expire);
  };
}

function requestHeaders(
  { headers = {}, accept, body, contentType, requestId }: HttpRequest,
  access: Access,
): Record<string, string> {
  const sent = checkHeaders(requestId === undefined ? headers : { ...headers, "x-client-request-id": requestId });
  sent.accept = accept;
  if (body !== undefined) sent["content-type"] = contentType ?? "application/json";
  // What the endpoint sends, its key above all, is not changed by a header of one request.
  return Object.assign(sent, access.headers);
}

interface Parts {
  access: Access;
  response: TransportResponse;
  link: Link;
}

function describe(endpoint: Endpoint, request: HttpRequest, { access, response, link }: Parts): HttpAnswer {
  const { host } = endpoint;
  const facts: AnswerFacts = {
    host,
    status: response.status,
    header: response.header,
    redact: access.redact,
    hide: access.hide,
    nowMs: endpoint.clock.now(),
  };
  const { idleMs, progressMs } = waitsOf(endpoint, request);
  const expire = (): AgentError => {
    const what = `${host} sent nothing for ${idleMs / 1000} s in the middle of its answer`;
    return timedOut("idle_timeout", what, request.patient === true ? "patientMs" : "idleMs");
  };
  return {
    facts,
    requestId: readRequestId(facts),
    contentType: (response.header("content-type") ?? "").split(";", 1).join("").trim().toLowerCase(),
    body: watch(response.body, { link, idleMs, expire, host, caller: request.signal, redact: access.redact }),
    limit(limitMs = progressMs) {
      const slow = `${host} did not send the whole of its answer within ${limitMs / 1000} s`;
      link.limit(limitMs, () => timedOut("idle_timeout", slow, "progressMs"));
    },
    close: link.close,
  };
}

/** The same access, which takes the secrets of this request out of texts as well. */
function guarded(access: Access, { headers, secrets = [] }: HttpRequest): Access {
  const more = [...secrets, ...secretsInHeaders(headers)];
  if (more.length === 0) return access;
  const [redact, hide] = [createRedactor(more), createHider(more)];
  return { ...access, redact: (text) => redact(access.redact(text)), hide: (text) => hide(access.hide(text)) };
}

interface Watched extends Leaving {
  link: Link;
  idleMs: number;
  expire: () => AgentError;
}

/**
 * The same reads, each of which must come within the idle timeout. Only waiting for the server counts, not its reader. By hand and not
 * as a generator, which would cost several promises a read.
 */
function watch(
  body: AsyncIterable<Uint8Array>,
  { link, idleMs, expire, ...leaving }: Watched,
): AsyncIterableIterator<Uint8Array, undefined> {
  let reads: AsyncIterator<Uint8Array> | undefined;
  let isOver = false;
  const read = (): Promise<IteratorResult<Uint8Array, undefined>> => {
    reads ??= body[Symbol.asyncIterator]();
    return reads.next();
  };
  const take = (result: IteratorResult<Uint8Array, undefined>): IteratorResult<Uint8Array, undefined> => {
    if (result.done !== true) return result;
    isOver = true;
    link.close(); // also of an answer that was read to its end: whatever a transport has tied to its signal is let go of
    return DONE;
  };
  const leave = (): void => {
    isOver = true;
    link.close();
    // Not awaited: a transport that ignores its signal would never come back from a read that hangs. What goes wrong
    // while closing concerns nobody: the answer was read, or its error is on its way.
    Promise.resolve(reads?.return?.()).catch(() => {});
  };
  const fail = (error: unknown): never => {
    leave();
    throw typed(error, leaving);
  };
  return {
    next: () => (isOver ? Promise.resolve(DONE) : link.within(idleMs, expire, read).then(take, fail)),
    async return() {
      if (!isOver) leave();
      return DONE;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const DONE: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };

/** Error bodies are short; the rest of a long or slow one is not worth the wait. */
const MAX_ERROR_BODY = 65_536;
export const ERROR_BODY_MS = 10_000;

async function refuse(answer: HttpAnswer): Promise<AgentError> {
  const { facts } = answer;
  if (facts.status >= 300 && facts.status < 400) {
    return new RedirectRefused(facts.host, facts.status, targetHost(facts));
  }
  answer.limit(ERROR_BODY_MS);
  try {
    return httpError(facts, facts.hide((await collectText(answer.body, MAX_ERROR_BODY)).text));
  } catch (error) {
    // The status says more than the fate of its body does; an abort says more than both.
    if (!(error instanceof AgentError)) throw error;
    return httpError(facts, "");
  }
}

function targetHost(facts: AnswerFacts): string | undefined {
  const location = facts.header("location");
  if (location === undefined || !URL.canParse(location, `https://${facts.host}`)) return undefined;
  return facts.redact(new URL(location, `https://${facts.host}`).host);
}

function waitsOf(endpoint: Endpoint, request: HttpRequest): Waits {
  return endpoint.waits(request.patient === true);
}

/** What an error passes on its way out. */
interface Leaving {
  host: string;
  caller: AbortSignal;
  redact(text: string): string;
}

/** Only our own errors leave, but for the caller's own reason: a foreign transport may throw anything, with the key in it. */
function typed(error: unknown, { caller, host, redact }: Leaving): unknown {
  if (caller.aborted) return caller.reason;
  if (error instanceof AgentError) return redactError(error, redact);
  const message = `The transport to ${host} failed. Check the network and the base URL.`;
  return redactError(new AgentError("connection_failed", message, { retryable: true, cause: error }), redact);
}
