import { AgentError } from "../errors.ts";
import { readJson, throwFault } from "./answer.ts";
import type { Endpoint } from "./endpoint.ts";
import { sendRequest } from "./http.ts";
import { compact, isObject, readCount, readString, readStrings } from "./json.ts";

/** A model as `GET /v1/models` describes it, spelled as xAI spells it. Only the id is certain. */
export interface ModelInfo {
  id: string;
  /** Other names that mean this model. */
  aliases?: readonly string[];
  /** Most tokens of prompt. */
  context_length?: number;
  /** Seconds since the epoch. */
  created?: number;
  owned_by?: string;
  /** Prices as xAI gives them: USD cents per 100 million tokens. */
  prompt_text_token_price?: number;
  cached_prompt_text_token_price?: number;
  completion_text_token_price?: number;
  /** Prompt tokens from which on the long-context price holds for all. */
  long_context_threshold?: number;
  capabilities?: ModelCapabilities;
}

export interface ModelCapabilities {
  /** Values `reasoning_effort` may have. */
  reasoning_effort?: readonly string[];
  default_reasoning_effort?: string;
}

export interface FetchModelsOptions {
  signal: AbortSignal;
  requestId?: string;
  headers?: Readonly<Record<string, string>>;
}

/** The models this key may use. One attempt. @throws {AgentError} as `streamChat` does */
export async function listModels(endpoint: Endpoint, options: FetchModelsOptions): Promise<readonly ModelInfo[]> {
  const json = await getJson(endpoint, "/models", options);
  const list = isObject(json) ? json.data : undefined;
  if (!Array.isArray(list)) throw notModels("a list of models");
  return list.map(decodeModel);
}

/** One model by id or alias. One attempt. @throws {AgentError} `not_found`, and as `streamChat` does */
export async function getModel(endpoint: Endpoint, id: string, options: FetchModelsOptions): Promise<ModelInfo> {
  if (id.trim() === "") throw new AgentError("invalid_option", "models.get needs the id of a model, such as grok-4.7.");
  return decodeModel(await getJson(endpoint, `/models/${encodeURIComponent(id)}`, options));
}

/** A JSON answer that is no error. One attempt. */
export async function getJson(endpoint: Endpoint, path: string, options: FetchModelsOptions): Promise<unknown> {
  const answer = await sendRequest(endpoint, { method: "GET", path, accept: "application/json", ...options });
  const json = await readJson(answer);
  throwFault(answer, json);
  return json;
}

function decodeModel(model: unknown): ModelInfo {
  const id = isObject(model) ? readString(model.id) : undefined;
  if (!isObject(model) || id === undefined) throw notModels("a model with an id");
  return compact<ModelInfo>({
    id,
    aliases: readStrings(model.aliases),
    context_length: readCount(model.context_length),
    created: readCount(model.created),
    owned_by: readString(model.owned_by),
    prompt_text_token_price: readCount(model.prompt_text_token_price),
    cached_prompt_text_token_price: readCount(model.cached_prompt_text_token_price),
    completion_text_token_price: readCount(model.completion_text_token_price),
    long_context_threshold: readCount(model.long_context_threshold),
    capabilities: decodeCapabilities(model.capabilities),
  });
}

/** What a model takes; undefined when the server does not say. */
export function decodeCapabilities(value: unknown): ModelCapabilities | undefined {
  if (!isObject(value)) return undefined;
  return compact<ModelCapabilities>({
    reasoning_effort: readStrings(value.reasoning_effort),
    default_reasoning_effort: readString(value.default_reasoning_effort),
  });
}

/** The server answered with something else. */
export function notModels(expected: string): AgentError {
  return new AgentError(
    "malformed_event",
    `The server did not answer with ${expected}. Check that the base URL is that of an xAI or compatible API.`,
  );
}
