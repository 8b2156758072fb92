import { createAgent, defineTool, openApprovals, type RunError, type RunEvent, resolveApproval } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fakeClock } from "../support/fake-clock.ts";
import { call, keeper } from "../support/play.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";
import { until } from "../support/until.ts";

/** A tool that asks, and keeps what it was given. */
function refunds(more: object = {}) {
  const given: unknown[] = [];
  const tool = defineTool({
    name: "refund",
    description: "Gives money back.",
    input: z.object({ order: z.string(), euros: z.number().positive() }),
    effect: "write",
    approval: true,
    execute: (input) => {
      given.push(input);
      return "refunded";
    },
    ...more,
  });
  return { tool, given };
}

const ASKS: readonly ScriptedAttempt[] = [
  { calls: [call("refund", { order: "A1", euros: 20 }), call("keep", { n: 1 })] },
  { text: "Done." },
];

function world(script: readonly ScriptedAttempt[] = ASKS, more: object = {}) {
  const store = createMemoryStore();
  const { tool, given } = refunds();
  const kept = keeper();
  const model = scriptedModel(script);
  const agent = () => createAgent({ name: "desk", model, tools: [tool, kept.tool], store, ...more });
  return { store, given, kept: kept.given, model, agent };
}

describe("a call that needs approval", () => {
  it("ends the segment as paused, once the free calls of its round are recorded", async () => {
    const { agent, given, kept, store } = world();
    const error = (await agent()
      .run("go")
      .catch((thrown: unknown) => thrown)) as RunError;
    expect(error).toMatchObject({ code: "run_paused", result: { status: "paused", waiting: [{ tool: "refund" }] } });
    expect(given).toEqual([]);
    expect(kept).toEqual([{ n: 1 }]);
    const [open] = await openApprovals(store, error.result.runId);
    expect(open).toMatchObject({ tool: "refund", reason: "approval", input: { order: "A1", euros: 20 } });
  });

  it("runs once it is approved, in another agent over the same store, and the run completes", async () => {
    const { agent, given, store, model } = world();
    const paused = await agent().run("go", { reject: false });
    const [open] = await openApprovals(store, paused.runId);
    const run = await agent().resume(paused.runId, {
      approvals: { [open?.callId ?? ""]: { approve: true, by: "Ann" } },
    });
    expect(await run.result()).toMatchObject({ status: "completed", text: "Done." });
    expect(given).toEqual([{ order: "A1", euros: 20 }]);
    expect(model.seen).toHaveLength(2);
    expect(checkEvents(run.record)).toEqual([]);
    expect(run.record.filter(({ type }) => type === "tool.approval.resolved")).toMatchObject([
      { by: "person", who: "Ann" },
    ]);
  });

  it("stays in a streamed run until somebody decides in this process", async () => {
    const { agent, given } = world(ASKS, { store: undefined });
    const desk = agent();
    const run = desk.stream("go");
    const events: RunEvent[] = [];
    for await (const event of run) {
      events.push(event);
      if (event.type !== "tool.approval.requested") continue;
      expect(event.shown).toContain('"order": "A1"');
      expect(await desk.resolveApproval(run.id, event.call.id, { approve: false, reason: "too much" })).toMatchObject({
        status: "taken",
      });
    }
    expect(checkEvents(events)).toEqual([]);
    expect(given).toEqual([]);
    expect((await run.result()).toolCalls.map(({ outcome }) => outcome)).toEqual(["denied", "ok"]);
  });

  it("is told of changed arguments, which must fit", async () => {
    const { agent, given, model, store } = world();
    const desk = agent();
    const paused = await desk.run("go", { reject: false });
    const [open] = await openApprovals(store, paused.runId);
    const id = open?.callId ?? "";
    await expect(
      desk.resolveApproval(paused.runId, id, { approve: true, input: { order: "A1" } }),
    ).rejects.toMatchObject({
      code: "invalid_option",
    });
    await desk.resolveApproval(paused.runId, id, { approve: true, input: { order: "A1", euros: 5 } });
    expect(await (await desk.resume(paused.runId)).result()).toMatchObject({ status: "completed" });
    expect(given).toEqual([{ order: "A1", euros: 5 }]);
    expect(JSON.stringify(model.seen[1])).toContain("A person changed the arguments");
  });

  it("is decided once: whoever comes second is told the first decision, and whoever is late changes nothing", async () => {
    const { agent, given, store } = world();
    const { runId } = await agent().run("go", { reject: false });
    const [open] = await openApprovals(store, runId);
    const target = { runId, callId: open?.callId ?? "" };
    expect(await resolveApproval(store, target, { approve: false })).toMatchObject({ status: "taken" });
    expect(await resolveApproval(store, target, { approve: true })).toMatchObject({
      status: "decided",
      answer: { approve: false },
    });
    await (await agent().resume(runId)).result();
    expect(given).toEqual([]);
    expect(await resolveApproval(store, target, { approve: true })).toEqual({ status: "late" });
  });

  it("leaves the same record when every await is a replay", async () => {
    const { agent, given } = world(ASKS, { runtime: { alwaysReplay: true } });
    const desk = agent();
    const run = desk.stream("go");
    for await (const event of run) {
      if (event.type === "tool.approval.requested")
        await desk.resolveApproval(run.id, event.call.id, { approve: true });
    }
    expect(await run.result()).toMatchObject({ status: "completed" });
    expect(given).toHaveLength(1);
    expect(checkEvents(run.record)).toEqual([]);
  });

  it.each(["leaves the process", "stays"] as const)(
    "counts as denied when nobody decides in time, in a run that %s (row 103)",
    async (how) => {
      const clock = fakeClock();
      const { tool, given } = refunds({ approvalTimeoutMs: 60_000 });
      const store = createMemoryStore();
      const model = scriptedModel([{ calls: [call("refund", { order: "A1", euros: 20 })] }, { text: "Done." }]);
      const agent = createAgent({ name: "desk", model, tools: [tool], store, runtime: { clock } });
      const run = agent.stream("go", { waiting: how === "stays" ? "stay" : "leave" });
      if (how === "stays") {
        void run.result();
        await until(() => run.record.some(({ type }) => type === "tool.approval.requested"));
        await clock.pass(59_000);
        expect(run.record.some(({ type }) => type === "tool.completed")).toBe(false);
        await clock.pass(1_001);
        expect(await run.result()).toMatchObject({ status: "completed", toolCalls: [{ outcome: "denied" }] });
      } else {
        expect(await run.result()).toMatchObject({ status: "paused" });
        await clock.pass(60_001);
        const resumed = await agent.resume(run.id);
        expect(await resumed.result()).toMatchObject({ status: "completed", toolCalls: [{ outcome: "denied" }] });
        expect(resumed.record.find(({ type }) => type === "tool.approval.resolved")).toMatchObject({ by: "expiry" });
      }
      expect(given).toEqual([]);
    },
  );

  it("holds for the tool for the rest of the run when it is sticky, and for no other run", async () => {
    const store = createMemoryStore();
    const script = [1, 2, 3].map((euros) => ({ calls: [call("refund", { order: "A1", euros })] }));
    const { tool, given } = refunds();
    const agent = () =>
      createAgent({ name: "desk", model: scriptedModel([...script, { text: "Done." }]), tools: [tool], store });
    const paused = await agent().run("go", { reject: false });
    const [open] = await openApprovals(store, paused.runId);
    const model = scriptedModel([...script.slice(1), { text: "Done." }]);
    const run = await createAgent({ name: "desk", model, tools: [tool], store }).resume(paused.runId, {
      approvals: { [open?.callId ?? ""]: { approve: true, sticky: true } },
    });
    expect(await run.result()).toMatchObject({ status: "completed" });
    expect(given).toHaveLength(3);
    expect(await agent().run("again", { reject: false })).toMatchObject({ status: "paused" });
    expect(given).toHaveLength(3);
  });

  it.each([
    [{ approve: "yes" }, "approve"],
    [{ approved: true }, "approve"],
    [null, "approve"],
    [{ approve: true, forever: true }, "forever"],
  ])("is not taken from what cannot be meant: %j", async (answer, says) => {
    const { agent, store } = world();
    const { runId } = await agent().run("go", { reject: false });
    const [open] = await openApprovals(store, runId);
    const target = { runId, callId: open?.callId ?? "" };
    await expect(resolveApproval(store, target, answer as never)).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining(says),
    });
    await expect(resolveApproval(store, { ...target, callId: "call_9" }, { approve: true })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(resolveApproval(store, target, { approve: true, hash: "0".repeat(64) })).rejects.toThrow(
      /Look at it again/,
    );
    expect(await openApprovals(store, runId)).toHaveLength(1);
  });

  it("is denied where the letter that lies there cannot be understood, or changes the arguments to what does not fit", async () => {
    for (const letter of [{ anything: 1 }, { approve: true, input: { order: 7 } }]) {
      const { agent, store, given } = world();
      const paused = await agent().run("go", { reject: false });
      const [open] = await openApprovals(store, paused.runId);
      const [waiting] = (paused as Extract<typeof paused, { status: "paused" }>).waiting;
      await store.inbox.send(paused.runId, `${waiting?.request}/${open?.hash.slice(0, 32)}`, letter);
      expect(await (await agent().resume(paused.runId)).result()).toMatchObject({ status: "completed" });
      expect(given).toEqual([]);
    }
  });
});
