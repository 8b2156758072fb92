import { createAgent, type RunError, type RunLimits } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { fakeClock } from "../support/fake-clock.ts";
import { call, told } from "../support/play.ts";
import { type ScriptedAttempt, type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";
import { effects, readAll, typesOf } from "./support.ts";

const usage = { inputTokens: 8, outputTokens: 4, totalTokens: 12 };
const look = (n: number): ScriptedAttempt => ({ calls: [call("look", { n })], usage, ticks: 10 ** 8 });

/** A model that looks so many times, and then says that it is done. */
const looks = (times: number): ScriptedModel =>
  scriptedModel((n) => (n < times ? look(n) : { text: "Done.", usage, ticks: 10 ** 8 }));

function world(model: ScriptedModel, more: object = {}) {
  const store = createMemoryStore();
  const { tool, given } = effects("look");
  const agent = () => createAgent({ name: "t", model, tools: [tool], store, loopDetector: false, ...more });
  return { store, given, agent };
}

describe("a run that stopped at a limit", () => {
  it.each<[keyof RunLimits, number, number, object]>([
    ["turns", 2, 64, { used: 2 }],
    ["toolCalls", 2, 64, { used: 2 }],
    ["tokens", 30, 6400, { used: 36 }],
    ["costUsd", 0.025, 64, { used: 0.03 }],
  ])("%s goes on with more from its record, and completes (row 79)", async (limit, max, more, used) => {
    const { agent, given } = world(looks(4));
    const stopped = await agent().run("go", { limits: { [limit]: max }, reject: false });
    expect(stopped).toMatchObject({ status: "limited", limit, max, ...used });
    const before = given.length;
    const run = await agent().resume(stopped.runId, { limits: { [limit]: more } });
    await readAll(run);
    expect(await run.result()).toMatchObject({ status: "completed", text: "Done.", turns: 5 });
    expect(given).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }]); // each once
    expect(before).toBeLessThan(4);
  });

  it("of turns at the server goes on with more (row 79)", async () => {
    const base = scriptedModel([look(0), look(1), { text: "Done." }]);
    // The scripted model has no wire to count turns on: they are put into its whole turns.
    const model: ScriptedModel = {
      ...base,
      async *stream(request, signal) {
        for await (const events of base.stream(request, signal)) {
          yield events.map((event) =>
            event.type === "turn" ? { ...event, turn: { ...event.turn, serverTurns: 2 } } : event,
          );
        }
      },
    };
    const { agent } = world(model);
    const stopped = await agent().run("go", { limits: { serverTurns: 2 }, reject: false });
    expect(stopped).toMatchObject({ status: "limited", limit: "serverTurns", used: 2, turns: 1 });
    const run = await agent().resume(stopped.runId, { limits: { serverTurns: 5 } });
    expect(await run.result()).toMatchObject({ status: "completed", turns: 3 });
    expect(base.requests.map(({ maxServerTurns }) => maxServerTurns)).toEqual([2, 3, 1]);
  });

  it("of time goes on with more, and the time of its earlier segments counts (row 79)", async () => {
    const clock = fakeClock();
    const model = scriptedModel([look(0), { text: "a", hang: true }, { text: "a", hang: true }, { text: "Done." }]);
    const { agent, given } = world(model, { runtime: { clock } });
    const running = agent().stream("go", { limits: { durationMs: 5000 } });
    await clock.pass(5000);
    const stopped = await running.result();
    expect(stopped).toMatchObject({ status: "limited", limit: "durationMs", used: 5000 });
    await clock.pass(86_400_000); // between segments nothing is active
    const again = await agent().resume(stopped.runId, { limits: { durationMs: 8000 } });
    await clock.pass(2999);
    expect(again.record.at(-1)?.type).toBe("run.resumed"); // the turn had begun: it is asked for again
    await clock.pass(1);
    expect(await again.result()).toMatchObject({ status: "limited", limit: "durationMs", used: 8000, max: 8000 });
    const last = await agent().resume(stopped.runId, { limits: { durationMs: 9000 } });
    expect(await last.result()).toMatchObject({ status: "completed", text: "Done." });
    expect(given).toEqual([{ n: 0 }]);
    expect(checkEvents(last.record)).toEqual([]);
  });

  it("of calls runs the calls that were never begun, once, and not those that were", async () => {
    const three = { calls: [0, 1, 2].map((n) => call("look", { n })) };
    const model = scriptedModel([three, { text: "Done." }]);
    const { agent, given } = world(model);
    const stopped = await agent().run("go", { limits: { toolCalls: 1 }, reject: false });
    expect(given).toEqual([{ n: 0 }]);
    expect(stopped.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", undefined, undefined]);
    const once = await agent().resume(stopped.runId, { limits: { toolCalls: 2 } });
    expect(await once.result()).toMatchObject({ status: "limited", used: 2, max: 2 });
    const run = await agent().resume(stopped.runId, { limits: { toolCalls: 3 } });
    expect(await run.result()).toMatchObject({ status: "completed" });
    expect(given).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
    expect(told(model)).toEqual(["look done", "look done", "look done"]);
    expect(checkEvents(run.record)).toEqual([]);
  });

  it("of calls, resumed with fewer than it has made, may still answer without any", async () => {
    const model = scriptedModel([look(0), look(1), { finishReason: "other" }, { text: "Done." }]);
    const { agent } = world(model, { loopDetector: { emptyReply: "ask" } });
    const stopped = await agent().run("go", { limits: { turns: 2 }, reject: false });
    const run = await agent().resume(stopped.runId, { limits: { turns: 9, toolCalls: 1 } });
    await readAll(run);
    expect(await run.result()).toMatchObject({ status: "completed", text: "Done.", turns: 4 });
  });

  it("of calls asks nobody about a call that may not begin, until it may", async () => {
    const { tool, given } = effects("pay", { approval: true });
    const model = scriptedModel([{ calls: [call("look"), call("pay", { euros: 5 })] }, { text: "Done." }]);
    const tools = [effects("look").tool, tool];
    const { agent: desk } = world(model, { tools });
    const stopped = await desk().run("go", { limits: { toolCalls: 1 }, reject: false });
    expect(stopped).toMatchObject({ status: "limited", limit: "toolCalls" });
    const waits = await desk().resume(stopped.runId, { limits: { toolCalls: 2 } });
    expect(await waits.result()).toMatchObject({ status: "paused", waiting: [{ tool: "pay", callId: "call_0_1" }] });
    const run = await desk().resume(stopped.runId, { approvals: { call_0_1: { approve: true } } });
    expect(await run.result()).toMatchObject({ status: "completed" });
    expect(given).toEqual([{ euros: 5 }]);
  });

  it("stops again at once where it has no more, with the same numbers", async () => {
    const model = looks(9);
    const { agent } = world(model);
    const stopped = await agent().run("go", { limits: { turns: 2 }, reject: false });
    const run = await agent().resume(stopped.runId);
    expect(typesOf(await readAll(run))).toEqual(["run.resumed", "limit.warning", "run.limited"]);
    expect(await run.result()).toMatchObject({ status: "limited", limit: "turns", used: 2, max: 2 });
    expect(model.seen).toHaveLength(2);
  });

  it("is warned of anew, since its limits are others", async () => {
    const { agent } = world(looks(12));
    const warned = (record: readonly { type: string }[]) => record.filter(({ type }) => type === "limit.warning");
    const stopped = await agent().run("go", { limits: { turns: 5 }, reject: false });
    const run = await agent().resume(stopped.runId, { limits: { turns: 10 } });
    await run.result();
    expect(warned(run.record)).toMatchObject([
      { used: 4, max: 5 },
      { used: 8, max: 10 },
    ]);
  });

  it("says in its error how to go on", async () => {
    const { agent } = world(looks(9));
    const error = await agent()
      .run("go", { limits: { turns: 1 } })
      .catch((thrown: unknown) => thrown);
    const { runId } = (error as RunError).result;
    expect((error as RunError).message).toContain(`agent.resume("${runId}", { limits:`);
  });
});
