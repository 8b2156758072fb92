import { ownOptions } from "../own.ts";
import {
  createMessagesAccumulator,
  type MessagesAnswer,
  type MessagesEvent,
  type MessagesPartial,
  streamMessages,
} from "../wire/index.ts";
import type { ClientParts } from "./completions.ts";
import { encodeMessagesRequest, type MessagesCreateRequest, mayBeSilent } from "./messages-request.ts";
import { type Exchange, foldAnswer, streamPairs } from "./pairs.ts";
import type { RequestOptions } from "./request.ts";

/** The Messages protocol, for proxies and other servers that speak it. xAI itself has deprecated it in favour of responses. */
export interface Messages {
  /**
   * Asks for a message and waits for the whole of it. Streams on the wire, because a server that thinks in silence would
   * outlast the patience of `fetch`. An answer that was cut short has `stop_reason: "max_tokens"`.
   * @throws {AgentError} After the last attempt; its `attempts` says how many there were. `signal.reason` as it is.
   */
  create(request: MessagesCreateRequest, options?: RequestOptions): Promise<MessagesAnswer>;
  /**
   * A message as it comes: pairs of the answer so far and the event that was added. The answer so far is one live object.
   * Tried again only until the first event that shows something of the answer.
   */
  stream(request: MessagesCreateRequest, options?: RequestOptions): MessageStream;
}

/** A message to be read as it comes, once. The request is sent when the reading begins. */
export interface MessageStream extends AsyncIterable<readonly [answer: MessagesPartial, event: MessagesEvent]> {
  /**
   * The whole answer. Reads the stream if nobody does; otherwise waits for whoever does.
   * @throws {AgentError} as reading the stream does; `stream_incomplete` when its reader left before the end.
   */
  result(): Promise<MessagesAnswer>;
}

export function createMessages(parts: ClientParts): Messages {
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
  request: MessagesCreateRequest,
  given: RequestOptions = {},
): Exchange<MessagesEvent, MessagesPartial, MessagesAnswer> {
  const { signal = new AbortController().signal, headers, conversation } = ownOptions(given);
  const body = encodeMessagesRequest(request);
  let fold = createMessagesAccumulator();
  const options = {
    signal,
    requestId: crypto.randomUUID(),
    patient: mayBeSilent(request),
    // The protocol has no field for it; xAI documents the header for chat completions.
    headers: conversation === undefined ? { ...headers } : { ...headers, "x-grok-conv-id": conversation },
  };
  return {
    async send() {
      const { events, requestId, simulated } = await streamMessages(endpoint, body, options);
      return { items: events, requestId, simulated };
    },
    createFold() {
      fold = createMessagesAccumulator();
      return fold;
    },
    isPrelude: (event) => PRELUDE.has(event.type) && !beginsMcpCall(event),
    retry: (attempt) => retry(attempt, { signal, refuse: () => whyNotAgain(fold.partial()) }),
  };
}

function beginsMcpCall(event: MessagesEvent): boolean {
  return event.type === "content_block_start" && event.block.type === MCP_CALL;
}

/** What an MCP server did may not bear doing twice. */
function whyNotAgain({ content }: MessagesPartial): string | undefined {
  if (!content.some((block) => block?.type === MCP_CALL)) return undefined;
  return "It is not tried again: the server had called an MCP server for this answer, and would call it again.";
}

const MCP_CALL = "mcp_tool_use";

/** What comes before an answer, and shows nothing of it. */
const PRELUDE: ReadonlySet<string> = new Set([
  "message_start",
  "ping",
  "content_block_start",
  "unknown",
] satisfies MessagesEvent["type"][]);
