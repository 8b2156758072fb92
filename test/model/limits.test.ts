import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { contextWindow, createModel, maxOutput } from "../../src/model/index.ts";
import { createEndpoint } from "../../src/wire/index.ts";
import { errorOf } from "../tool/support.ts";

const endpoint = createEndpoint({ apiKey: "sim_key", baseUrl: "http://127.0.0.1:9/v1" });

test.each([
  ["grok-4.7", 500_000],
  ["grok-4.7-latest", 500_000],
  ["grok-4.3", 1_000_000],
  ["grok-4.20-0309-reasoning", 1_000_000],
  ["grok-build-0.1", 256_000],
  ["grok-3", 1_000_000],
  ["grok-code-fast-1", 256_000],
  ["grok-9", undefined],
  ["gpt-4o", undefined],
  ["constructor", undefined],
])("the context window of %s is %s", (id, tokens) => {
  expect(contextWindow(id)).toBe(tokens);
});

test("one answer has what xAI allows where nothing is set, and of others nothing is known", () => {
  expect(["grok-4.7", "grok-3", "grok-9", "gpt-4o"].map(maxOutput)).toEqual([128_000, 128_000, undefined, undefined]);
});

describe("a model", () => {
  test.each(["auto", "chat", "responses"] as const)(
    "over %s says what fits into it, as far as that is known",
    (api) => {
      const known = createModel({ id: "grok-4.7", endpoint, api });
      expect([known.contextWindow, known.maxOutputTokens]).toEqual([500_000, 128_000]);
      expect(createModel({ id: "gpt-4o", endpoint, api })).not.toHaveProperty("contextWindow");
      expect(createModel({ id: "gpt-4o", endpoint, api })).not.toHaveProperty("maxOutputTokens");
    },
  );

  test("over the Messages protocol says what it sends", () => {
    const model = (id: string, settings = {}) =>
      createModel({ id, endpoint, api: "messages", settings }).maxOutputTokens;
    expect([model("grok-4.7"), model("claude"), model("claude", { maxOutputTokens: 99 })]).toEqual([128_000, 8192, 99]);
  });

  test("has what it was told instead of what is known", () => {
    const settings = { maxOutputTokens: 700 };
    const model = createModel({ id: "grok-4.7", endpoint, settings, contextWindow: 9000 });
    expect([model.contextWindow, model.maxOutputTokens]).toEqual([9000, 700]);
  });

  test("of a client has it too, and those that stand in for it do not", () => {
    const client = createClient({ apiKey: "sim_key" });
    const model = client.model("mine", { contextWindow: 9000, fallback: ["grok-4.7"] });
    expect(model.contextWindow).toBe(9000);
    expect(model).not.toHaveProperty("maxOutputTokens");
    expect(client.chainedModel("grok-4.3").contextWindow).toBe(1_000_000);
  });

  test.each([0, -1, 1.5, Number.NaN, "500k"])("refuses %s as its context window", (contextWindow) => {
    const error = errorOf(() => createModel({ id: "grok-4.7", endpoint, contextWindow: contextWindow as number }));
    expect(error).toMatchObject({
      code: "invalid_option",
      message: `contextWindow is ${String(contextWindow)}. It takes a whole number of tokens, prompt and answer together.`,
    });
  });
});
