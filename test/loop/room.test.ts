import {
  codeExecution,
  createAgent,
  createClient,
  type RunError,
  type RunLimits,
  type RunResult,
  webSearch,
  xSearch,
} from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentError } from "../../src/errors.ts";
import { estimateTokens } from "../../src/model/index.ts";
import { effects, readAll } from "../resume/support.ts";
import { call, play } from "../support/play.ts";
import { type ScriptedAttempt, type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";

const TICKS_PER_USD = 10 ** 10;
/** Prices of grok-4.7, ticks a token. */
const INPUT = 20_000;
const OUTPUT = 60_000;

/** A scripted model that has the price of a real one. */
function priced(attempts: Parameters<typeof scriptedModel>[0], more: object = {}): ScriptedModel {
  return { ...scriptedModel(attempts), id: "grok-4.7", ...more };
}

function world(model: ScriptedModel, more: object = {}) {
  const store = createMemoryStore();
  const { tool, given } = effects("look", { effect: "read" });
  const options = { name: "t", model, tools: [tool], store, loopDetector: false as const, ...more };
  return { given, agent: (other: object = {}) => createAgent({ ...options, ...other }) };
}

const look = (n: number, spent: object = {}): ScriptedAttempt => ({ calls: [call("look", { n })], ...spent });
const capped = { settings: { maxOutputTokens: 1000 } };

describe("what a turn may cost at most is reserved before it, and", () => {
  it("a turn that cannot fit is not started, and the numbers say why (row 79)", async () => {
    const model = priced((n) => look(n, { ticks: 0.004 * TICKS_PER_USD }));
    const { agent } = world(model, capped);
    const error = await agent()
      .run("go", { limits: { costUsd: 0.01 } })
      .catch((thrown: unknown) => thrown as RunError);
    const { result, message } = error as RunError;
    expect(result).toMatchObject({ status: "limited", limit: "costUsd", used: 0.004, max: 0.01, turns: 1 });
    const { needed = 0 } = result as Extract<RunResult, { status: "limited" }>;
    expect(needed).toBeGreaterThan((1000 * OUTPUT) / TICKS_PER_USD);
    expect(needed).toBeLessThan((1000 * OUTPUT + 200 * INPUT) / TICKS_PER_USD);
    expect(model.seen).toHaveLength(1);
    expect(message).toContain(`limits.costUsd has no room for (0.004 of 0.01 used, and it may need ${needed})`);
    expect(message).toContain("settings.maxOutputTokens");
  });

  it("not even the first, where nothing has room for it", async () => {
    const model = priced([]);
    const { agent } = world(model, capped);
    const result = await agent().run("go", { limits: { costUsd: 0.001 }, reject: false });
    expect(result).toMatchObject({
      status: "limited",
      limit: "costUsd",
      used: 0,
      turns: 0,
      needed: expect.any(Number),
    });
    expect(model.seen).toEqual([]);
  });

  it("tokens are held back in the same way, whatever the model costs", async () => {
    const usage = { inputTokens: 100, outputTokens: 20, totalTokens: 120 };
    const model = scriptedModel((n) => look(n, { usage }));
    const { agent } = world(model, capped);
    const result = await agent().run("go", { limits: { tokens: 1300 }, reject: false });
    expect(result).toMatchObject({ status: "limited", limit: "tokens", used: 240, max: 1300, turns: 2 });
    const { needed = 0 } = result as Extract<RunResult, { status: "limited" }>;
    expect(needed).toBeGreaterThan(1060);
  });

  it("the run goes on with more", async () => {
    const model = priced((n) => (n < 2 ? look(n, { ticks: 0.004 * TICKS_PER_USD }) : { text: "Done." }));
    const { agent, given } = world(model, capped);
    const stopped = await agent().run("go", { limits: { costUsd: 0.01 }, reject: false });
    const run = await agent().resume(stopped.runId, { limits: { costUsd: 1 } });
    await readAll(run);
    expect(await run.result()).toMatchObject({ status: "completed", turns: 3 });
    expect(given).toEqual([{ n: 0 }, { n: 1 }]);
  });

  it("a cap among the model's own settings counts, and so does the price of its server", async () => {
    const neededOn = async (baseURL: string): Promise<number> => {
      const client = createClient({ apiKey: "k", baseURL });
      const model = client.model("grok-4.7", { maxOutputTokens: 100_000 });
      const result = await createAgent({ name: "t", model }).run("go", { limits: { costUsd: 0.1 }, reject: false });
      expect(result).toMatchObject({ status: "limited", turns: 0 }); // nothing was sent
      return (result as Extract<RunResult, { status: "limited" }>).needed ?? 0;
    };
    const list = await neededOn("https://api.x.ai/v1");
    expect(list).toBeGreaterThan(0.6);
    expect(await neededOn("https://us.api.x.ai/v1")).toBeCloseTo(list * 1.1, 6);
  });

  it("as much reasoning is reckoned with as a turn has taken so far, since nothing bounds it", async () => {
    const usage = { inputTokens: 50, outputTokens: 3000, totalTokens: 3050, reasoningTokens: 2900 };
    const model = scriptedModel((n) => look(n, { usage }));
    const { agent } = world(model, capped);
    const result = await agent().run("go", { limits: { tokens: 6500 }, reject: false });
    expect(result).toMatchObject({ limit: "tokens", used: 3050, turns: 1 });
    expect((result as Extract<RunResult, { status: "limited" }>).needed).toBeGreaterThan(3900);
  });

  it("each turn that xAI may take by itself has a full context and calls of its own", async () => {
    const needed = async (serverTurns: number): Promise<number> => {
      const model = priced([], { contextWindow: 10_000 });
      const { agent } = world(model, { ...capped, tools: [webSearch(), codeExecution()] });
      const result = await agent().run("go", { limits: { costUsd: 0.001, serverTurns }, reject: false });
      return (result as Extract<RunResult, { status: "limited" }>).needed ?? 0;
    };
    const one = await needed(1);
    const more = (await needed(3)) - one;
    expect(more * TICKS_PER_USD).toBeCloseTo(2 * (10_000 * INPUT + 1000 * OUTPUT + 4 * 0.005 * TICKS_PER_USD), 0);
  });
});

describe("where nobody bounds a turn, nothing is reserved, and", () => {
  it.each<[string, object, RunLimits, ScriptedModel, readonly string[]]>([
    ["the cap is missing", {}, { costUsd: 1 }, priced([{ text: "x" }]), ["set settings.maxOutputTokens"]],
    ["the price is not known", capped, { costUsd: 1 }, scriptedModel([{ text: "x" }]), ["scripted has no price here"]],
    [
      "xAI may go on for ever",
      { ...capped, tools: [webSearch()] },
      { costUsd: 1, tokens: 9 },
      priced([{ text: "x" }]),
      ["limits.tokens and limits.costUsd", "set limits.serverTurns", "the context of grok-4.7 is not known"],
    ],
    [
      "a tool has no price for a call",
      { ...capped, tools: [xSearch()] },
      { costUsd: 1, serverTurns: 2 },
      priced([{ text: "x" }], { contextWindow: 1000 }),
      ["nobody bounds what x_search may cost"],
    ],
  ])("that is said once, with what to set: %s", async (_, more, limits, model, words) => {
    const { agent } = world(model, more);
    const result = await agent().run("go", { limits, reject: false });
    expect(result).toMatchObject({ status: "completed", text: "x" });
    const said = result.warnings.filter(
      ({ code, message }) => code === "limit_unenforced" && message.includes("before a turn"),
    );
    expect(said).toHaveLength(1);
    for (const word of words) expect(said[0]?.message).toContain(word);
  });

  it("it is said of no limit that is reserved for, or not set", async () => {
    const spent = { ticks: 1000, usage: { inputTokens: 9, outputTokens: 9, totalTokens: 18 } };
    const { agent } = world(
      priced(() => ({ text: "x", ...spent })),
      capped,
    );
    expect((await agent().run("go", { limits: { costUsd: 1, tokens: 9000 } })).warnings).toEqual([]);
    expect((await agent({ settings: {} }).run("go")).warnings).toEqual([]);
  });
});

describe("an attempt that failed has cost what it reported, and", () => {
  const broken = new AgentError("stream_incomplete", "It was cut.", { retryable: true });
  /** Every attempt tells what it used before it breaks, but for the last. */
  const failing = (times: number, ticks: number): ScriptedModel => {
    const base = priced((n) => (n < times ? { text: "half", fail: broken } : { text: "whole", ticks }));
    const usage = { inputTokens: 10, outputTokens: 10, totalTokens: 20 };
    return {
      ...base,
      async *stream(request, signal) {
        yield [{ type: "usage", usage, cost: { basis: "billed", ticks } }];
        yield* base.stream(request, signal);
      },
    };
  };

  it("another is made where there is room for it", async () => {
    const model = failing(1, 0.003 * TICKS_PER_USD);
    const { result } = await play(model, [], { ...capped, limits: { costUsd: 0.01 } });
    expect(result).toMatchObject({ status: "completed", text: "whole", cost: { ticks: 0.006 * TICKS_PER_USD } });
  });

  it("none is made where there is none: the run stops at its limit, with the attempt on its record", async () => {
    const model = failing(1, 0.005 * TICKS_PER_USD);
    const { events, result } = await play(model, [], { ...capped, limits: { costUsd: 0.01 } });
    expect(result).toMatchObject({
      status: "limited",
      limit: "costUsd",
      used: 0.005,
      needed: expect.any(Number),
      turns: 1,
    });
    expect(model.seen).toHaveLength(1);
    expect(events.at(-2)).toMatchObject({
      type: "turn.failed",
      error: { code: "stream_incomplete", message: expect.stringContaining("limits.costUsd has no room for another") },
    });
  });

  it("a resume looks again before it asks", async () => {
    const model = failing(1, 0.005 * TICKS_PER_USD);
    const { agent } = world(model, { ...capped, tools: [] });
    const stopped = await agent().run("go", { limits: { costUsd: 0.01 }, reject: false });
    const still = await agent().resume(stopped.runId);
    expect(await still.result()).toMatchObject({ status: "limited", limit: "costUsd", used: 0.005 });
    expect(model.seen).toHaveLength(1);
    const run = await agent().resume(stopped.runId, { limits: { costUsd: 1 } });
    await readAll(run);
    expect(await run.result()).toMatchObject({ status: "completed", text: "whole" });
  });
});

describe('with onLimit: "answer" the last turn is held back too, and', () => {
  it("money that has no room for another turn has room for the answer", async () => {
    const spent = { ticks: 0.004 * TICKS_PER_USD };
    const model: ScriptedModel = priced((n) =>
      model.requests[n]?.settings.toolChoice === "none" ? { text: "So far.", ...spent } : look(n, spent),
    );
    const { agent } = world(model, { ...capped, onLimit: "answer" });
    const result = await agent().run("go", { limits: { costUsd: 0.02 }, reject: false });
    expect(result).toMatchObject({ status: "limited", limit: "costUsd", answered: true, text: "So far." });
    expect(result.cost).toMatchObject({ ticks: expect.toSatisfy((ticks: number) => ticks <= 0.02 * TICKS_PER_USD) });
    expect(model.seen.length).toBeGreaterThan(2);
  });

  it("where there is none even for that, the run stops without", async () => {
    const model = priced([]);
    const { agent } = world(model, { ...capped, onLimit: "answer" });
    const result = await agent().run("go", { limits: { costUsd: 0.001 }, reject: false });
    expect(result).toMatchObject({ status: "limited", limit: "costUsd", turns: 0 });
    expect(model.seen).toEqual([]);
  });

  it("tools at xAI that have no room are left out of a last turn that has", async () => {
    const model = priced([{ text: "From memory." }], { contextWindow: 100_000 });
    const { agent } = world(model, { ...capped, onLimit: "answer", tools: [webSearch()] });
    const result = await agent().run("go", { limits: { costUsd: 0.05, serverTurns: 3 }, reject: false });
    expect(result).toMatchObject({ status: "limited", answered: true, text: "From memory.", turns: 1 });
  });
});

it("no run costs more than its limit, as long as no turn costs more than its worst case", async () => {
  const turn = fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), fails: fc.nat({ max: 4 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(turn, { minLength: 1, maxLength: 8 }),
      fc.double({ min: 0.001, max: 0.05, noNaN: true }),
      fc.constantFrom("stop", "answer"),
      async (turns, costUsd, onLimit) => {
        const base = priced((n) => ({ ...look(n), ...(turns[n % turns.length]?.fails === 0 ? { cut: true } : {}) }));
        let spent = 0;
        const model: ScriptedModel = {
          ...base,
          async *stream(request, signal) {
            const { share = 1 } = turns[base.seen.length % turns.length] ?? {};
            const inputTokens = Math.floor(estimateTokens(request.messages, request.tools) * share);
            const outputTokens = Math.floor((request.settings.maxOutputTokens ?? 0) * share);
            const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
            const cost = { basis: "billed" as const, ticks: inputTokens * INPUT + outputTokens * OUTPUT };
            spent += cost.ticks;
            yield [{ type: "usage", usage, cost }];
            for await (const events of base.stream(request, signal)) {
              yield events.map((event) =>
                event.type === "turn" ? { ...event, turn: { ...event.turn, usage, cost } } : event,
              );
            }
          },
        };
        const { result } = await play(model, [effects("look", { effect: "read" }).tool], {
          settings: { maxOutputTokens: 300 },
          limits: { costUsd, turns: 12 },
          loopDetector: false,
          onLimit,
        });
        expect(spent).toBeLessThanOrEqual(costUsd * TICKS_PER_USD);
        expect(result.cost.basis === "unknown" ? 0 : result.cost.ticks).toBe(spent);
      },
    ),
    { numRuns: 100 },
  );
});
