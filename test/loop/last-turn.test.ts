import { createAgent, foldResult, type RunError, type RunEvent, type RunLimits } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentError } from "../../src/errors.ts";
import { effects, readAll } from "../resume/support.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { call, told } from "../support/play.ts";
import { type ScriptedAttempt, type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";

const usage = { inputTokens: 8, outputTokens: 4, totalTokens: 12 };

/** A model that looks for as long as it may, and answers when it must. */
function looking(last: ScriptedAttempt = { text: "So far: two." }): ScriptedModel {
  const model = scriptedModel((n) => {
    const isLast = model.requests[n]?.settings.toolChoice === "none";
    return isLast ? { usage, ...last } : { calls: [call("look", { n })], usage };
  });
  return model;
}

function world(model: ScriptedModel, more: object = {}) {
  const store = createMemoryStore();
  const look = effects("look", { effect: "read" });
  const agent = (other: object = {}) =>
    createAgent({
      name: "t",
      model,
      tools: [look.tool],
      store,
      onLimit: "answer",
      loopDetector: false,
      ...more,
      ...other,
    });
  return { store, given: look.given, agent };
}

async function collect(run: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  return events;
}

describe('at a limit, with onLimit: "answer",', () => {
  it("one last turn without tools is spent on an answer, and the run ends limited with it (row 79)", async () => {
    const model = looking();
    const run = world(model)
      .agent()
      .stream("go", { limits: { turns: 2 } });
    const events = await collect(run);
    const result = await run.result();
    expect(result).toMatchObject({
      status: "limited",
      limit: "turns",
      used: 3,
      max: 2,
      text: "So far: two.",
      answered: true,
    });
    expect(events.filter(({ type }) => type === "turn.started")).toMatchObject([
      { turn: 1 },
      { turn: 2 },
      { turn: 3, final: true, limit: { limit: "turns", used: 2, max: 2 } },
    ]);
    const content =
      "The limit of 2 turns is reached: answer now with what you have, for no tool can be called in this turn.";
    expect(events.find(({ type }) => type === "input.injected")).toMatchObject({ as: "limit", message: { content } });
    expect(model.seen[2]?.at(-1)).toEqual({ role: "user", content });
    const [first, , last] = model.requests;
    expect(last?.settings).toEqual({ toolChoice: "none" });
    expect(last?.tools).toBe(first?.tools); // what the prompt cache knows stays as it was
    expect(events.at(-1)?.type).toBe("run.limited");
  });

  it.each<[string, RunLimits, object, (n: number) => object]>([
    ["The limit of 2 tool calls is reached", { toolCalls: 2 }, {}, (n) => ({ n })],
    ["The same call of look was made in 3 turns in a row", {}, { loopDetector: { stopAt: 3 } }, () => ({})],
    [
      "The calls of 3 turns in a row told nothing new",
      {},
      { loopDetector: { stopAt: 3, noProgress: "stop" } },
      (n) => ({ n }),
    ],
  ])("the same happens where the model is told: %s", async (words, limits, more, input) => {
    const model = scriptedModel((n) =>
      model.requests[n]?.settings.toolChoice === "none" ? { text: "Well." } : { calls: [call("look", input(n))] },
    );
    const run = world(model, more).agent().stream("go", { limits });
    await collect(run);
    expect(await run.result()).toMatchObject({ status: "limited", answered: true, text: "Well." });
    expect(model.seen.at(-1)?.at(-1)).toMatchObject({ role: "user", content: expect.stringContaining(words) });
  });

  it("nothing is asked any more once the time is up", async () => {
    const clock = fakeClock();
    const model = scriptedModel([{ text: "a", hang: true }]);
    const run = world(model, { runtime: { clock } })
      .agent()
      .stream("go", { limits: { durationMs: 5000 } });
    await clock.pass(5000);
    const result = await run.result();
    expect(result).toMatchObject({ status: "limited", limit: "durationMs", text: "" });
    expect(result).not.toHaveProperty("answered");
    expect(model.seen).toHaveLength(1);
  });

  it("calls beyond the limit are told so, and not asked about any more", async () => {
    const pay = effects("pay", { approval: true });
    const base = scriptedModel([
      { calls: [call("look"), call("pay", { euros: 5 }), call("nothing")] },
      { text: "Paid nothing." },
    ]);
    const run = createAgent({
      name: "t",
      model: base,
      tools: [effects("look").tool, pay.tool],
      onLimit: "answer",
      limits: { toolCalls: 1 },
    }).stream("go");
    const events = await collect(run);
    expect(pay.given).toEqual([]);
    expect(told(base)).toEqual([
      "look done",
      "pay was not run. The limit of 1 tool calls is reached.",
      "nothing was not run. The limit of 1 tool calls is reached.",
    ]);
    expect(events.filter(({ type }) => type.startsWith("tool.approval"))).toMatchObject([
      { type: "tool.approval.requested" },
      { type: "tool.approval.resolved", decision: "denied", by: "policy" },
    ]);
    expect(await run.result()).toMatchObject({ status: "limited", limit: "toolCalls", used: 1, answered: true });
  });

  it("calls that the model makes all the same are not run, and the run has no answer", async () => {
    const model = looking({ text: "One more.", calls: [call("look", { n: 9 })] });
    const { agent, given } = world(model);
    const run = agent().stream("go", { limits: { turns: 1 } });
    await collect(run);
    const result = await run.result();
    expect(result).toMatchObject({ status: "limited", turns: 2, text: "One more." });
    expect(result).not.toHaveProperty("answered");
    expect(given).toEqual([{ n: 0 }]);
    expect(result.messages.at(-1)).toMatchObject({
      role: "tool",
      content: expect.stringContaining("no tool can be called"),
    });
  });

  it.each<[string, ScriptedAttempt]>([
    ["says nothing", {}],
    ["was cut off", { text: "So f", finishReason: "length" }],
    ["was cut off in a call", { text: "So f", calls: [call("look")], finishReason: "length" }],
    ["was refused", { text: "No.", finishReason: "refusal" }],
  ])("a last turn that %s is no answer, and the work is kept", async (_, last) => {
    const run = world(looking(last))
      .agent()
      .stream("go", { limits: { turns: 1 } });
    await collect(run);
    const result = await run.result();
    expect(result).toMatchObject({ status: "limited", limit: "turns", text: last.text ?? "" });
    expect(result).not.toHaveProperty("answered");
  });

  it("a typed answer is checked, and is on the result where it fits", async () => {
    const output = z.object({ count: z.number() });
    const fits = world(looking({ text: '{"count":2}' }), { output }).agent();
    expect(await fits.run("go", { limits: { turns: 1 }, reject: false })).toMatchObject({
      status: "limited",
      answered: true,
      output: { count: 2 },
    });
    const misfit = await world(looking({ text: '{"count":"two"}' }), { output })
      .agent()
      .run("go", { limits: { turns: 1 }, reject: false });
    expect(misfit).toMatchObject({ status: "limited", text: '{"count":"two"}' });
    expect(misfit).not.toHaveProperty("answered");
    expect(misfit).not.toHaveProperty("output");
  });

  it("an answer that is there already is left alone, and what was said meanwhile goes along", async () => {
    const done = world(scriptedModel([{ text: "done" }]))
      .agent()
      .stream("go", { limits: { turns: 1 } });
    const late = done.followUp("more?");
    expect(await done.result()).toMatchObject({ status: "completed", text: "done" });
    expect(await late).toEqual({ status: "ended" });
    const model = looking();
    const run = world(model)
      .agent()
      .stream("go", { limits: { turns: 1 } });
    const said = run.steer("in French");
    expect(await run.result()).toMatchObject({ answered: true });
    expect(await said).toMatchObject({ status: "delivered" });
    expect(JSON.stringify(model.seen.at(-1))).toContain("in French");
  });

  it("the error of run says that there is an answer", async () => {
    const error = await world(looking())
      .agent()
      .run("go", { limits: { turns: 1 } })
      .catch((thrown: unknown) => thrown);
    expect((error as RunError).message).toContain("error.result.text is the answer");
  });
});

describe("a run that has spent its last turn on an answer", () => {
  it("goes on with more where it stopped, and is told so", async () => {
    const model = looking();
    const { agent, given } = world(model);
    const stopped = await agent().run("go", { limits: { turns: 2 }, reject: false });
    const run = await agent().resume(stopped.runId, { limits: { turns: 5 } });
    await readAll(run);
    expect(await run.result()).toMatchObject({ status: "limited", used: 6, max: 5, answered: true });
    expect(given).toEqual([{ n: 0 }, { n: 1 }, { n: 3 }, { n: 4 }]);
    const after = model.seen[3]?.slice(-2).map(({ content }) => content);
    expect(after).toEqual(["So far: two.", expect.stringContaining("There is room again")]);
    expect(model.requests[3]?.settings).toEqual({});
  });

  it("is not asked for another answer where there is no more", async () => {
    const model = looking();
    const { agent } = world(model);
    const stopped = await agent().run("go", { limits: { turns: 2 }, reject: false });
    const run = await agent().resume(stopped.runId);
    expect(await run.result()).toMatchObject({
      status: "limited",
      used: 3,
      max: 2,
      text: "So far: two.",
      answered: true,
    });
    expect(model.seen).toHaveLength(3);
  });

  it("as a resume of a run that just stopped, gets the answer out of it, and goes on like that", async () => {
    const model = looking();
    const { agent, store } = world(model, { onLimit: "stop" });
    const stopped = await agent().run("go", { limits: { toolCalls: 1 }, reject: false });
    expect(stopped).toMatchObject({ status: "limited", limit: "toolCalls", turns: 2 });
    expect(stopped).not.toHaveProperty("answered");
    const run = await agent().resume(stopped.runId, { onLimit: "answer" });
    expect(await run.result()).toMatchObject({ status: "limited", answered: true, text: "So far: two." });
    expect(checkEvents(run.record)).toEqual([]);
    expect(told(model, 2)).toEqual(["look done", "look was not run. The limit of 1 tool calls is reached."]);
    const more = await agent().resume(stopped.runId, { limits: { toolCalls: 2 } });
    expect(await more.result()).toMatchObject({ answered: true });
    expect((await store.read(stopped.runId)).events.filter(({ type }) => type === "run.resumed")).toMatchObject([
      { onLimit: "answer" },
      { onLimit: "answer" },
    ]);
  });

  it("as a run that was told so, is on its record and holds in another process", async () => {
    const { agent } = world(looking(), { onLimit: undefined });
    const stopped = await agent().run("go", { limits: { turns: 1 }, onLimit: "answer", reject: false });
    expect(stopped).toMatchObject({ answered: true });
    const run = await agent().resume(stopped.runId, { limits: { turns: 3 } });
    expect(await run.result()).toMatchObject({ status: "limited", answered: true, used: 4, max: 3 });
    expect(run.record[0]).toMatchObject({ type: "run.started", onLimit: "answer" });
  });

  it("that failed goes on with it, and ends limited", async () => {
    const fail = new AgentError("permission_denied", "No credits.");
    let isFailing = true;
    const base = scriptedModel((n) => {
      if (base.requests[n]?.settings.toolChoice !== "none") return { calls: [call("look", { n })] };
      return isFailing ? { fail } : { text: "At last." };
    });
    const { agent } = world(base);
    const failed = await agent().run("go", { limits: { turns: 1 }, reject: false });
    expect(failed).toMatchObject({ status: "failed", error: { code: "permission_denied" } });
    isFailing = false;
    const run = await agent().resume(failed.runId);
    expect(await run.result()).toMatchObject({ status: "limited", limit: "turns", answered: true, text: "At last." });
  });

  it("comes to the same wherever its process died", async () => {
    const limits = { turns: 3, toolCalls: 2 };
    const { agent, store } = world(looking());
    const whole = await agent().run("go", { limits, reject: false });
    const { events } = await store.read(whole.runId);
    const answer = (record: typeof events): unknown => {
      const result = foldResult(record);
      if (result?.status !== "limited") return result;
      const { text, toolCalls, answered, limit } = result;
      return { text, calls: toolCalls.map(({ outcome }) => outcome), answered, limit };
    };
    for (let length = 1; length < events.length; length += 1) {
      const died = world(looking());
      died.store.append(whole.runId, events.slice(0, length));
      const run = await died.agent().resume(whole.runId);
      await run.result();
      expect(checkEvents(run.record)).toEqual([]);
      expect(answer(run.record)).toEqual(answer(events));
    }
    expect(answer(events)).toMatchObject({ answered: true, calls: ["ok", "ok", "denied"], limit: "toolCalls" });
  });
});

describe("onLimit", () => {
  it("takes stop and answer, and nothing else", async () => {
    const { agent } = world(looking());
    expect(() => agent({ onLimit: "end" })).toThrow('onLimit is "end". Write "stop" or "answer"');
    expect(() => agent().stream("go", { onLimit: "end" as "stop" })).toThrow("onLimit");
    await expect(agent().resume("run_1", { onLimit: "end" as "stop" })).rejects.toMatchObject({
      code: "invalid_option",
    });
  });
});
