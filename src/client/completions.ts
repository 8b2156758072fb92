import { AgentError } from "../errors.ts";
import {
  type ChatChunk,
  type ChatCompletion,
  type ChatPartial,
  type ChatStream,
  createChatAccumulator,
  type Endpoint,
  streamChat,
} from "../wire/index.ts";
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
  { endpoint, retry }: ClientParts,
  request: ChatCompletionRequest,
  options: RequestOptions = {},
): Promise<ChatCompletion> {
  const send = prepare(endpoint, request, options);
  const fold = async (): Promise<ChatCompletion> => {
    const answer = await send();
    const accumulator = createChatAccumulator();
    for await (const chunks of answer.chunks) chunks.forEach(accumulator.add);
    return withOrigin(accumulator.finish(), answer);
  };
  return retry(fold, { signal: options.signal ?? never() });
}

/** Streams a completion as pairs. Tried again only until the first chunk is handed out: what was shown stays shown. */
export function streamCompletion(
  parts: ClientParts,
  request: ChatCompletionRequest,
  options: RequestOptions = {},
): ChatCompletionStream {
  const send = prepare(parts.endpoint, request, options);
  const outcome = createOutcome<ChatCompletion>();
  let isTaken = false;
  const take = (): AsyncGenerator<readonly [ChatPartial, ChatChunk]> => {
    if (isTaken) throw new AgentError("already_read", "This stream is read already: await its result(), or ask again.");
    isTaken = true;
    return readPairs(() => parts.retry(() => open(send), { signal: options.signal ?? never() }), outcome);
  };
  return {
    [Symbol.asyncIterator]: take,
    async result() {
      if (!isTaken) for await (const _ of take());
      return outcome.promise;
    },
  };
}

/** One attempt, ready to be made. The request id stays the same, so that the server can tell a retry. */
function prepare(
  endpoint: Endpoint,
  request: ChatCompletionRequest,
  { signal, headers, conversation }: RequestOptions,
): () => Promise<ChatStream> {
  const body = encodeRequest(request);
  const options = {
    signal: signal ?? never(),
    requestId: crypto.randomUUID(),
    headers: conversation === undefined ? { ...headers } : { ...headers, "x-grok-conv-id": conversation },
    patient: mayBeSilent(request),
    choices: request.n ?? 1,
  };
  return () => streamChat(endpoint, body, options);
}

interface Opened {
  answer: ChatStream;
  first: readonly ChatChunk[];
  rest: AsyncIterator<readonly ChatChunk[]>;
}

/** Up to the first chunks: whatever fails before them may be tried again. */
async function open(send: () => Promise<ChatStream>): Promise<Opened> {
  const answer = await send();
  const rest = answer.chunks[Symbol.asyncIterator]();
  const read = await rest.next();
  // Without a chunk there is no answer, and `finish` has the error for it.
  if (read.done === true) createChatAccumulator().finish();
  return { answer, first: read.done === true ? [] : read.value, rest };
}

async function* readPairs(
  start: () => Promise<Opened>,
  outcome: Outcome<ChatCompletion>,
): AsyncGenerator<readonly [ChatPartial, ChatChunk]> {
  const accumulator = createChatAccumulator();
  let opened: Opened | undefined;
  try {
    opened = await start();
    for (let chunks: readonly ChatChunk[] | undefined = opened.first; chunks !== undefined; ) {
      for (const chunk of chunks) {
        accumulator.add(chunk);
        yield [accumulator.partial, chunk];
      }
      const read = await opened.rest.next();
      chunks = read.done === true ? undefined : read.value;
    }
    outcome.resolve(withOrigin(accumulator.finish(), opened.answer));
  } catch (error) {
    outcome.reject(error);
    throw error;
  } finally {
    // Does nothing when the outcome is there already; else the reader left.
    outcome.reject(new AgentError("stream_incomplete", "The reader of this stream left before its end."));
    await opened?.rest.return?.();
  }
}

function withOrigin(completion: ChatCompletion, answer: ChatStream): ChatCompletion {
  return {
    ...completion,
    ...(answer.requestId === undefined ? {} : { request_id: answer.requestId }),
    ...(answer.simulated ? { simulated: true } : {}),
  };
}

interface Outcome<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

function createOutcome<T>(): Outcome<T> {
  const outcome: Partial<Outcome<T>> = {};
  const promise = new Promise<T>((resolve, reject) => Object.assign(outcome, { resolve, reject }));
  // Whoever iterates sees the error there; nobody has to ask for the result as well.
  promise.catch(() => {});
  // The executor of a promise runs at once, so both functions are there.
  return Object.assign(outcome as Outcome<T>, { promise });
}

function never(): AbortSignal {
  return new AbortController().signal;
}
