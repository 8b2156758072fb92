import { AgentError } from "../errors.ts";
import {
  type ChatCompletion,
  type ChatStream,
  createChatAccumulator,
  type Endpoint,
  streamChat,
} from "../wire/index.ts";
import { mayReason } from "./capabilities.ts";
import { decodeTurn } from "./decode.ts";
import { createDeltaDecoder } from "./deltas.ts";
import { createRequestEncoder, type RequestEncoder } from "./encode.ts";
import type { Model, ModelEvent, ModelRequest, ModelSettings } from "./model.ts";
import { checkSettings } from "./settings.ts";

export interface ChatModelOptions {
  /** The model's name, such as `grok-4.7`. */
  id: string;
  /** Where it answers, and with which key. */
  endpoint: Endpoint;
  /** Used where a request sets nothing else. A forced `toolChoice` is refused here: it would hold on every turn. */
  settings?: ModelSettings;
}

/**
 * A model on chat completions. Each `stream` is one attempt at one turn; who retries is the caller.
 * @throws {AgentError} `invalid_option` or `unsupported_setting`, naming the setting.
 */
export function createChatModel(options: ChatModelOptions): Model {
  checkOptions(options);
  const { id, endpoint, settings: defaults = {} } = options;
  const encoder = createRequestEncoder(id);
  return {
    id,
    api: "chat",
    stream(request, signal) {
      const settings = { ...defaults, ...withoutUndefined(request.settings) };
      return streamTurn({ id, endpoint, encoder, request: { ...request, settings }, signal });
    },
  };
}

function checkOptions({ id, settings = {} }: ChatModelOptions): void {
  if (typeof id !== "string" || id.trim() === "") {
    throw new AgentError("invalid_option", 'The model has no id. Give its name, such as "grok-4.7".');
  }
  checkSettings(id, settings);
  const { toolChoice } = settings;
  if (toolChoice === undefined || toolChoice === "auto" || toolChoice === "none") return;
  const message = "A forced toolChoice in the model's own settings would hold on every turn, and no run could end.";
  throw new AgentError("invalid_option", `${message} Give it in the settings of the agent or of a run.`);
}

interface Turn {
  id: string;
  endpoint: Endpoint;
  encoder: RequestEncoder;
  request: ModelRequest;
  signal: AbortSignal;
}

async function* streamTurn(turn: Turn): AsyncGenerator<readonly ModelEvent[]> {
  checkSettings(turn.id, turn.request.settings);
  const answer = await send(turn);
  const accumulator = createChatAccumulator();
  const deltas = createDeltaDecoder();
  for await (const chunks of answer.chunks) {
    const events: ModelEvent[] = [];
    for (const chunk of chunks) {
      accumulator.add(chunk);
      events.push(...deltas.read(chunk, accumulator.partial.usage));
    }
    if (events.length > 0) yield events;
  }
  const completion = accumulator.finish();
  yield [...extras(completion), { type: "turn", turn: { ...decodeTurn(completion), ...origin(answer) } }];
}

async function send({ id, endpoint, encoder, request, signal }: Turn): Promise<ChatStream> {
  const { body, release } = encoder.encode(request);
  try {
    return await streamChat(endpoint, body, {
      signal,
      patient: mayReason(id, request.settings.reasoningEffort),
      headers: conversationHeader(request.conversation),
      ...(request.requestId === undefined ? {} : { requestId: request.requestId }),
    });
  } finally {
    release();
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

/** An option that is undefined is one that is not set: it does not hide the model's own. */
function withoutUndefined(settings: ModelSettings): ModelSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
