import { AgentError } from "../errors.ts";
import { createModel, createResponsesModel, type Model, type ModelApi, type ModelSettings } from "../model/index.ts";
import { ownOptions } from "../own.ts";
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
import { modelCall, plainCall } from "./call.ts";
import { type ChatCompletionStream, type ClientParts, createCompletion, streamCompletion } from "./completions.ts";
import { createFiles, type Files } from "./files.ts";
import { guardedModel } from "./guarded-model.ts";
import { createMessages, type Messages } from "./messages.ts";
import { type ClientOptions, checkClientOptions } from "./options.ts";
import type { ChatCompletionRequest, RequestOptions } from "./request.ts";
import { createResponses, type Responses } from "./responses.ts";
import { createServices } from "./services.ts";

/** A thin client of xAI's API, or of any endpoint that speaks the same protocol. */
export interface Client {
  readonly chat: { readonly completions: ChatCompletions };
  readonly responses: Responses;
  readonly messages: Messages;
  readonly files: Files;
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
  /**
   * Models to ask, in this order, while this one is at capacity, its server fails, or it is gone (404). Never after another 4xx.
   * Default: none.
   */
  fallback?: readonly string[];
  /** Prompt and answer together, in tokens. Default: what is known of the model. */
  contextWindow?: number;
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
  const services = createServices(options);
  const plain = (): ClientParts => plainCall(services);
  const asking = (): ClientParts => modelCall(services);
  const { modelEndpoints: endpoints } = services;
  // Each call has parts of its own, which know its attempts.
  return {
    chat: {
      completions: {
        create: (request, given) => createCompletion(asking(), request, given),
        stream: (request, given) => streamCompletion(asking(), request, given),
      },
    },
    responses: {
      create: (request, given) => createResponses(asking()).create(request, given),
      stream: (request, given) => createResponses(asking()).stream(request, given),
      compact: (request, given) => createResponses(asking()).compact(request, given),
    },
    messages: {
      create: (request, given) => createMessages(asking()).create(request, given),
      stream: (request, given) => createMessages(asking()).stream(request, given),
    },
    files: {
      upload: (source, given) => createFiles(plain()).upload(source, given),
      list: (query) => createFiles(plain()).list(query),
      get: (id, given) => createFiles(plain()).get(id, given),
      delete: (id, given) => createFiles(plain()).delete(id, given),
      content: (id, given) => createFiles(plain()).content(id, given),
    },
    models: createLookup(plain, listModels, getModel),
    languageModels: createLookup(plain, listLanguageModels, getLanguageModel),
    model(name, { api = "auto", fallback = [], contextWindow, ...settings } = {}) {
      checkFallback(fallback);
      const others = fallback.filter((other) => other !== name);
      return guardedModel(services, [name, ...others], ({ model: id, endpoint: at }) => {
        // What was said of the model is not true of those that answer in its place.
        const window = contextWindow === undefined || id !== name ? {} : { contextWindow };
        return createModel({ id, endpoint: endpoints[at] ?? endpoints[0], api, settings, ...window });
      });
    },
    chainedModel: (name, settings = {}) =>
      guardedModel(services, [name], ({ endpoint }) =>
        createResponsesModel({ id: name, endpoint: endpoints[endpoint] ?? endpoints[0], settings, chained: true }),
      ),
  };
}

function checkFallback(fallback: unknown): void {
  if (Array.isArray(fallback) && fallback.every((name) => typeof name === "string" && name.trim() !== "")) return;
  const message = 'fallback is a list of model names: client.model("grok-4.7", { fallback: ["grok-4.6"] }).';
  throw new AgentError("invalid_option", message);
}

interface Lookup<T> {
  list(options?: RequestOptions): Promise<readonly T[]>;
  get(id: string, options?: RequestOptions): Promise<T>;
}

function createLookup<T>(
  parts: () => ClientParts,
  list: (endpoint: Endpoint, options: FetchModelsOptions) => Promise<readonly T[]>,
  get: (endpoint: Endpoint, id: string, options: FetchModelsOptions) => Promise<T>,
): Lookup<T> {
  const prepare = (given: RequestOptions = {}) => {
    const { signal = new AbortController().signal, headers } = ownOptions(given);
    return { signal, requestId: crypto.randomUUID(), ...(headers === undefined ? {} : { headers }) };
  };
  return {
    async list(given) {
      const options = prepare(given);
      const { endpoint, retry } = parts();
      return retry(() => list(endpoint, options), options);
    },
    async get(id, given) {
      const options = prepare(given);
      const { endpoint, retry } = parts();
      return retry(() => get(endpoint, id, options), options);
    },
  };
}
