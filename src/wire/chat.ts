import { AgentError, errorInfo } from "../errors.ts";
import { isJson, readExcerpt, readJson, throwFault, unexpectedContent, withoutText } from "./answer.ts";
import { decodeChatChunk, malformed } from "./chat-decode.ts";
import type { ChatChunk } from "./chat-types.ts";
import type { Endpoint } from "./endpoint.ts";
import { type AnswerFacts, faultError } from "./errors.ts";
import { findFault, readFault } from "./fault.ts";
import { type HttpAnswer, sendRequest } from "./http.ts";
import { createProgress } from "./progress.ts";
import { readEvents, type SseEvent } from "./sse.ts";

export interface StreamChatOptions {
  signal: AbortSignal;
  /** The same in every attempt: sent as `x-client-request-id`. */
  requestId?: string;
  /** Further headers, such as `x-grok-conv-id`. */
  headers?: Readonly<Record<string, string>>;
  /** True where the model may think in silence: waits `patientMs` for headers and reads. Default false. */
  patient?: boolean;
  /** Choices asked for (`n`): what comes after all of them are finished cannot spoil the answer. Default 1. */
  choices?: number;
}

/** An answer on its way. */
export interface ChatStream {
  /** `x-request-id`. */
  requestId: string | undefined;
  /** The server says that it is a simulator (header `x-fairwitness-simulated`). */
  simulated: boolean;
  /** An array for each network read that completed any. To be read once; leaving early closes the connection. */
  chunks: AsyncIterable<readonly ChatChunk[]>;
}

/**
 * One attempt at `POST /chat/completions`, streamed. The end of `chunks` says nothing of the answer: `finish()` of an
 * accumulator does. A server that answers with a whole completion as JSON is taken at its word.
 * @param body The request as JSON, with `stream: true`.
 * @throws {AgentError} at once or while `chunks` is read; `signal.reason` as it is when the signal is aborted.
 */
export async function streamChat(
  endpoint: Endpoint,
  body: Uint8Array<ArrayBuffer>,
  options: StreamChatOptions,
): Promise<ChatStream> {
  const { choices = 1, ...rest } = options;
  const answer = await sendRequest(endpoint, {
    method: "POST",
    path: "/chat/completions",
    accept: "text/event-stream",
    body,
    ...rest,
  });
  return {
    requestId: answer.requestId,
    simulated: answer.facts.header("x-fairwitness-simulated") !== undefined,
    chunks: await openChunks(answer, endpoint, { choices, signal: options.signal, patient: options.patient === true }),
  };
}

interface ReadOptions {
  choices: number;
  signal: AbortSignal;
  patient: boolean;
}

async function openChunks(
  answer: HttpAnswer,
  endpoint: Endpoint,
  options: ReadOptions,
): Promise<AsyncIterable<readonly ChatChunk[]>> {
  const { contentType } = answer;
  // A proxy may leave the content type out; what it sends is then held to be what was asked for.
  if (contentType === "text/event-stream" || contentType === "") return readChunks(answer, endpoint, options);
  if (isJson(contentType)) return once([await readWhole(answer)]);
  throw unexpectedContent(answer, await readExcerpt(answer));
}

async function* once<T>(item: T): AsyncGenerator<T> {
  yield item;
}

/** A whole completion, or the error xAI sends with status 200 when a model does not start in time. */
async function readWhole(answer: HttpAnswer): Promise<ChatChunk> {
  const json = await readJson(answer);
  throwFault(answer, json);
  const chunk = decodeChatChunk(json);
  if (chunk.type === "chunk" && chunk.choices.length > 0) return chunk;
  throw unexpectedContent(answer, JSON.stringify(json));
}

async function* readChunks(
  answer: HttpAnswer,
  endpoint: Endpoint,
  { choices, signal, patient }: ReadOptions,
): AsyncGenerator<readonly ChatChunk[]> {
  const finished = new Set<number>();
  const progress = createProgress(endpoint.clock, endpoint.waits(patient).progressMs, answer.facts.host);
  const leave = (rest: AsyncIterator<Uint8Array>): void => readToEnd(rest, answer, endpoint);
  try {
    for await (const events of readEvents(answer.body, { leave })) {
      const { chunks, error } = decodeBatch(events, answer.facts);
      noteFinished(chunks, finished);
      progress.note(chunks);
      progress.pause();
      if (chunks.length > 0) yield chunks;
      progress.resume();
      if (error !== undefined) throw error;
    }
  } catch (error) {
    // The terminal marker was read: the answer is whole, and what breaks after it is told but cannot undo it.
    if (finished.size < choices || signal.aborted || !(error instanceof AgentError)) throw error;
    yield [{ type: "unknown", event: "error_after_end", item: errorInfo(error) }];
  }
}

function noteFinished(chunks: readonly ChatChunk[], finished: Set<number>): void {
  for (const chunk of chunks) {
    if (chunk.type === "unknown") continue;
    for (const choice of chunk.choices) if (choice.finish_reason !== undefined) finished.add(choice.index);
  }
}

/** What stood before a broken event is handed out before its error is. */
function decodeBatch(
  events: readonly SseEvent[],
  facts: AnswerFacts,
): { chunks: readonly ChatChunk[]; error?: AgentError } {
  const chunks: ChatChunk[] = [];
  for (const event of events) {
    try {
      chunks.push(decodeEvent(event, facts));
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      return { chunks, error };
    }
  }
  return { chunks };
}

function decodeEvent({ event, data }: SseEvent, facts: AnswerFacts): ChatChunk {
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch (cause) {
    if (event === "error") throw faultError(facts, readFault(data));
    // A named event that is no JSON is somebody's keep-alive; an unnamed one should have been a piece of the answer.
    if (event !== undefined && event !== "message") return { type: "unknown", event, item: data };
    throw malformed(`an event of ${data.length} characters is not whole JSON (${withoutText(cause)})`);
  }
  const fault = findFault(json, event);
  if (fault !== undefined) throw faultError(facts, fault);
  return decodeChatChunk(json, event);
}

/** How long a server may take to end its answer after `[DONE]`, milliseconds. */
const END_MS = 200;

/** Reads on behind the caller's back, so that the connection can be used again: closing it costs the next turn a handshake. */
function readToEnd(rest: AsyncIterator<Uint8Array>, answer: HttpAnswer, endpoint: Endpoint): void {
  const cancel = endpoint.clock.after(END_MS, answer.close);
  const read = async (): Promise<void> => {
    while ((await rest.next()).done !== true);
  };
  // What fails here comes after the end of the answer and changes nothing.
  read()
    .catch(() => {})
    .finally(cancel);
}
