import { describe, expect, test } from "vitest";
import type { Usage } from "../../src/message/index.ts";
import { estimateCost } from "../../src/model/index.ts";

const usage = (change: Partial<Usage> = {}): Usage => ({
  inputTokens: 1000,
  outputTokens: 100,
  totalTokens: 1100,
  ...change,
});
const UNKNOWN = { basis: "unknown" };
const ticks = (dollars: number): object => ({ basis: "estimated", ticks: Math.round(dollars * 10 ** 10) });

describe("an estimate", () => {
  test.each([
    ["grok-4.7", 0.002 + 0.0006],
    ["grok-4.7-0921", 0.002 + 0.0006],
    ["grok-4.5-latest", 0.002 + 0.0006],
    ["grok-4.3", 0.00125 + 0.00025],
    ["grok-4.20-0309-non-reasoning", 0.00125 + 0.00025],
    ["grok-build-0.1", 0.001 + 0.0002],
  ])("for %s is its list price", (model, dollars) => {
    expect(estimateCost(model, usage())).toEqual(ticks(dollars));
  });

  test("for a retired name is the price of the model that answers", () => {
    expect(estimateCost("grok-3", usage())).toEqual(estimateCost("grok-4.3", usage()));
    expect(estimateCost("grok-code-fast-1", usage())).toEqual(estimateCost("grok-build-0.1", usage()));
  });

  test("reads cached tokens at their own price", () => {
    expect(estimateCost("grok-4.5", usage({ cachedInputTokens: 600 }))).toEqual(ticks(0.0008 + 0.00018 + 0.0006));
  });

  test("doubles every token from 200,000 prompt tokens on, and not before", () => {
    const at = (inputTokens: number): object => estimateCost("grok-4.7", usage({ inputTokens }));
    expect(at(199_999)).toEqual(ticks(199_999 * 2e-6 + 0.0006));
    expect(at(200_000)).toEqual(ticks(0.8 + 0.0012));
  });

  test("takes the context for the prompt where the server took turns by itself, and is unknown without it", () => {
    const summed = { inputTokens: 300_000, serverToolCalls: 1, billedServerTools: { mcp_calls: 1 } };
    expect(estimateCost("grok-4.7", usage({ ...summed, contextTokens: 90_000 }))).toEqual(ticks(0.6 + 0.0006));
    expect(estimateCost("grok-4.7", usage(summed))).toEqual(UNKNOWN);
    expect(estimateCost("grok-4.7", usage({ ...summed, contextTokens: 250_000 }))).toEqual(UNKNOWN);
  });

  test("doubles for priority, and is unknown for a tier without a price", () => {
    expect(estimateCost("grok-4.7", usage(), { serviceTier: "priority" })).toEqual(ticks(0.0052));
    expect(estimateCost("grok-4.7", usage(), { serviceTier: "default" })).toEqual(ticks(0.0026));
    expect(estimateCost("grok-4.7", usage(), { serviceTier: "fast" })).toEqual(UNKNOWN);
  });

  test("costs a tenth more for tokens, and not for tools, at the endpoint in the US", () => {
    const searched = usage({ serverToolCalls: 1, billedServerTools: { web_search_calls: 1 } });
    expect(estimateCost("grok-4.7", searched, { host: "us.api.x.ai" })).toEqual(ticks(0.00286 + 0.005));
    expect(estimateCost("grok-4.7", searched, { host: "api.x.ai" })).toEqual(ticks(0.0026 + 0.005));
  });

  test("adds what server tools are billed by, X search by what it fetched", () => {
    const billedServerTools = {
      web_search_calls: 2,
      x_search_calls: 3,
      x_posts_fetched: 10,
      x_users_fetched: 1,
      code_interpreter_calls: 1,
      file_search_calls: 1,
      document_search_calls: 1,
      attachment_search_calls: 2,
      mcp_calls: 4,
    };
    const dollars = 0.0026 + 0.01 + 0.05 + 0.01 + 0.005 + 0.0025 + 0.01 + 0.02;
    expect(estimateCost("grok-4.7", usage({ serverToolCalls: 12, billedServerTools }))).toEqual(ticks(dollars));
  });

  test.each<[string, string, Partial<Usage>]>([
    ["of a model nobody knows", "grok-9", {}],
    ["where tools ran and what is billed was not told", "grok-4.7", { serverToolCalls: 1 }],
    [
      "where X was searched and not told how much was fetched",
      "grok-4.7",
      { billedServerTools: { x_search_calls: 1 } },
    ],
    ["where images were made", "grok-4.7", { billedServerTools: { image_generation_calls: 1 } }],
  ])("%s is unknown, not 0", (_what, model, change) => {
    expect(estimateCost(model, usage(change))).toEqual(UNKNOWN);
  });

  test("is not made unknown by tools that were not used", () => {
    const billedServerTools = { image_generation_calls: 0, x_search_calls: 0, document_search_calls: 0 };
    expect(estimateCost("grok-4.7", usage({ serverToolCalls: 0, billedServerTools }))).toEqual(ticks(0.0026));
  });
});
