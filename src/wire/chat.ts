import { readJson, throwFault, unexpectedContent } from "./answer.ts";
import { decodeChatChunk, malformed } from "./chat-decode.ts";
import { createChatRepeats } from "./chat-repeats.ts";
import type { ChatChoiceDelta, ChatChunk, ChatDataChunk } from "./chat-types.ts";
import type { Endpoint } from "./endpoint.ts";
import { findFault } from "./fault.ts";
import { type HttpAnswer, sendRequest } from "./http.ts";
import { type Dialect, openStream } from "./stream.ts";

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
    chunks: await openStream(answer, endpoint, createChatDialect(choices), {
      signal: options.signal,
      patient: options.patient === true,
    }),
  };
}

/** How long the usage and `[DONE]` may take behind the finish reason, milliseconds: without them the answer is still one. */
const USAGE_MS = 10_000;

/** @param choices How many finished choices make an answer whole. */
function createChatDialect(choices: number): Dialect<ChatChunk> {
  const finished = new Set<number>();
  const repeats = createChatRepeats();
  return {
    readRepeat: (data, event) => (event === undefined ? repeats.read(data) : undefined),
    findFault,
    readWhole,
    malformed,
    decode(json, event, data) {
      const chunk = decodeChatChunk(json, event);
      if (event === undefined) repeats.learn(data, chunk);
      if (chunk.type === "chunk") noteFinished(chunk, finished);
      return chunk;
    },
    isProgress: (chunk) => chunk.type === "chunk" && chunk.choices.some(addsToAnswer),
    isWhole: () => finished.size >= choices,
    afterEndMs: USAGE_MS,
  };
}

/** A whole completion, or the error xAI sends with status 200 when a model does not start in time. */
async function readWhole(answer: HttpAnswer): Promise<readonly ChatChunk[]> {
  const json = await readJson(answer);
  throwFault(answer, json);
  const chunk = decodeChatChunk(json);
  if (chunk.type === "chunk" && chunk.choices.length > 0) return [chunk];
  throw unexpectedContent(answer, JSON.stringify(json));
}

function noteFinished(chunk: ChatDataChunk, finished: Set<number>): void {
  for (const choice of chunk.choices) if (choice.finish_reason !== undefined) finished.add(choice.index);
}

function addsToAnswer({ finish_reason, delta }: ChatChoiceDelta): boolean {
  return finish_reason !== undefined || Object.keys(delta).length > 0;
}
