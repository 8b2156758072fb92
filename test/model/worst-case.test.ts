import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { estimateCost, serverToolTicks, type TurnPlan, worstCaseTicks } from "../../src/model/index.ts";
import { codeExecution, imageGeneration, remoteMcp, webSearch, xSearch } from "../../src/tool/index.ts";

const plan = (change: Partial<TurnPlan> = {}): TurnPlan => ({
  model: "grok-4.7",
  inputTokens: 1000,
  outputTokens: 100,
  ...change,
});
const usd = (dollars: number): number => Math.round(dollars * 10 ** 10);
const mcp = remoteMcp({ url: "https://mcp.example.com", label: "tides" });

describe("the most that a turn can cost", () => {
  test("without tools of the server is what it reads and writes, at list price", () => {
    expect(worstCaseTicks(plan())).toBe(usd(0.002 + 0.0006));
    expect(worstCaseTicks(plan({ model: "grok-3" }))).toBe(usd(0.00125 + 0.00025));
    expect(worstCaseTicks(plan({ serverTurns: 5 }))).toBe(usd(0.0026));
  });

  test("doubles from 200,000 tokens of prompt on", () => {
    expect(worstCaseTicks(plan({ inputTokens: 200_000, outputTokens: 0 }))).toBe(usd(0.8));
    expect(worstCaseTicks(plan({ inputTokens: 199_999, outputTokens: 0 }))).toBe(usd(0.399998));
  });

  test("has the price of the endpoint and of the tier", () => {
    expect(worstCaseTicks(plan({ terms: { host: "us.api.x.ai" } }))).toBe(usd(0.00286));
    expect(worstCaseTicks(plan({ terms: { serviceTier: "priority" } }))).toBe(usd(0.0052));
  });

  test("grows with each turn of the server: the longest prompt again, an answer again, and its calls", () => {
    const served = plan({ serverTools: [webSearch()], serverTurns: 2, contextTokens: 10_000 });
    const [input, output, calls] = [1000 + 2 * 10_000, 3 * 100, 2 * 4];
    expect(worstCaseTicks(served)).toBe(usd(input * 2e-6 + output * 6e-6 + calls * 0.005));
    expect(worstCaseTicks({ ...served, callsPerServerTurn: 1 })).toBe(usd(input * 2e-6 + output * 6e-6 + 2 * 0.005));
  });

  test("is that of a full context where nobody bounds the prompt", () => {
    const served = plan({ serverTools: [mcp], serverTurns: 1, outputTokens: 0 });
    expect(worstCaseTicks(served)).toBe(usd((1000 + 500_000) * 4e-6));
  });

  test("is that of the dearest tool", () => {
    const served = { serverTurns: 1, contextTokens: 0, callsPerServerTurn: 1, itemsPerSearch: 10 };
    const of = (serverTools: TurnPlan["serverTools"] & object): number =>
      (worstCaseTicks(plan({ ...served, serverTools })) ?? 0) -
      (worstCaseTicks(plan({ ...served, serverTools: [mcp] })) ?? 0);
    expect(of([codeExecution()])).toBe(usd(0.005));
    expect(of([codeExecution(), xSearch(), webSearch()])).toBe(usd(0.1));
  });
});

describe("it is not known, and never 0,", () => {
  test.each<[string, Partial<TurnPlan>]>([
    ["for a model without a price", { model: "gpt-4o" }],
    ["for a tier without a price", { terms: { serviceTier: "fast" } }],
    ["where the server may take any number of turns", { serverTools: [webSearch()] }],
    ["where an X search may fetch any number of posts", { serverTools: [xSearch()], serverTurns: 1 }],
    ["for images, which have no price here", { serverTools: [imageGeneration()], serverTurns: 1 }],
    ["for what has no bound", { outputTokens: Number.POSITIVE_INFINITY }],
    ["for what is no number", { inputTokens: Number.NaN }],
  ])("%s", (_, change) => {
    expect(worstCaseTicks(plan(change))).toBeUndefined();
  });
});

test("no turn within its plan is estimated to cost more", () => {
  const turn = fc
    .record({
      inputTokens: fc.nat({ max: 400_000 }),
      outputTokens: fc.nat({ max: 200_000 }),
      serverTurns: fc.nat({ max: 5 }),
      cached: fc.double({ min: 0, max: 1, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      model: fc.constantFrom("grok-4.7", "grok-4.3", "grok-build-0.1"),
    })
    .map((made) => ({ ...made, serverTools: made.serverTurns === 0 ? [] : [webSearch(), codeExecution()] }));
  fc.assert(
    fc.property(turn, ({ cached, share, ...given }) => {
      const most = worstCaseTicks({ ...given, contextTokens: 450_000 }) ?? 0;
      const part = (tokens: number): number => Math.floor(tokens * share);
      const inputTokens =
        given.serverTurns === 0 ? part(given.inputTokens) : part(given.inputTokens + given.serverTurns * 450_000);
      const outputTokens = part(given.outputTokens * (given.serverTurns + 1));
      const calls = part(given.serverTurns * 4);
      const cost = estimateCost(given.model, {
        inputTokens,
        outputTokens,
        totalTokens: inputTokens + outputTokens,
        cachedInputTokens: Math.floor(inputTokens * cached),
        serverToolCalls: calls,
        contextTokens: 100,
        billedServerTools: { web_search_calls: calls, code_interpreter_calls: 0 },
      });
      expect(cost.basis === "estimated" && cost.ticks <= most).toBe(true);
    }),
  );
});

test("a call of a server tool has the price that xAI states for it, or none", () => {
  expect(serverToolTicks("web_search")).toBe(usd(0.005));
  expect(serverToolTicks("code_execution")).toBe(usd(0.005));
  expect(serverToolTicks("collections_search")).toBe(usd(0.0025));
  expect(serverToolTicks("mcp")).toBe(0);
  expect(serverToolTicks("x_search")).toBeUndefined();
  expect(serverToolTicks("image_generation")).toBeUndefined();
  expect(serverToolTicks("other")).toBeUndefined();
});
