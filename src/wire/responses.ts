import { readJson, unexpectedContent } from "./answer.ts";
import type { Endpoint } from "./endpoint.ts";
import { faultError } from "./errors.ts";
import { type HttpAnswer, sendRequest } from "./http.ts";
import { isObject } from "./json.ts";
import { redactJson } from "./redact.ts";
import { decodeResponsesEvent } from "./responses-decode.ts";
import type { ResponsesEvent, ResponsesTerminalEvent } from "./responses-events.ts";
import { findResponseFault } from "./responses-fault.ts";
import { createResponsesRepeats } from "./responses-repeats.ts";
import { decodeResponse, incompleteResponse, malformedResponse } from "./responses-whole.ts";
import { type Dialect, END_MS, openStream, type UnknownItem } from "./stream.ts";

export interface StreamResponsesOptions {
  signal: AbortSignal;
  /** The same in every attempt: sent as `x-client-request-id`. */
  requestId?: string;
  /** Further headers. */
  headers?: Readonly<Record<string, string>>;
  /** True where the model may think, or the server use its tools, in silence: waits `patientMs` for headers and reads. Default false. */
  patient?: boolean;
  /** What must never be shown though the request holds it, such as the keys of MCP servers. */
  secrets?: readonly string[];
}

/** An answer on its way. */
export interface ResponsesStream {
  /** `x-request-id`. */
  requestId: string | undefined;
  /** The server says that it is a simulator (header `x-fairwitness-simulated`). */
  simulated: boolean;
  /** An array for each network read that completed any. To be read once; leaving early closes the connection. */
  events: AsyncIterable<readonly ResponsesEvent[]>;
}

/**
 * One attempt at `POST /responses`, streamed. The end of `events` says nothing of the answer: `finish()` of an accumulator
 * does. What follows the terminal event, and an event sent twice in a row, is handed out as `unknown`. A server that answers with a whole response as JSON is
 * taken at its word: that is one terminal event.
 * @param body The request as JSON, with `stream: true`.
 * @throws {AgentError} at once or while `events` is read, also for `response.failed` and `error`; `signal.reason` as it is
 * when the signal is aborted.
 */
export async function streamResponses(
  endpoint: Endpoint,
  body: Uint8Array<ArrayBuffer>,
  options: StreamResponsesOptions,
): Promise<ResponsesStream> {
  const answer = await sendRequest(endpoint, {
    method: "POST",
    path: "/responses",
    accept: "text/event-stream",
    body,
    ...options,
  });
  return {
    requestId: answer.requestId,
    simulated: answer.facts.header("x-fairwitness-simulated") !== undefined,
    events: await openStream(answer, endpoint, createResponsesDialect(maskFor(answer, options)), {
      signal: options.signal,
      patient: options.patient === true,
    }),
  };
}

/** What is kept whole is kept without the secrets of the request: some servers echo the tools they were given. */
function maskFor({ facts }: HttpAnswer, { secrets = [] }: StreamResponsesOptions): (item: UnknownItem) => UnknownItem {
  if (secrets.length === 0) return (item) => item;
  return (item) => ({ ...item, item: redactJson(item.item, facts.redact) });
}

function createResponsesDialect(mask: (item: UnknownItem) => UnknownItem): Dialect<ResponsesEvent> {
  const repeats = createResponsesRepeats();
  let isWhole = false;
  return {
    // Its name adds nothing to an event that says its type.
    readRepeat: (data) => (isWhole ? undefined : repeats.read(data)),
    // The answer is whole with its terminal event; what follows can neither change nor spoil it.
    findFault: (json, event) => (isWhole ? undefined : findResponseFault(json, event)),
    decode(json, event, data) {
      if (isWhole || repeats.isSentTwice(json, data)) return mask(keptWhole(json, event));
      const decoded = decodeResponsesEvent(json, event);
      repeats.learn(data, decoded);
      isWhole = isTerminal(decoded);
      return decoded.type === "unknown" ? mask(decoded) : decoded;
    },
    readWhole,
    malformed: malformedResponse,
    isProgress,
    isWhole: () => isWhole,
    // `[DONE]` may follow the terminal event or not: a server that leaves the connection open is not waited for.
    afterEndMs: END_MS,
  };
}

/** What comes after the end, or once more. */
function keptWhole(json: unknown, event: string | undefined): UnknownItem {
  const type = isObject(json) && typeof json.type === "string" ? json.type : event;
  return type === undefined ? { type: "unknown", item: json } : { type: "unknown", event: type, item: json };
}

export function isTerminal(event: ResponsesEvent): event is ResponsesTerminalEvent {
  return event.type === "response.completed" || event.type === "response.incomplete";
}

/** Pings, empty pieces, and being told again that the answer is in progress, bring nothing further. */
function isProgress(event: ResponsesEvent): boolean {
  const { type } = event;
  if ("delta" in event) return event.delta !== "";
  return type !== "unknown" && type !== "response.in_progress" && type !== "response.queued";
}

/** A whole response, or the error that it is or holds. */
async function readWhole(answer: HttpAnswer): Promise<readonly ResponsesEvent[]> {
  const json = await readJson(answer);
  const fault = findResponseFault(json);
  if (fault !== undefined) throw faultError(answer.facts, fault);
  if (!isObject(json) || !Array.isArray(json.output)) throw unexpectedContent(answer, JSON.stringify(json));
  if (json.status === "in_progress" || json.status === "queued") throw incompleteResponse("while it was in progress");
  const isIncomplete = json.status === "incomplete";
  const response = decodeResponse(json, isIncomplete ? "incomplete" : "completed");
  return [{ type: isIncomplete ? "response.incomplete" : "response.completed", response }];
}
