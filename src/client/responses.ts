import { ownOptions } from "../own.ts";
import {
  compactResponses,
  createResponsesAccumulator,
  type ResponsesCompacted,
  type ResponsesCompactRequest,
  type ResponsesEvent,
  type ResponsesPartial,
  type ResponsesResponse,
  streamResponses,
} from "../wire/index.ts";
import type { ClientParts } from "./completions.ts";
import { type Exchange, foldAnswer, streamPairs } from "./pairs.ts";
import type { RequestOptions } from "./request.ts";
import {
  encodeCompactRequest,
  encodeResponsesRequest,
  mayBeSilent,
  type ResponsesCreateRequest,
} from "./responses-request.ts";

/** The Responses API: functions and server tools in one request, and everything the server did in the answer. */
export interface Responses {
  /**
   * Asks for a response and waits for the whole of it. Streams on the wire, because a server that thinks or searches in silence
   * would outlast the patience of `fetch`. An answer that was cut short has `status: "incomplete"`.
   * @throws {AgentError} After the last attempt; its `attempts` says how many there were. `signal.reason` as it is.
   */
  create(request: ResponsesCreateRequest, options?: RequestOptions): Promise<ResponsesResponse>;
  /**
   * A response as it comes: pairs of the answer so far and the event that was added. The answer so far is one live object.
   * Tried again only until the first event that shows something of the answer.
   */
  stream(request: ResponsesCreateRequest, options?: RequestOptions): ResponseStream;
  /**
   * Makes a conversation short, at xAI. Its `output` begins the next `input` in place of everything that was given: whole, unchanged
   * and first. The conversation must still fit into the model's context.
   * @throws {AgentError} After the last attempt; its `attempts` says how many there were. `signal.reason` as it is.
   */
  compact(request: ResponsesCompactRequest, options?: RequestOptions): Promise<ResponsesCompacted>;
}

/** A response to be read as it comes, once. The request is sent when the reading begins. */
export interface ResponseStream extends AsyncIterable<readonly [response: ResponsesPartial, event: ResponsesEvent]> {
  /**
   * The whole answer. Reads the stream if nobody does; otherwise waits for whoever does.
   * @throws {AgentError} as reading the stream does; `stream_incomplete` when its reader left before the end.
   */
  result(): Promise<ResponsesResponse>;
}

export function createResponses(parts: ClientParts): Responses {
  return {
    async create(request, options) {
      return foldAnswer(exchangeOf(parts, request, options));
    },
    stream: (request, options) => streamPairs(exchangeOf(parts, request, options)),
    compact: (request, options) => compactOnce(parts, request, options),
  };
}

/** What the conversation's prompt cache is found by goes as a header: the body has no place for it. */
async function compactOnce(
  { endpoint, retry }: ClientParts,
  request: ResponsesCompactRequest,
  given: RequestOptions = {},
): Promise<ResponsesCompacted> {
  const { signal = new AbortController().signal, headers, conversation } = ownOptions(given);
  const body = encodeCompactRequest(request);
  const options = {
    signal,
    requestId: crypto.randomUUID(),
    headers: conversation === undefined ? { ...headers } : { ...headers, "x-grok-conv-id": conversation },
  };
  return retry(() => compactResponses(endpoint, body, options), { signal });
}

/** The request id stays the same in every attempt, so that the server can tell a retry. */
function exchangeOf(
  { endpoint, retry }: ClientParts,
  request: ResponsesCreateRequest,
  given: RequestOptions = {},
): Exchange<ResponsesEvent, ResponsesPartial, ResponsesResponse> {
  const { signal = new AbortController().signal, headers, conversation } = ownOptions(given);
  const body = encodeResponsesRequest(request, conversation);
  let fold = createResponsesAccumulator();
  const options = {
    signal,
    requestId: crypto.randomUUID(),
    patient: mayBeSilent(request),
    ...(headers === undefined ? {} : { headers }),
  };
  return {
    async send() {
      const { events, requestId, simulated } = await streamResponses(endpoint, body, options);
      return { items: events, requestId, simulated };
    },
    createFold() {
      fold = createResponsesAccumulator();
      return fold;
    },
    isPrelude: ({ type }) => PRELUDE.has(type),
    retry: (attempt) => retry(attempt, { signal, refuse: () => whyNotAgain(fold.partial()) }),
  };
}

/** What comes before an answer, and shows nothing of it. */
const PRELUDE: ReadonlySet<string> = new Set([
  "response.created",
  "response.in_progress",
  "response.queued",
  "unknown",
] satisfies ResponsesEvent["type"][]);

/** What an MCP server did may not bear doing twice. */
function whyNotAgain({ output }: ResponsesPartial): string | undefined {
  if (!output.some((item) => item?.type === "mcp_call")) return undefined;
  return "It is not tried again: xAI had called an MCP server for this answer, and would call it again.";
}
