import { ownOptions } from "../own.ts";
import {
  createResponsesAccumulator,
  type ResponsesEvent,
  type ResponsesPartial,
  type ResponsesResponse,
  streamResponses,
} from "../wire/index.ts";
import type { ClientParts } from "./completions.ts";
import { type Exchange, foldAnswer, streamPairs } from "./pairs.ts";
import type { RequestOptions } from "./request.ts";
import { encodeResponsesRequest, mayBeSilent, type ResponsesCreateRequest } from "./responses-request.ts";

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
  };
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
    retry: (attempt) => retry(attempt, { signal, refuse: () => whyNotAgain(fold.partial) }),
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
