import { orAborted } from "../clock.ts";
import { AgentError } from "../errors.ts";
import { collectText } from "./body.ts";
import type { Access, Endpoint } from "./endpoint.ts";
import { type AnswerFacts, httpError, RedirectRefused, readRequestId } from "./errors.ts";
import { checkHeaders } from "./headers.ts";
import { createLink, type Link } from "./link.ts";
import { createRedactor } from "./redact.ts";
import { timedOut, type Waits } from "./timeouts.ts";
import type { TransportResponse } from "./transport.ts";

/** One request to an endpoint. */
export interface HttpRequest {
  method: "GET" | "POST";
  /** From the base URL on, with a leading slash: `/chat/completions`. */
  path: string;
  body?: Uint8Array<ArrayBuffer>;
  accept: "application/json" | "text/event-stream";
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
  /** Whatever is still to come is not wanted. */
  close(): void;
}

/**
 * Makes one attempt and follows nothing.
 * @throws {AgentError} `HttpError`, `RedirectRefused`, `headers_timeout`, `idle_timeout`, `connection_failed`, or what `access` throws;
 * `signal.reason` as it is when the signal is aborted.
 */
export async function sendRequest(endpoint: Endpoint, request: HttpRequest): Promise<HttpAnswer> {
  request.signal.throwIfAborted();
  const link = createLink(endpoint.clock, request.signal);
  try {
    const access = await orAborted(endpoint.access(), link.signal);
    const response = await awaitHeaders(endpoint, request, access, link);
    const answer = describe(endpoint, request, { access, response, link });
    if (response.status >= 200 && response.status < 300) return answer;
    throw await refuse(answer);
  } catch (error) {
    link.close();
    throw typed(error, request.signal, hostOf(endpoint));
  }
}

async function awaitHeaders(
  endpoint: Endpoint,
  request: HttpRequest,
  access: Access,
  link: Link,
): Promise<TransportResponse> {
  const { headersMs } = waitsOf(endpoint, request);
  const what = `${hostOf(endpoint)} sent no answer for ${headersMs / 1000} s`;
  const expire = (): AgentError =>
    timedOut("headers_timeout", what, request.patient === true ? "patientMs" : "headersMs");
  return link.within(headersMs, expire, () =>
    endpoint.transport({
      method: request.method,
      url: endpoint.baseUrl + request.path,
      headers: requestHeaders(request, access),
      signal: link.signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    }),
  );
}

function requestHeaders(request: HttpRequest, access: Access): Record<string, string> {
  const ours: Record<string, string> = { accept: request.accept };
  if (request.body !== undefined) ours["content-type"] = "application/json";
  if (request.requestId !== undefined) ours["x-client-request-id"] = request.requestId;
  // What the endpoint sends, its key above all, is not changed by a header of one request.
  return { ...checkHeaders({ ...request.headers, ...ours }), ...access.headers };
}

interface Parts {
  access: Access;
  response: TransportResponse;
  link: Link;
}

function describe(endpoint: Endpoint, request: HttpRequest, { access, response, link }: Parts): HttpAnswer {
  const host = hostOf(endpoint);
  const facts: AnswerFacts = {
    host,
    status: response.status,
    header: response.header,
    redact: redactorFor(access, request.secrets),
    nowMs: endpoint.clock.now(),
  };
  const { idleMs } = waitsOf(endpoint, request);
  const what = `${host} sent nothing for ${idleMs / 1000} s in the middle of its answer`;
  const expire = (): AgentError => timedOut("idle_timeout", what, request.patient === true ? "patientMs" : "idleMs");
  return {
    facts,
    requestId: readRequestId(facts),
    contentType: (response.header("content-type") ?? "").split(";", 1).join("").trim().toLowerCase(),
    body: watch(response.body, { link, idleMs, expire, host, caller: request.signal }),
    close: link.close,
  };
}

function redactorFor({ redact }: Access, secrets: readonly string[] = []): (text: string) => string {
  if (secrets.length === 0) return redact;
  const alsoRedact = createRedactor(secrets);
  return (text) => alsoRedact(redact(text));
}

interface Watched {
  link: Link;
  idleMs: number;
  expire: () => AgentError;
  host: string;
  caller: AbortSignal;
}

/** The same reads, each of which must come within the idle timeout. Only waiting for the server counts, not its reader. */
async function* watch(
  body: AsyncIterable<Uint8Array>,
  { link, idleMs, expire, host, caller }: Watched,
): AsyncGenerator<Uint8Array> {
  const reads = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const read = await link.within(idleMs, expire, () => reads.next());
      if (read.done === true) return;
      yield read.value;
    }
  } catch (error) {
    throw typed(error, caller, host);
  } finally {
    link.close();
    // Not awaited: a transport that ignores its signal would never come back from a read that hangs. What goes wrong
    // while closing concerns nobody: the answer was read, or its error is on its way.
    Promise.resolve(reads.return?.()).catch(() => {});
  }
}

/** Error bodies are short; the rest of a long one is not worth the wait. */
const MAX_ERROR_BODY = 65_536;

async function refuse(answer: HttpAnswer): Promise<AgentError> {
  const { facts } = answer;
  if (facts.status >= 300 && facts.status < 400) {
    return new RedirectRefused(facts.host, facts.status, targetHost(facts));
  }
  try {
    return httpError(facts, (await collectText(answer.body, MAX_ERROR_BODY)).text);
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

function hostOf(endpoint: Endpoint): string {
  return new URL(endpoint.baseUrl).host;
}

/** Only our own errors leave, but for the caller's own reason: a foreign transport may throw anything. */
function typed(error: unknown, caller: AbortSignal, host: string): unknown {
  if (caller.aborted) return caller.reason;
  if (error instanceof AgentError) return error;
  return new AgentError("connection_failed", `The transport to ${host} failed. Check the network and the base URL.`, {
    retryable: true,
    cause: error,
  });
}
