import { AgentError } from "../errors.ts";
import type { ServerTool } from "../tool/index.ts";
import {
  type ChatCompletion,
  type ChatStream,
  createChatAccumulator,
  type Endpoint,
  streamChat,
} from "../wire/index.ts";
import { mayReason } from "./capabilities.ts";
import type { EncodedRequest } from "./conversation.ts";
import { decodeTurn } from "./decode.ts";
import { createDeltaDecoder } from "./deltas.ts";
import { type ChatEncoder, createRequestEncoder } from "./encode.ts";
import { hostOf } from "./maker.ts";
import type { Model, ModelEvent, ModelRequest, ModelSettings, ModelTurn } from "./model.ts";
import { createNotices, type Notices } from "./notices.ts";
import { checkModelOptions, limitsOf, mergeSettings } from "./options.ts";
import { estimateCost } from "./prices.ts";
import { checkSettings } from "./settings.ts";

export interface ChatModelOptions {
  /** The model's name, such as `grok-4.7`. */
  id: string;
  /** Where it answers, and with which key. */
  endpoint: Endpoint;
  /** Used where a request sets nothing else. A forced `toolChoice` is refused here: it would hold on every turn. */
  settings?: ModelSettings;
  /** Prompt and answer together, in tokens. Default: what is known of the model. */
  contextWindow?: number;
}

/**
 * A model on chat completions. Each `stream` is one attempt at one turn; who retries is the caller.
 * @throws {AgentError} `invalid_option` or `unsupported_setting`, naming the setting.
 */
export function createChatModel(options: ChatModelOptions): Model {
  checkModelOptions(options);
  const { id, endpoint, settings: defaults = {} } = options;
  const encoder = createRequestEncoder(id);
  const notices = createNotices(id);
  return {
    id,
    api: "chat",
    ...limitsOf(options),
    accepts: refuseServerTools,
    stream(request, signal) {
      const settings = mergeSettings(defaults, request.settings);
      return streamTurn({ id, endpoint, encoder, notices, request: { ...request, settings }, signal });
    },
  };
}

interface Turn {
  id: string;
  endpoint: Endpoint;
  encoder: ChatEncoder;
  notices: Notices;
  request: ModelRequest;
  signal: AbortSignal;
}

async function* streamTurn(turn: Turn): AsyncGenerator<readonly ModelEvent[]> {
  checkSettings(turn.id, turn.request.settings);
  refuseServerTools(turn.request.serverTools ?? []);
  const { messages } = turn.request;
  const { answer, encoded } = await send(turn);
  // Told with what comes first: a reader who left before the answer is read would leave its connection open.
  let notices: ModelEvent[] = [...answeredBy(answer), ...turn.notices.open(turn.request), ...encoded.notices];
  const accumulator = createChatAccumulator();
  const deltas = createDeltaDecoder();
  for await (const chunks of answer.chunks) {
    const events: ModelEvent[] = notices;
    notices = [];
    for (const chunk of chunks) {
      accumulator.add(chunk);
      deltas.read(chunk, accumulator.usage(), events);
    }
    if (events.length > 0) yield events;
  }
  const completion = accumulator.finish();
  encoded.answered();
  turn.notices.told(messages);
  yield [...extras(completion), { type: "turn", turn: { ...priced(decodeTurn(completion), turn), ...origin(answer) } }];
}

function answeredBy({ simulated }: ChatStream): readonly ModelEvent[] {
  return simulated ? [{ type: "answered", simulated }] : [];
}

/** @see wire document 1.5: chat completions answers 422 to every tool that is no function */
function refuseServerTools(serverTools: readonly ServerTool[]): void {
  if (serverTools.length === 0) return;
  const names = serverTools.map((tool) => tool.name).join(", ");
  const message = `Chat completions takes functions only and refuses ${names} with a 422: tools that xAI runs need the Responses API. Leave api out, or write "auto" or "responses".`;
  throw new AgentError("unsupported_setting", message);
}

/** Where the server did not say what it billed, the price list does. */
function priced(turn: ModelTurn, { id, endpoint }: Pick<Turn, "id" | "endpoint">): ModelTurn {
  const { usage, cost, servedModel = id, serviceTier } = turn;
  if (cost.basis !== "unknown" || usage === undefined) return turn;
  const terms = { host: hostOf(endpoint.baseUrl), ...(serviceTier === undefined ? {} : { serviceTier }) };
  return { ...turn, cost: estimateCost(servedModel, usage, terms) };
}

async function send(turn: Turn): Promise<{ answer: ChatStream; encoded: EncodedRequest }> {
  const { id, endpoint, encoder, request, signal } = turn;
  const encoded = encoder.encode(request);
  try {
    const answer = await streamChat(endpoint, encoded.body, {
      signal,
      patient: mayReason(id, request.settings.reasoningEffort),
      headers: conversationHeader(request.conversation),
      ...(request.requestId === undefined ? {} : { requestId: request.requestId }),
    });
    return { answer, encoded };
  } finally {
    encoded.release();
  }
}

/** Leads a conversation to the server that holds its prompt cache. A header takes no other characters than these. */
function conversationHeader(conversation: string): Record<string, string> {
  if (conversation === "") return {};
  const isPlain = /^[\x21-\x7e]+$/.test(conversation);
  return {
    "x-grok-conv-id": isPlain ? conversation : encodeURIComponent(conversation.replace(/\p{Surrogate}/gu, "\ufffd")),
  };
}

/** What an answer carries beside its message: shown once, when it is final. Some servers repeat it in every chunk. */
function extras({ citations, output_files }: ChatCompletion): ModelEvent[] {
  const events: ModelEvent[] = [];
  if (citations !== undefined && citations.length > 0) events.push({ type: "wire", item: { citations } });
  if (output_files !== undefined && output_files.length > 0) events.push({ type: "wire", item: { output_files } });
  return events;
}

/** What the headers of an answer say of it. */
function origin(answer: ChatStream): { requestId?: string; simulated?: true } {
  return {
    ...(answer.requestId === undefined ? {} : { requestId: answer.requestId }),
    ...(answer.simulated ? { simulated: true } : {}),
  };
}
