import type { Clock } from "../clock.ts";
import {
  createResponsesAccumulator,
  type Endpoint,
  HttpError,
  type ResponsesPartial,
  type ResponsesStream,
  decodeResponsesUsage as readResponsesUsage,
  streamResponses,
} from "../wire/index.ts";
import { mayReason } from "./capabilities.ts";
import type { EncodedRequest } from "./conversation.ts";
import { asJson } from "./json.ts";
import { calledBefore, hostOf, makerOf } from "./maker.ts";
import type { Model, ModelEvent, ModelRequest, ModelSettings } from "./model.ts";
import { createNotices } from "./notices.ts";
import { checkModelOptions, limitsOf, mergeSettings } from "./options.ts";
import { createChain } from "./responses-chain.ts";
import { compactConversation } from "./responses-compact.ts";
import { decodeResponsesTurn } from "./responses-decode.ts";
import { createResponsesDeltas } from "./responses-deltas.ts";
import { createResponsesEncoder } from "./responses-encode.ts";
import { forgetBlobs, type ResponsesParts, sendMended, unlinkChain } from "./responses-send.ts";
import { checkResponsesSettings } from "./responses-settings.ts";
import { secretsOf } from "./responses-tools.ts";
import { spendingOf } from "./responses-usage.ts";
import { calledTool } from "./server-call-kind.ts";
import { checkSettings } from "./settings.ts";

export interface ResponsesModelOptions {
  /** The model's name, such as `grok-4.7`. */
  id: string;
  /** Where it answers, and with which key. */
  endpoint: Endpoint;
  /** Used where a request sets nothing else. A forced `toolChoice` is refused here: it would hold on every turn. */
  settings?: ModelSettings;
  /**
   * Stores each answer at xAI for 30 days and sends only what is new, with `previous_response_id`. The chain lives in this
   * model: in another process a conversation is sent whole again. Default false: nothing is stored, the history is sent.
   */
  chained?: boolean;
  /** For what is observed of server tools. Default: the endpoint's. */
  clock?: Clock;
  /** Prompt and answer together, in tokens. Default: what is known of the model. */
  contextWindow?: number;
}

/** A model that can make a conversation short. */
export type CompactingModel = Model & Required<Pick<Model, "compact">>;

/**
 * A model on the Responses API. Each `stream` is one attempt at one turn; who retries is the caller. Only where the server
 * cannot decrypt what it is sent back, or no longer has the stored answer that is to be continued, the request is made once
 * more without it.
 * @throws {AgentError} `invalid_option` or `unsupported_setting`, naming the setting.
 */
export function createResponsesModel(options: ResponsesModelOptions): CompactingModel {
  checkModelOptions(options);
  const { id, endpoint, settings: defaults = {}, chained = false } = options;
  checkResponsesSettings(defaults);
  const maker = makerOf(id, endpoint.baseUrl);
  const parts: ResponsesParts = {
    id,
    endpoint,
    host: hostOf(endpoint.baseUrl),
    maker,
    clock: options.clock ?? endpoint.clock,
    writer: chained ? createChain(id, maker) : createResponsesEncoder(id, maker),
    notices: createNotices(id),
  };
  return {
    id,
    api: "responses",
    ...limitsOf(options),
    accepts: (_, settings) => checkResponsesSettings(mergeSettings(defaults, settings)),
    stream: (request, signal) =>
      streamTurn(parts, { ...request, settings: mergeSettings(defaults, request.settings) }, signal),
    async compact(request, signal) {
      const settings = mergeSettings(defaults, request.settings ?? {});
      checkSettings(id, settings);
      checkResponsesSettings(settings);
      return compactConversation(parts, request, signal);
    },
  };
}

async function* streamTurn(
  parts: ResponsesParts,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly ModelEvent[]> {
  const { id, clock, host, maker, writer } = parts;
  const { serverTools = [], messages } = request;
  checkSettings(id, request.settings);
  checkResponsesSettings(request.settings);
  const count = messages.length; // the array grows once the turn is done
  const { sent, recovery } = await sendMended(() => post(parts, request, signal), messages, {
    parts,
    mends: [forgetBlobs, unlinkChain],
  });
  const { answer, encoded } = sent;
  // Told with what comes first: a reader who left before the answer is read would leave its connection open.
  let notices = [...answeredBy(answer), ...parts.notices.open(request), ...recovery, ...encoded.notices];
  const accumulator = createResponsesAccumulator();
  const deltas = createResponsesDeltas(serverTools, clock);
  try {
    for await (const wireEvents of answer.events) {
      for (const event of wireEvents) accumulator.add(event);
      const shown = deltas.read(wireEvents);
      const events = notices.length === 0 ? shown : [...notices, ...shown];
      notices = [];
      if (events.length > 0) yield events;
    }
  } catch (error) {
    const used = usageOf(error, accumulator.partial(), parts);
    if (used !== undefined) yield [used];
    throw error;
  }
  const response = accumulator.finish();
  const { events, serverCalls } = deltas.finish(response);
  const turn = decodeResponsesTurn(response, { model: id, host, maker, serverCalls, earlier: calledBefore(messages) });
  encoded.answered();
  writer.answered(request, count, turn);
  parts.notices.told(messages);
  yield [...notices, ...events, { type: "turn", turn: { ...turn, ...origin(answer) } }];
}

/** What an answer had used when it failed: it is billed all the same. */
function usageOf(error: unknown, partial: ResponsesPartial, { id, host }: ResponsesParts): ModelEvent | undefined {
  const wire = error instanceof HttpError ? readResponsesUsage(error.usage) : undefined;
  if (wire === undefined) return undefined;
  const { usage, cost } = spendingOf(wire, {
    model: partial.model === "" ? id : partial.model,
    terms: { host },
    serverCalls: partial.output.filter((item) => calledTool(asJson(item), []) !== undefined).length,
  });
  return usage === undefined ? undefined : { type: "usage", usage, cost };
}

function answeredBy({ simulated }: ResponsesStream): readonly ModelEvent[] {
  return simulated ? [{ type: "answered", simulated }] : [];
}

interface Sent {
  answer: ResponsesStream;
  encoded: EncodedRequest;
}

async function post(
  { id, endpoint, writer }: ResponsesParts,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<Sent> {
  const encoded = writer.encode(request);
  const { serverTools = [], settings, requestId } = request;
  try {
    const answer = await streamResponses(endpoint, encoded.body, {
      signal,
      secrets: secretsOf(serverTools),
      patient: serverTools.length > 0 || mayReason(id, settings.reasoningEffort),
      ...(requestId === undefined ? {} : { requestId }),
    });
    return { answer, encoded };
  } finally {
    encoded.release();
  }
}

/** What the headers of an answer say of it. */
function origin(answer: ResponsesStream): { requestId?: string; simulated?: true } {
  return {
    ...(answer.requestId === undefined ? {} : { requestId: answer.requestId }),
    ...(answer.simulated ? { simulated: true } : {}),
  };
}
