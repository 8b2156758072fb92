import { AgentError } from "../errors.ts";
import { isCompaction } from "../message/index.ts";
import type { Endpoint } from "../wire/index.ts";
import { describeModel } from "./capabilities.ts";
import { createChatModel } from "./chat.ts";
import { createMessagesModel } from "./messages.ts";
import type { Model, ModelRequest, ModelSettings } from "./model.ts";
import { checkModelOptions, mergeSettings } from "./options.ts";
import { type CompactingModel, createResponsesModel } from "./responses.ts";
import { checkResponsesSettings } from "./responses-settings.ts";

export type ModelApi = Model["api"];

export interface ModelOptions {
  /** The model's name, such as `grok-4.7`. */
  id: string;
  /** Where it answers, and with which key. */
  endpoint: Endpoint;
  /** Default `auto`. */
  api?: ModelApi;
  /** Used where a request sets nothing else. */
  settings?: ModelSettings;
  /** Prompt and answer together, in tokens. Default: what is known of the model. */
  contextWindow?: number;
}

/**
 * A model on the endpoint that fits, or on the one that is asked for.
 * @throws {AgentError} `invalid_option` or `unsupported_setting`, naming the option.
 */
export function createModel({ api = "auto", ...options }: ModelOptions): Model {
  checkModelOptions(options);
  switch (api) {
    case "chat":
      if (!answersInChat(options.id)) throw notInChat(options.id);
      return createChatModel(options);
    case "responses":
      return createResponsesModel(options);
    case "messages":
      return createMessagesModel(options);
    case "auto":
      if (!answersInChat(options.id)) return createResponsesModel(options);
      return createAutoModel(createChatModel(options), lazyResponses(options));
    default:
      api satisfies never;
      throw new AgentError(
        "invalid_option",
        `api is ${JSON.stringify(api)}. Write "auto", "chat", "responses" or "messages".`,
      );
  }
}

function answersInChat(id: string): boolean {
  return describeModel(id)?.endpoints?.includes("chat") !== false;
}

function notInChat(id: string): AgentError {
  const message = `${id} does not answer on chat completions. Leave api out, or write "responses".`;
  return new AgentError("unsupported_setting", message);
}

/**
 * Chooses for each request: chat completions while all tools are functions, the Responses API as soon as there is a tool
 * that xAI runs, or the conversation was made short, which only that can read. A conversation may go from one to the other and back: its messages belong to neither.
 */
export function createAutoModel(chat: Model, responses: Model): Model {
  const { compact } = responses;
  const { id, contextWindow, maxOutputTokens, host } = chat;
  return {
    id,
    api: "auto",
    ...(contextWindow === undefined ? {} : { contextWindow }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(host === undefined ? {} : { host }),
    stream: (request, signal) =>
      needsResponses(request) ? responses.stream(request, signal) : chat.stream(request, signal),
    accepts(serverTools, settings) {
      if (serverTools.length > 0) responses.accepts?.(serverTools, settings);
    },
    ...(compact === undefined ? {} : { compact }),
  };
}

/** A compaction comes first, so that the first answer tells. */
function needsResponses({ serverTools = [], messages }: ModelRequest): boolean {
  if (serverTools.length > 0) return true;
  return isCompaction(messages.find((message) => message?.role === "assistant"));
}

/** Made when it is first needed: settings that only chat completions takes are no fault while only that is used. */
function lazyResponses(options: Omit<ModelOptions, "api">): Model {
  let made: CompactingModel | undefined;
  const model = (): CompactingModel => {
    made ??= createResponsesModel(options);
    return made;
  };
  return {
    id: options.id,
    api: "responses",
    stream: (request, signal) => model().stream(request, signal),
    compact: async (request, signal) => model().compact(request, signal),
    accepts: (_, settings) => checkResponsesSettings(mergeSettings(options.settings ?? {}, settings)),
  };
}
