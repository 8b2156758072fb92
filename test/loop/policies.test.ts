import { createAgent, foldResult, type RunEvent, type RunResult, type StoredEvent } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { checkEvents } from "fairwitness/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFold } from "../../src/event/index.ts";
import { effects } from "../resume/support.ts";
import { call } from "../support/play.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";

const usage = { inputTokens: 40, outputTokens: 20, totalTokens: 60 };
const ask = fc.record({ n: fc.nat({ max: 3 }) }).map((input) => call("look", input));
const attempt: fc.Arbitrary<ScriptedAttempt> = fc
  .oneof(
    { weight: 6, arbitrary: fc.record({ calls: fc.array(ask, { minLength: 1, maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ calls: fc.constant([call("pay", { euros: 5 })]) }) },
    { weight: 1, arbitrary: fc.constant<ScriptedAttempt>({}) },
    { weight: 1, arbitrary: fc.constant<ScriptedAttempt>({ text: '{"name":"look","arguments":{}}' }) },
    { weight: 1, arbitrary: fc.constant<ScriptedAttempt>({ text: "half", cut: true }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<ScriptedAttempt>({ text: "That is it." }, { text: "So f", finishReason: "length" }),
    },
  )
  .map((made) => ({ ...made, usage, ticks: 10 ** 7 }));
const script = fc.array(attempt, { minLength: 1, maxLength: 9 });

const limits = fc.record(
  {
    turns: fc.integer({ min: 1, max: 9 }),
    toolCalls: fc.integer({ min: 1, max: 9 }),
    tokens: fc.integer({ min: 50, max: 3000 }),
    costUsd: fc.double({ min: 0.001, max: 0.1, noNaN: true }),
  },
  { requiredKeys: [] },
);
const policies = fc.record({
  onLimit: fc.constantFrom("stop" as const, "answer" as const),
  settings: fc.constantFrom({}, { maxOutputTokens: 100 }),
  correctionBudget: fc.nat({ max: 2 }),
  loopDetector: fc.record({
    stopAt: fc.integer({ min: 2, max: 5 }),
    noProgress: fc.constantFrom("warn" as const, "stop" as const, "ignore" as const),
    emptyReply: fc.constantFrom("fail" as const, "ask" as const),
    callShapedText: fc.constantFrom("correct" as const, "warn" as const, "ignore" as const),
  }),
});

interface World {
  script: readonly ScriptedAttempt[];
  limits: object;
  policies: object;
}

function agentOf({ script: attempts, limits: given, policies: chosen }: World, more: object = {}) {
  let id = 0;
  const look = effects("look", { effect: "read" });
  const pay = effects("pay", { approval: true, approvalTimeoutMs: 1 });
  const model = { ...scriptedModel((n) => attempts[n % attempts.length] ?? {}), id: "grok-4.7" };
  const agent = createAgent({
    name: "t",
    model,
    tools: [look.tool, pay.tool],
    limits: { turns: 12, ...given },
    runtime: { random: () => 0, createId: () => `id${id++}` },
    ...chosen,
    ...more,
  });
  return { agent, model, begun: () => look.given.length + pay.given.length };
}

async function played(world: World, alwaysReplay: boolean): Promise<readonly RunEvent[]> {
  const runtime = { alwaysReplay, random: () => 0, createId: () => "id" };
  const { agent } = agentOf(world, { runtime });
  const events: RunEvent[] = [];
  for await (const event of agent.stream("go")) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  return events;
}

const CLOCKED = ["durationMs", "expiresAt"];

/** What a run came to, without what depends on the clock. */
function timeless(result: RunResult | undefined): unknown {
  return JSON.parse(JSON.stringify(result, (key, value) => (CLOCKED.includes(key) ? undefined : value)));
}

const stored = (events: readonly RunEvent[]): readonly StoredEvent[] => events.filter((event) => "seq" in event);
const world = fc.record({ script, limits, policies });

describe("any run under any limits and policies", () => {
  it("keeps the rules of every run, and folds to the same as its always-replayed twin", async () => {
    await fc.assert(
      fc.asyncProperty(world, async (given) => {
        const live = foldResult(stored(await played(given, false)));
        const twin = foldResult(stored(await played(given, true)));
        expect(live).toBeDefined();
        expect(timeless(twin)).toEqual(timeless(live));
      }),
      { numRuns: 120 },
    );
  });

  it("goes on from wherever it stopped with more of everything, and begins no call twice", async () => {
    await fc.assert(
      fc.asyncProperty(world, async (given) => {
        const store = createMemoryStore();
        const { agent, begun } = agentOf(given, { store });
        const stopped = await agent.run("go", { reject: false });
        fc.pre(stopped.status === "limited");
        const more = { turns: 40, toolCalls: 200, tokens: 10 ** 6, costUsd: 10 };
        const run = await agent.resume(stopped.runId, { limits: more });
        const result = await run.result();
        expect(checkEvents(run.record)).toEqual([]);
        expect(begun()).toBe(result.toolCalls.filter((entry) => entry.begun).length);
        if (result.status === "limited")
          expect(["turns", "repeatedCall", "noProgress", "toolCalls"]).toContain(result.limit);
      }),
      { numRuns: 120 },
    );
  });

  it("knows how many calls had begun before each turn, as whoever counts them all does", async () => {
    await fc.assert(
      fc.asyncProperty(world, async (given) => {
        const { callsOf, begunBefore, state } = createFold(stored(await played(given, false)));
        for (let turn = 1; turn <= state.turn; turn += 1) {
          const before = state.calls.filter(
            (entry) => entry.turn < turn && entry.begun && callsOf(entry.turn).includes(entry),
          );
          expect(begunBefore(turn)).toBe(before.length);
        }
      }),
      { numRuns: 100 },
    );
  });
});
