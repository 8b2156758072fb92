import { AgentError } from "../errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { compact, isObject, readCount, readString, readStrings } from "./json.ts";
import { decodeCapabilities, type FetchModelsOptions, getJson, type ModelCapabilities, notModels } from "./models.ts";

/** A model as `GET /v1/language-models` describes it: with what it takes, what it gives, and its prices. Only the id is certain. */
export interface LanguageModelInfo {
  id: string;
  /** Other names that mean this model. */
  aliases?: readonly string[];
  fingerprint?: string;
  version?: string;
  /** Seconds since the epoch. */
  created?: number;
  owned_by?: string;
  /** Such as `text`, `image`. */
  input_modalities?: readonly string[];
  output_modalities?: readonly string[];
  prices: LanguageModelPrices;
  /** Absent when the model has one price for prompts of any length. */
  long_context?: LongContextPrices;
  capabilities?: ModelCapabilities;
}

/**
 * Prices in ticks (1 USD = 10^10 ticks) for one token, the number that xAI gives as "USD cents per 100 million tokens":
 * 12,500 is 1.25 USD for a million. Absent where xAI gives none, or 0, which is how it says that.
 */
export interface LanguageModelPrices {
  prompt_text_ticks_per_token?: number;
  /** For the part of the prompt that was read from the cache. */
  cached_prompt_text_ticks_per_token?: number;
  prompt_image_ticks_per_token?: number;
  completion_text_ticks_per_token?: number;
}

/** Holds for all tokens of a request whose prompt is this long or longer. */
export interface LongContextPrices {
  from_prompt_tokens: number;
  /** The usual price where there is no other. */
  prices: LanguageModelPrices;
}

/** The text models this key may use, with prices. One attempt. @throws {AgentError} as `streamChat` does */
export async function listLanguageModels(
  endpoint: Endpoint,
  options: FetchModelsOptions,
): Promise<readonly LanguageModelInfo[]> {
  const json = await getJson(endpoint, "/language-models", options);
  const list = isObject(json) ? json.models : undefined;
  if (!Array.isArray(list)) throw notModels("a list of language models");
  return list.map(decodeLanguageModel);
}

/** One text model by id or alias. One attempt. @throws {AgentError} `not_found`, and as `streamChat` does */
export async function getLanguageModel(
  endpoint: Endpoint,
  id: string,
  options: FetchModelsOptions,
): Promise<LanguageModelInfo> {
  if (id.trim() === "") {
    throw new AgentError("invalid_option", "languageModels.get needs the id of a model, such as grok-4.7.");
  }
  return decodeLanguageModel(await getJson(endpoint, `/language-models/${encodeURIComponent(id)}`, options));
}

function decodeLanguageModel(model: unknown): LanguageModelInfo {
  const id = isObject(model) ? readString(model.id) : undefined;
  if (!isObject(model) || id === undefined) throw notModels("a language model with an id");
  const prices = decodePrices(model, "");
  return compact<LanguageModelInfo>({
    id,
    aliases: readStrings(model.aliases),
    fingerprint: readString(model.fingerprint),
    version: readString(model.version),
    created: readCount(model.created),
    owned_by: readString(model.owned_by),
    input_modalities: readStrings(model.input_modalities),
    output_modalities: readStrings(model.output_modalities),
    prices,
    long_context: decodeLongContext(model, prices),
    capabilities: decodeCapabilities(model.capabilities),
  });
}

type Fields = Readonly<Record<string, unknown>>;

/** A cent is 10^8 ticks, so cents for 10^8 tokens are ticks for one. */
function decodePrices(model: Fields, suffix: "" | "_long_context"): LanguageModelPrices {
  return compact<LanguageModelPrices>({
    prompt_text_ticks_per_token: readPrice(model[`prompt_text_token_price${suffix}`]),
    cached_prompt_text_ticks_per_token: readPrice(model[`cached_prompt_text_token_price${suffix}`]),
    prompt_image_ticks_per_token: readPrice(model[`prompt_image_token_price${suffix}`]),
    completion_text_ticks_per_token: readPrice(model[`completion_text_token_price${suffix}`]),
  });
}

function readPrice(value: unknown): number | undefined {
  return value === 0 ? undefined : readCount(value);
}

function decodeLongContext(model: Fields, usual: LanguageModelPrices): LongContextPrices | undefined {
  const from_prompt_tokens = readCount(model.long_context_threshold);
  if (from_prompt_tokens === undefined || from_prompt_tokens === 0) return undefined;
  return { from_prompt_tokens, prices: { ...usual, ...decodePrices(model, "_long_context") } };
}
