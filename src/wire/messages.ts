import { ownOptions } from "../own.ts";
import { readJson, throwFault, unexpectedContent } from "./answer.ts";
import type { Endpoint } from "./endpoint.ts";
import { findFault } from "./fault.ts";
import { type HttpAnswer, sendRequest } from "./http.ts";
import { isObject } from "./json.ts";
import { malformedMessage } from "./messages-blocks.ts";
import { decodeMessagesEvent } from "./messages-decode.ts";
import type { MessagesDelta, MessagesEvent } from "./messages-types.ts";
import { eventsOfMessage } from "./messages-whole.ts";
import { type Dialect, END_MS, openStream } from "./stream.ts";

export interface StreamMessagesOptions {
  signal: AbortSignal;
  /** The same in every attempt: sent as `x-client-request-id`. */
  requestId?: string;
  /** Further headers, such as `anthropic-beta`, or another `anthropic-version`. */
  headers?: Readonly<Record<string, string>>;
  /** True where the model may think in silence: waits `patientMs` for headers and reads. Default false. */
  patient?: boolean;
}

/** An answer on its way. */
export interface MessagesStream {
  /** `x-request-id` or `request-id`. */
  requestId: string | undefined;
  /** The server says that it is a simulator (header `x-fairwitness-simulated`). */
  simulated: boolean;
  /** An array for each network read that completed any. To be read once; leaving early closes the connection. */
  events: AsyncIterable<readonly MessagesEvent[]>;
}

/**
 * Anthropic wants a version with every request. Not its newest: 2026-10-21 removes `temperature`, `top_p` and `top_k`, which xAI takes
 * (but for the last), and a proxy may not know it yet.
 * @see https://platform.claude.com/docs/en/api/versioning, read 2026-11-21
 */
const VERSION = { "anthropic-version": "2023-06-01" };

/**
 * One attempt at `POST /messages`, streamed, with or without names of events and a `[DONE]` at the end. The end of `events` says
 * nothing of the answer: `finish()` of an accumulator does. What follows `message_stop` is handed out as `unknown`. A server
 * that answers with a whole message as JSON is taken at its word: its events are those it would have been streamed as.
 * @param body The request as JSON, with `stream: true`.
 * @throws {AgentError} at once or while `events` is read, also for `error` events; `signal.reason` as it is when the signal is
 * aborted.
 */
export async function streamMessages(
  endpoint: Endpoint,
  body: Uint8Array<ArrayBuffer>,
  options: StreamMessagesOptions,
): Promise<MessagesStream> {
  const { headers = {} } = ownOptions(options);
  const answer = await sendRequest(endpoint, {
    method: "POST",
    path: "/messages",
    accept: "text/event-stream",
    body,
    ...options,
    headers: { ...VERSION, ...headers },
    secrets: credentialsIn(headers),
  });
  return {
    requestId: answer.requestId,
    simulated: answer.facts.header("x-fairwitness-simulated") !== undefined,
    events: await openStream(answer, endpoint, createMessagesDialect(), {
      signal: options.signal,
      patient: options.patient === true,
    }),
  };
}

/** A key that is given with the request alone, as the header its server wants, must not be shown either. */
function credentialsIn(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => (/key|auth|token|secret/i.test(name) ? [value] : []));
}

function createMessagesDialect(): Dialect<MessagesEvent> {
  let hasReason = false;
  let isWhole = false;
  return {
    // The answer is whole with `message_stop`; what follows can neither change nor spoil it.
    findFault: (json, event) => (isWhole ? undefined : findFault(json, event)),
    decode(json, event) {
      if (isWhole) return lateEvent(json, event);
      const decoded = decodeMessagesEvent(json, event);
      hasReason ||= decoded.type === "message_delta" && decoded.stop_reason !== undefined;
      isWhole = hasReason && decoded.type === "message_stop";
      return decoded;
    },
    readWhole,
    malformed: malformedMessage,
    isProgress,
    isWhole: () => isWhole,
    // `[DONE]` may follow or not: a server that leaves the connection open is not waited for.
    afterEndMs: END_MS,
  };
}

function lateEvent(json: unknown, event: string | undefined): MessagesEvent {
  const type = isObject(json) && typeof json.type === "string" ? json.type : event;
  return type === undefined ? { type: "unknown", item: json } : { type: "unknown", event: type, item: json };
}

/** Pings and empty pieces keep a stream alive, and bring nothing further. */
function isProgress(event: MessagesEvent): boolean {
  if (event.type === "content_block_delta") return addsToBlock(event.delta);
  return event.type !== "ping" && event.type !== "unknown";
}

function addsToBlock(delta: MessagesDelta): boolean {
  switch (delta.type) {
    case "text_delta":
      return delta.text !== "";
    case "thinking_delta":
      return delta.thinking !== "";
    case "input_json_delta":
      return delta.partial_json !== "";
    default:
      return true;
  }
}

/** A whole message, or the error that it is. */
async function readWhole(answer: HttpAnswer): Promise<readonly MessagesEvent[]> {
  const json = await readJson(answer);
  throwFault(answer, json);
  if (!isObject(json) || !Array.isArray(json.content)) throw unexpectedContent(answer, JSON.stringify(json));
  return eventsOfMessage(json, json.content);
}
