// Over real HTTP, against a simulated xAI that refuses what does not fit, in xAI's words.
import { type AgentOptions, type ContextPolicy, createAgent, type RunEvent } from "fairwitness";
import { describe, expect, it } from "vitest";
import type { SimulatorOptions } from "../../src/sim/index.ts";
import { archive, type Played, readAll, smallModels, WINDOW } from "./support.ts";

const PAGES = 30;

type More = Partial<AgentOptions> & {
  api?: "auto" | "chat" | "responses" | "messages";
  sim?: Omit<SimulatorOptions, "script">;
};

async function reading(context: ContextPolicy | false | undefined, { api = "auto", sim = {}, ...more }: More = {}) {
  await using simulator = await archive(PAGES, sim);
  const model = simulator.model("grok-4.7", { contextWindow: WINDOW, api });
  const played = await readAll(simulator, context, { model, ...more });
  return { ...played, requests: simulator.requests };
}

function compactions(events: readonly RunEvent[]) {
  return events.filter((event) => event.type === "context.compacted");
}

describe("an agent that reads 30 pages of 20 kB with room for four", () => {
  it.each([
    ["tool_outputs", "chat"],
    ["tool_outputs", "responses"],
    ["xai", "auto"],
    ["xai", "responses"],
    ["summary", "chat"],
    ["summary", "responses"],
    ["tool_outputs", "messages"],
    ["summary", "messages"],
  ] as const)("completes by %s over %s, and nothing it sends is refused (row 111)", async (method, api) => {
    const { result, events, requests } = await reading({ methods: [method] }, { api });
    expect(result).toMatchObject({ status: "completed", text: "All 30 pages are read.", turns: PAGES + 1 });
    expect(requests.map(({ status }) => status)).toEqual(requests.map(() => 200));
    const made = compactions(events);
    expect(made.length).toBeGreaterThan(3);
    expect([...new Set(made.map((event) => event.method))]).toEqual([method]);
    expect(events.filter(({ type }) => type === "cache.missed" || type === "warning")).toEqual([]);
  });

  it("completes by default, by old results alone, which asks nobody", async () => {
    const { result, events, requests } = await reading(undefined);
    expect(result.status).toBe("completed");
    expect(requests).toHaveLength(PAGES + 1);
    expect(new Set(compactions(events).map(({ method }) => method))).toEqual(new Set(["tool_outputs"]));
  });

  it("knows how long the conversation is: what the next answer reports is within a tenth of what the record says", async () => {
    for (const method of ["tool_outputs", "summary"] as const) {
      const { record } = await reading({ methods: [method] });
      const made = compactions(record);
      const reported = made.map(({ turn }) => {
        const next = record.find((event) => event.type === "turn.completed" && event.turn === turn);
        return (next?.type === "turn.completed" && next.usage?.inputTokens) || 0;
      });
      for (const [at, { afterTokens }] of made.entries()) {
        expect(Math.abs(afterTokens - (reported[at] ?? 0)) / afterTokens).toBeLessThan(0.1);
      }
    }
  });

  it("goes to the next method only when the one before was not enough", async () => {
    const methods = ["tool_outputs", "xai", "summary"] as const;
    const { events, result } = await reading({ methods, compactAt: 0.49 });
    expect(result.status).toBe("completed");
    const steps = compactions(events).map(({ step }) => step);
    const first = steps.findIndex((step) => step?.endsWith("xai"));
    expect(first).toBeGreaterThan(0);
    expect(steps[first - 1]).toBe(steps[first]?.replace("xai", "tool_outputs"));
    expect(steps.filter((step) => step?.endsWith("summary"))).toEqual([]);
  });

  it("has what the others cost on the record, and in the sums", async () => {
    for (const method of ["xai", "summary"] as const) {
      const { result, record, requests } = await reading({ methods: [method] }, { api: "responses" });
      const made = compactions(record);
      expect(made.every(({ usage }) => usage?.contextTokens === undefined)).toBe(true); // that of the request, not of the run
      const turns = record.filter((event) => event.type === "turn.completed");
      const all = [...made, ...turns];
      expect(made.every(({ usage, cost }) => (usage?.inputTokens ?? 0) > 0 && cost?.basis === "estimated")).toBe(true);
      expect(result.usage).toMatchObject({
        requests: requests.length,
        unreported: 0,
        inputTokens: all.reduce((sum, { usage }) => sum + (usage?.inputTokens ?? 0), 0),
      });
      const ticks = all.reduce((sum, { cost }) => sum + (cost !== undefined && "ticks" in cost ? cost.ticks : 0), 0);
      expect(result.cost).toEqual({ basis: "estimated", ticks });
    }
  });

  it("keeps every result whole in the record and in toolCalls, whatever the model is still shown", async () => {
    const { result } = await reading({ methods: ["summary"] });
    expect(result.toolCalls).toHaveLength(PAGES);
    expect(result.toolCalls.every(({ output }) => String(output).length > 15_000)).toBe(true);
    expect(result.messages.length).toBeLessThan(20);
    expect(JSON.stringify(result.messages)).toContain("Read the archive, and say when you are done.");
  });

  it("without a policy ends when xAI refuses it, with xAI's numbers and what to do", async () => {
    const { result, requests } = await reading(false);
    expect(result).toMatchObject({ status: "failed", error: { code: "context_overflow", status: 400 } });
    expect(result.status === "failed" && result.error.message).toMatch(
      /maximum prompt length is 24000 but the request contains \d+ tokens.*context: \{ methods: \["tool_outputs","xai","summary"\] \}/,
    );
    expect(requests.at(-1)?.status).toBe(400);
  });

  it("stays within the limits of the run: what making it short costs counts, and a run at a limit is not made short", async () => {
    const { result, record } = await reading({ methods: ["summary"] }, { limits: { turns: 60, tokens: 100_000 } });
    expect(result).toMatchObject({ status: "limited", limit: "tokens" });
    expect(record.at(-1)?.type).toBe("run.limited");
    expect(record.some(({ type }) => type === "context.compacted")).toBe(true);
    const stopped = await reading({ methods: ["summary"] }, { limits: { turns: 5 } }); // it would be due before the sixth
    expect(stopped.result).toMatchObject({ status: "limited", limit: "turns" });
    expect(compactions(stopped.record)).toEqual([]);
  });

  it("is not made shorter for money that the limits have no room for, and is for nothing", async () => {
    const more = { settings: { maxOutputTokens: 500 }, limits: { turns: 60, tokens: 60_000 } };
    const paid = await reading({ methods: ["summary"] }, more);
    expect(paid.result).toMatchObject({ status: "limited", limit: "tokens", turns: 5 });
    expect(paid.result).toHaveProperty("needed");
    expect(compactions(paid.record)).toEqual([]);
    const free = await reading({ methods: ["tool_outputs"] }, more);
    expect(free.result).toMatchObject({ status: "limited", limit: "tokens" });
    expect(free.result.turns).toBeGreaterThan(5);
    expect(free.result.usage.totalTokens).toBeLessThan(60_000);
  });

  it("is asked for summaries by the cheaper model that was named", async () => {
    await using simulator = await archive(PAGES);
    const played: Played = await readAll(simulator, {
      methods: ["summary"],
      summaryModel: simulator.model("grok-4.3", { api: "chat" }),
    });
    expect(played.result.status).toBe("completed");
    expect(new Set(compactions(played.record).map(({ servedModel }) => servedModel))).toEqual(new Set(["grok-4.3"]));
    const asked = simulator.requests.filter(({ body }) => JSON.stringify(body).includes("You sum up"));
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.every(({ body }) => !JSON.stringify(body).includes('"tools"'))).toBe(true);
  });
});

describe("a conversation that surely does not fit", () => {
  it.each(["chat", "responses"] as const)(
    "is not sent over %s, and the error has the numbers (row 111)",
    async (api) => {
      await using simulator = await archive(0, { models: smallModels(1000) });
      const agent = createAgent({
        name: "reader",
        model: simulator.model("grok-4.7", { contextWindow: 1000, api }),
        context: false,
      });
      const input = Array.from({ length: 20_000 }, (_, n) => `word ${n}`).join(", ");
      const result = await agent.run(input, { reject: false });
      expect(result).toMatchObject({ status: "failed", error: { code: "context_overflow" } });
      const message = result.status === "failed" ? result.error.message : "";
      const [, least] = /has at least (\d+) tokens, and grok-4.7 takes 1000/.exec(message) ?? [];
      expect(Number(least)).toBeGreaterThan(1000);
      expect(simulator.requests).toEqual([]);
      expect(result.usage).toMatchObject({ requests: 0, unreported: 0 });
    },
  );

  it("is sent where it may fit, however unlikely that is", async () => {
    await using simulator = await archive(0, { models: smallModels(500_000) });
    const input = Array.from({ length: 20_000 }, (_, n) => `word ${n}`).join(", ");
    const model = simulator.model("grok-4.7", { contextWindow: 4000 }); // about 58,000 are sent
    const { text, usage } = await createAgent({ name: "reader", model, context: false }).run(input);
    expect(text).toBe("All 0 pages are read.");
    expect(usage.inputTokens).toBeGreaterThan(50_000);
  });
});
