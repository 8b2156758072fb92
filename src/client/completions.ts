import { ownOptions } from "../own.ts";
import {
  type ChatChunk,
  type ChatCompletion,
  type ChatPartial,
  createChatAccumulator,
  type Endpoint,
  streamChat,
} from "../wire/index.ts";
import { type Exchange, foldAnswer, streamPairs } from "./pairs.ts";
import { type ChatCompletionRequest, encodeRequest, mayBeSilent, type RequestOptions } from "./request.ts";
import type { Retry } from "./retry.ts";

/** What the calls of one client share. */
export interface ClientParts {
  endpoint: Endpoint;
  retry: Retry;
}

/** An answer to be read as it comes, once. The request is sent when the reading begins. */
export interface ChatCompletionStream extends AsyncIterable<readonly [response: ChatPartial, chunk: ChatChunk]> {
  /**
   * The whole answer. Reads the stream if nobody does; otherwise waits for whoever does.
   * @throws {AgentError} as reading the stream does; `stream_incomplete` when its reader left before the end.
   */
  result(): Promise<ChatCompletion>;
}

/** Asks for a completion and folds its stream; the whole is one attempt, tried again as one. */
export async function createCompletion(
  parts: ClientParts,
  request: ChatCompletionRequest,
  options?: RequestOptions,
): Promise<ChatCompletion> {
  return foldAnswer(exchangeOf(parts, request, options));
}

/** Streams a completion as pairs. Tried again only until the first chunk is handed out: what was shown stays shown. */
export function streamCompletion(
  parts: ClientParts,
  request: ChatCompletionRequest,
  options?: RequestOptions,
): ChatCompletionStream {
  return streamPairs(exchangeOf(parts, request, options));
}

/** The request id stays the same in every attempt, so that the server can tell a retry. */
function exchangeOf(
  { endpoint, retry }: ClientParts,
  request: ChatCompletionRequest,
  given: RequestOptions = {},
): Exchange<ChatChunk, ChatPartial, ChatCompletion> {
  const { signal = new AbortController().signal, headers, conversation } = ownOptions(given);
  const body = encodeRequest(request);
  const options = {
    signal,
    requestId: crypto.randomUUID(),
    headers: conversation === undefined ? { ...headers } : { ...headers, "x-grok-conv-id": conversation },
    patient: mayBeSilent(request),
    choices: request.n ?? 1,
  };
  return {
    async send() {
      const { chunks, requestId, simulated } = await streamChat(endpoint, body, options);
      return { items: chunks, requestId, simulated };
    },
    createFold: createChatAccumulator,
    isPrelude: () => false,
    retry: (attempt) => retry(attempt, { signal }),
  };
}
