import type { Clock } from "../clock.ts";
import type { RawItems } from "../message/index.ts";
import {
  createMessagesAccumulator,
  type Endpoint,
  type MessagesAnswer,
  type MessagesStream,
  streamMessages,
} from "../wire/index.ts";
import { mayReason } from "./capabilities.ts";
import type { EncodedRequest } from "./conversation.ts";
import { isObject } from "./json.ts";
import { calledBefore, hostOf, makerOf } from "./maker.ts";
import { decodeMessagesTurn } from "./messages-decode.ts";
import { createMessagesDeltas } from "./messages-deltas.ts";
import { createMessagesEncoder, type MessagesEncoder } from "./messages-encode.ts";
import { checkMessagesSettings, maxTokensOf, refuseServerTools } from "./messages-settings.ts";
import type { Model, ModelEvent, ModelRequest, ModelSettings } from "./model.ts";
import { createNotices, type Notices } from "./notices.ts";
import { checkModelOptions, limitsOf, mergeSettings } from "./options.ts";
import { checkSettings } from "./settings.ts";

export interface MessagesModelOptions {
  /** The model's name, such as `claude-3-5-sonnet-latest`. */
  id: string;
  /** Where it answers, and with which key. */
  endpoint: Endpoint;
  /** Used where a request sets nothing else. A forced `toolChoice` is refused here: it would hold on every turn. */
  settings?: ModelSettings;
  /** For what is observed of tools that the server runs. Default: the endpoint's. */
  clock?: Clock;
  /** Prompt and answer together, in tokens. Default: what is known of the model. */
  contextWindow?: number;
}

/**
 * A model on the Messages protocol, for proxies that speak it. Each `stream` is one attempt at one turn; who retries is the
 * caller. `maxOutputTokens` counts thinking and calls here too; without it 128,000 is sent for models named `grok-…`, and 8,192
 * for others. A typed answer is asked for in the system text: the protocol has no field for it on xAI.
 * @throws {AgentError} `invalid_option` or `unsupported_setting`, naming the setting.
 * @see wire document 3; xAI has deprecated the endpoint
 */
export function createMessagesModel(options: MessagesModelOptions): Model {
  checkModelOptions(options);
  const { id, endpoint, settings: defaults = {} } = options;
  checkMessagesSettings(defaults);
  const maker = makerOf(id, endpoint.baseUrl);
  const parts: ModelParts = {
    id,
    endpoint,
    maker,
    clock: options.clock ?? endpoint.clock,
    encoder: createMessagesEncoder(id, maker),
    notices: createNotices(id),
  };
  return {
    id,
    api: "messages",
    ...limitsOf(options),
    maxOutputTokens: maxTokensOf(id, defaults),
    accepts(serverTools, settings) {
      refuseServerTools(serverTools);
      checkMessagesSettings(mergeSettings(defaults, settings));
    },
    stream: (request, signal) =>
      streamTurn(parts, { ...request, settings: mergeSettings(defaults, request.settings) }, signal),
  };
}

interface ModelParts {
  id: string;
  endpoint: Endpoint;
  maker: Pick<RawItems, "provider" | "family">;
  clock: Clock;
  encoder: MessagesEncoder;
  notices: Notices;
}

async function* streamTurn(
  parts: ModelParts,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly ModelEvent[]> {
  const { id, maker, endpoint } = parts;
  const { messages } = request;
  checkSettings(id, request.settings);
  checkMessagesSettings(request.settings);
  refuseServerTools(request.serverTools ?? []);
  const { answer, encoded } = await send(parts, request, signal);
  // Told with what comes first: a reader who left before the answer is read would leave its connection open.
  let notices: ModelEvent[] = [...answeredBy(answer), ...parts.notices.open(request), ...encoded.notices];
  const accumulator = createMessagesAccumulator();
  const deltas = createMessagesDeltas(parts.clock);
  const { usage } = accumulator;
  for await (const wireEvents of answer.events) {
    const events = notices;
    notices = [];
    for (const event of wireEvents) {
      accumulator.add(event);
      deltas.read(event, usage, events);
    }
    if (events.length > 0) yield events;
  }
  const whole = accumulator.finish();
  const { events, serverCalls } = deltas.finish(whole);
  const context = { model: id, host: hostOf(endpoint.baseUrl), maker, serverCalls, earlier: calledBefore(messages) };
  const turn = { ...decodeMessagesTurn(whole, context), ...origin(answer) };
  encoded.answered();
  parts.notices.told(messages);
  yield [...notices, ...events, ...extras(whole), { type: "turn", turn }];
}

function answeredBy({ simulated }: MessagesStream): readonly ModelEvent[] {
  return simulated ? [{ type: "answered", simulated }] : [];
}

async function send(
  { id, endpoint, encoder }: ModelParts,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<{ answer: MessagesStream; encoded: EncodedRequest }> {
  const encoded = encoder.encode(request);
  const { requestId } = request;
  try {
    const answer = await streamMessages(endpoint, encoded.body, {
      signal,
      patient: mayReason(id),
      ...(requestId === undefined ? {} : { requestId }),
    });
    return { answer, encoded };
  } finally {
    encoded.release();
  }
}

/** What an answer carries beside its message: shown once, when it is final. The words of a refusal are in the message. */
function extras({ rest, stop_details, stop_sequence, stop_reason }: MessagesAnswer): ModelEvent[] {
  const isTold = stop_reason === "refusal" && isExplanation(stop_details);
  const items = [
    ...(rest === undefined ? [] : [rest]),
    ...(stop_details === undefined || isTold ? [] : [{ stop_details }]),
    ...(stop_sequence === undefined ? [] : [{ stop_sequence }]),
  ];
  return items.map((item) => ({ type: "wire", item }));
}

function isExplanation(details: unknown): boolean {
  return (
    isObject(details) &&
    Object.entries(details).every(([name, value]) => name === "type" || name === "explanation" || value === null)
  );
}

/** What the headers of an answer say of it. */
function origin(answer: MessagesStream): { requestId?: string; simulated?: true } {
  return {
    ...(answer.requestId === undefined ? {} : { requestId: answer.requestId }),
    ...(answer.simulated ? { simulated: true } : {}),
  };
}
