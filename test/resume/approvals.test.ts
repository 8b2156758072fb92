import { createAgent, defineTool, openApprovals, type RunError, type RunEvent, resolveApproval } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, keeper } from "../support/play.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";

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
});
