import { describe, expect, test } from "vitest";
import { getLanguageModel, listLanguageModels } from "../../src/wire/index.ts";
import { bytes, endpointOver, failureOf, replay } from "./support.ts";

const signal: AbortSignal = new AbortController().signal;

const json = (body: unknown, status = 200) =>
  replay([bytes(JSON.stringify(body))], { status, headers: { "content-type": "application/json" } });

const GROK = {
  id: "grok-4.7",
  fingerprint: "fp_1",
  version: "1.0",
  created: 1,
  owned_by: "xai",
  input_modalities: ["text", "image"],
  output_modalities: ["text"],
  aliases: ["grok-4.7-latest"],
  capabilities: { reasoning_effort: ["low", "high"] },
};

describe("language models", () => {
  test("are listed with exact prices: cents for 100 million tokens are ticks for one", async () => {
    const prices = {
      prompt_text_token_price: 20_000,
      cached_prompt_text_token_price: 5_000,
      prompt_image_token_price: 0,
      completion_text_token_price: 60_000,
      search_price: 1,
    };
    const [model] = await listLanguageModels(endpointOver(json({ models: [{ ...GROK, ...prices }] })), { signal });
    expect(model).toEqual({
      ...GROK,
      prices: {
        prompt_text_ticks_per_token: 20_000,
        cached_prompt_text_ticks_per_token: 5_000,
        completion_text_ticks_per_token: 60_000,
      },
    });
    // 2 USD for a million tokens, as the price list of xAI has it.
    expect((20_000 * 1_000_000) / 10_000_000_000).toBe(2);
  });

  test("have prices of their own for long prompts, or the usual ones where those are 0", async () => {
    const body = {
      id: "grok-4.7",
      prompt_text_token_price: 20_000,
      cached_prompt_text_token_price: 5_000,
      long_context_threshold: 200_000,
      prompt_text_token_price_long_context: 40_000,
      cached_prompt_text_token_price_long_context: 0,
    };
    const { long_context } = await getLanguageModel(endpointOver(json(body)), "grok-4.7", { signal });
    expect(long_context).toEqual({
      from_prompt_tokens: 200_000,
      prices: { prompt_text_ticks_per_token: 40_000, cached_prompt_text_ticks_per_token: 5_000 },
    });
  });

  test("of which only the id is known have no invented price", async () => {
    const bare = { id: "a/b", aliases: null, prompt_text_token_price: "cheap", long_context_threshold: 0 };
    const transport = json(bare);
    expect(await getLanguageModel(endpointOver(transport), "a/b?c", { signal })).toEqual({ id: "a/b", prices: {} });
    expect(transport.requests[0]).toMatchObject({ url: "https://api.x.ai/v1/language-models/a%2Fb%3Fc" });
  });

  test("that do not exist, or are none, are typed errors", async () => {
    const missing = endpointOver(json({ code: "not-found", error: "no" }, 404));
    expect(await failureOf(getLanguageModel(missing, "x", { signal }))).toMatchObject({ code: "not_found" });
    expect(await failureOf(getLanguageModel(missing, " ", { signal }))).toMatchObject({ code: "invalid_option" });
    for (const body of [{}, [], { data: [] }, { models: [{}] }]) {
      const error = await failureOf(listLanguageModels(endpointOver(json(body)), { signal }));
      expect(error).toMatchObject({ code: "malformed_event" });
    }
  });
});
