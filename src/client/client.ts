import { createModel, createResponsesModel, type Model, type ModelApi, type ModelSettings } from "../model/index.ts";
import {
  type ChatCompletion,
  type Endpoint,
  type FetchModelsOptions,
  getLanguageModel,
  getModel,
  type LanguageModelInfo,
  listLanguageModels,
  listModels,
  type ModelInfo,
} from "../wire/index.ts";
import { type ChatCompletionStream, type ClientParts, createCompletion, streamCompletion } from "./completions.ts";
import { type ClientOptions, checkClientOptions, endpointOf } from "./options.ts";
import type { ChatCompletionRequest, RequestOptions } from "./request.ts";
import { createResponses, type Responses } from "./responses.ts";
import { createRetry } from "./retry.ts";

/** A thin client of xAI's API, or of any endpoint that speaks the same protocol. */
export interface Client {
  readonly chat: { readonly completions: ChatCompletions };
  readonly responses: Responses;
  readonly models: Models;
  readonly languageModels: LanguageModels;
  /**
   * A model for an agent. It makes one attempt a turn: retries belong to the agent's loop.
   * @throws {AgentError} `invalid_option` or `unsupported_setting`, naming the setting.
   */
  model(name: string, options?: ClientModelOptions): Model;
  /**
   * A model on the Responses API that leaves the history with xAI: each answer is stored there for 30 days, and only what is
   * new is sent, with `previous_response_id`. The chain lives in the model: in another process, or for another
   * conversation, the history is sent whole.
   * @throws {AgentError} `invalid_option` or `unsupported_setting`, naming the setting.
   */
  chainedModel(name: string, settings?: ModelSettings): Model;
}

/** Settings of a model, and the endpoint it is asked on. */
export interface ClientModelOptions extends ModelSettings {
  /** Default `auto`: chat completions while all tools are functions, the Responses API as soon as xAI runs one. */
  api?: ModelApi;
}

export interface ChatCompletions {
  /**
   * Asks for a completion and waits for the whole of it. Streams on the wire, because a server that thinks in silence would
   * outlast the patience of `fetch`.
   * @throws {AgentError} After the last attempt; its `attempts` says how many there were. `signal.reason` as it is.
   */
  create(request: ChatCompletionRequest, options?: RequestOptions): Promise<ChatCompletion>;
  /**
   * A completion as it comes: pairs of the answer so far and the chunk that was added, as users of xAI's Python SDK know it.
   * The answer so far is one live object. Tried again only until the first chunk.
   */
  stream(request: ChatCompletionRequest, options?: RequestOptions): ChatCompletionStream;
}

export interface Models {
  /** The models this key may use. */
  list(options?: RequestOptions): Promise<readonly ModelInfo[]>;
  /** One model by id or alias. @throws {AgentError} `not_found` */
  get(id: string, options?: RequestOptions): Promise<ModelInfo>;
}

/** Models as their price list has them: `models` has the length of their context. */
export interface LanguageModels {
  /** The text models this key may use, with prices. */
  list(options?: RequestOptions): Promise<readonly LanguageModelInfo[]>;
  /** One text model by id or alias. @throws {AgentError} `not_found` */
  get(id: string, options?: RequestOptions): Promise<LanguageModelInfo>;
}

/**
 * Makes a client. Nothing is sent, and no key is asked for, until the first request.
 * @throws {AgentError} `invalid_option`, `bad_base_url`, `insecure_base_url`
 */
export function createClient(options: ClientOptions = {}): Client {
  checkClientOptions(options);
  const { clock, random, retry: policy } = options;
  const retry = createRetry({
    ...(policy === undefined ? {} : { policy }),
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
  });
  const parts: ClientParts = { endpoint: endpointOf(options), retry };
  return {
    chat: {
      completions: {
        create: (request, given) => createCompletion(parts, request, given),
        stream: (request, given) => streamCompletion(parts, request, given),
      },
    },
    responses: createResponses(parts),
    models: createLookup(parts, listModels, getModel),
    languageModels: createLookup(parts, listLanguageModels, getLanguageModel),
    model: (name, { api = "auto", ...settings } = {}) =>
      createModel({ id: name, endpoint: parts.endpoint, api, settings }),
    chainedModel: (name, settings = {}) =>
      createResponsesModel({ id: name, endpoint: parts.endpoint, settings, chained: true }),
  };
}

interface Lookup<T> {
  list(options?: RequestOptions): Promise<readonly T[]>;
  get(id: string, options?: RequestOptions): Promise<T>;
}

function createLookup<T>(
  { endpoint, retry }: ClientParts,
  list: (endpoint: Endpoint, options: FetchModelsOptions) => Promise<readonly T[]>,
  get: (endpoint: Endpoint, id: string, options: FetchModelsOptions) => Promise<T>,
): Lookup<T> {
  const prepare = ({ signal, headers }: RequestOptions = {}) => ({
    signal: signal ?? new AbortController().signal,
    requestId: crypto.randomUUID(),
    ...(headers === undefined ? {} : { headers }),
  });
  return {
    async list(given) {
      const options = prepare(given);
      return retry(() => list(endpoint, options), options);
    },
    async get(id, given) {
      const options = prepare(given);
      return retry(() => get(endpoint, id, options), options);
    },
  };
}
