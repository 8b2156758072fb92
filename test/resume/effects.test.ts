import { createAgent, defineTool, openApprovals, type StoredEvent } from "fairwitness";
import { createMemoryStore, type LocalStore } from "fairwitness/store";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call } from "../support/play.ts";
import { effects, readAll, says } from "./support.ts";

/** A store that holds a run whose process died while a handler ran: nothing is known of what came of it. */
async function died(effect: "read" | "idempotent" | "write" | undefined, more: object = {}) {
  const source = createMemoryStore();
  const declared = effect === undefined ? {} : { effect };
  const pay = effects("pay", { ...declared, ...more });
  const agent = () =>
    createAgent({ name: "t", model: says({ calls: [call("pay", { euros: 5 })] }), tools: [pay.tool], store: source });
  const whole = await agent().run("go", { reject: false });
  const { events } = await source.read(whole.runId);
  const begun = events.findIndex(({ type }) => type === "tool.executing");
  expect(begun).toBeGreaterThan(0);
  pay.given.length = 0;
  const store = createMemoryStore();
  store.append(whole.runId, events.slice(0, begun + 1));
  const model = says(); // the turn that asked is on the record
  const again = (options: object = {}) => createAgent({ name: "t", model, tools: [pay.tool], store, ...options });
  return { store, runId: whole.runId, pay, model, again };
}

async function recordOf(store: LocalStore, runId: string): Promise<readonly StoredEvent[]> {
  return (await store.read(runId)).events;
}

describe("a call that a dead process had begun", () => {
  it.each(["read", "idempotent"] as const)(
    "runs again, with the same key, when its tool declares %s",
    async (effect) => {
      const keys: string[] = [];
      const execute = (_: unknown, { key }: { key: string }): string => {
        keys.push(key);
        return "paid";
      };
      const { again, runId } = await died(effect, { execute });
      const run = await again().resume(runId);
      await readAll(run);
      expect(await run.result()).toMatchObject({ status: "completed" });
      expect(keys).toHaveLength(2);
      expect(new Set(keys)).toEqual(new Set([`${runId}/tool:1.1`]));
    },
  );

  it("does not run again when nothing is declared: the model is told that its outcome is unknown", async () => {
    const { again, runId, pay, model } = await died(undefined);
    const run = await again().resume(runId);
    await readAll(run);
    expect((await run.result()).toolCalls).toMatchObject([{ outcome: "unknown" }]);
    expect(pay.given).toEqual([]);
    expect(JSON.stringify(model.seen[0])).toContain("may or may not have had its effect");
  });

  it("is allowed for itself alone: that it may run again is no word on further calls", async () => {
    const pays = effects("pay", { effect: "write", approval: true });
    const begun = createMemoryStore();
    const asks = (n: number) => says({ calls: [call("pay", { n })] });
    const agent = (store: LocalStore, n: number) =>
      createAgent({ name: "t", model: asks(n), tools: [pays.tool], store });
    const { runId } = await agent(begun, 1).run("go", { reject: false });
    await (await agent(begun, 2).resume(runId, { approvals: { call_0_0: { approve: true } } })).result();
    const { events } = await begun.read(runId);
    const store = createMemoryStore();
    store.append(runId, events.slice(0, events.findIndex(({ type }) => type === "tool.executing") + 1));
    await (await agent(store, 2).resume(runId)).result();
    const [open] = await openApprovals(store, runId);
    expect(open).toMatchObject({ reason: "unknown_outcome" });
    const yes = { approve: true, hash: open?.hash ?? "" };
    await expect(agent(store, 2).resolveApproval(runId, "call_0_0", { ...yes, sticky: true })).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining("Leave sticky out"),
    });
    // Whoever writes into the store by hand is not asked, and gets no further.
    await store.inbox.send(runId, `outcome:1.1.1/${open?.hash.slice(0, 32)}`, { approve: true, sticky: true });
    expect(await (await agent(store, 2).resume(runId)).result()).toMatchObject({ status: "paused" });
    expect(pays.given).toEqual([{ n: 1 }, { n: 1 }]); // before and after the death; not the call that followed
  });

  it("is parked for a decision when its tool declares write (row 95)", async () => {
    const { again, runId, pay, store } = await died("write");
    const run = await again().resume(runId);
    await readAll(run);
    expect(await run.result()).toMatchObject({
      status: "paused",
      waiting: [{ tool: "pay", reason: "unknown_outcome" }],
    });
    expect(pay.given).toEqual([]);
    expect(await openApprovals(store, runId)).toMatchObject([{ reason: "unknown_outcome", input: { euros: 5 } }]);
  });

  it.each([
    [{ approve: true }, "ok", 1],
    [{ approve: false, reason: "it was paid" }, "unknown", 0],
  ] as const)("goes on as a person decides: %j", async (answer, outcome, times) => {
    const { again, runId, pay, model, store } = await died("write");
    await (await again().resume(runId)).result();
    const [open] = await openApprovals(store, runId);
    const { callId = "", hash = "" } = open ?? {};
    const run = await again().resume(runId, { approvals: { [callId]: { ...answer, hash } } });
    await readAll(run);
    expect(await run.result()).toMatchObject({ status: "completed", toolCalls: [{ outcome }] });
    expect(pay.given).toHaveLength(times);
    if (outcome === "unknown") expect(JSON.stringify(model.seen[0])).toContain("A person says: it was paid");
  });

  it("is told to the model where the agent says so", async () => {
    const { again, runId, pay } = await died("write");
    const run = await again({ unknownOutcome: "tell" }).resume(runId);
    await readAll(run);
    expect(await run.result()).toMatchObject({ status: "completed", toolCalls: [{ outcome: "unknown" }] });
    expect(pay.given).toEqual([]);
  });

  it.each<[string, () => unknown, string | undefined, number]>([
    ["that it happened", () => ({ happened: true, output: "paid before" }), "ok", 0],
    ["that it did not", () => ({ happened: false }), "ok", 1],
    ["nothing", () => undefined, undefined, 0],
    [
      "nothing, because it broke",
      () => {
        throw new Error("ledger down, password=hunter22");
      },
      undefined,
      0,
    ],
  ])("goes on by what its tool's reconcile finds: %s", async (_, reconcile, outcome, times) => {
    const { again, runId, pay, store, model } = await died("write", { reconcile });
    const run = await again().resume(runId);
    await readAll(run);
    const result = await run.result();
    expect(pay.given).toHaveLength(times);
    expect(result.status).toBe(outcome === undefined ? "paused" : "completed");
    if (outcome !== undefined) expect(result.toolCalls).toMatchObject([{ outcome }]);
    if (times === 0 && outcome === "ok") expect(JSON.stringify(model.seen[0])).toContain("paid before");
    expect(JSON.stringify(await recordOf(store, runId))).not.toContain("hunter22");
    const broke = run.record.filter((event) => event.type === "warning" && event.code === "check_failed");
    expect(broke).toHaveLength(_ === "nothing, because it broke" ? 1 : 0);
  });

  it("is asked about anew when the attempt that somebody allowed died as well", async () => {
    const { again, runId, pay, store } = await died("write");
    await (await again().resume(runId)).result();
    const [open] = await openApprovals(store, runId);
    const { callId = "", hash = "" } = open ?? {};
    const second = await again().resume(runId, { approvals: { [callId]: { approve: true, hash } } });
    await second.result();
    expect(pay.given).toHaveLength(1);
    const events = await recordOf(store, runId);
    const begun = events.findLastIndex(({ type }) => type === "tool.executing");
    const later = createMemoryStore();
    later.append(runId, events.slice(0, begun + 1));
    const run = await again({ store: later }).resume(runId);
    expect(await run.result()).toMatchObject({ status: "paused", waiting: [{ request: "outcome:1.1.2" }] });
    expect(pay.given).toHaveLength(1);
    // The word on the first attempt is none on the second.
    const repeated = await again({ store: later }).resume(runId, { approvals: { [callId]: { approve: true, hash } } });
    expect(await repeated.result()).toMatchObject({ status: "paused", waiting: [{ request: "outcome:1.1.2" }] });
    expect(pay.given).toHaveLength(1);
  });
});

describe("a call that was approved, and begun by a process that died", () => {
  /** A person has let it run with fewer euros than the model asked for. */
  async function approved(more: object = {}) {
    const source = createMemoryStore();
    const pay = effects("pay", { effect: "write", approval: true, ...more });
    const asks = says({ calls: [call("pay", { euros: 50 })] });
    const over = (store: LocalStore, model = says()) => createAgent({ name: "t", model, tools: [pay.tool], store });
    const { runId } = await over(source, asks).run("go", { reject: false });
    const [open] = await openApprovals(source, runId);
    const { callId = "" } = open ?? {};
    const answer = { approve: true, input: { euros: 5 } };
    await (await over(source).resume(runId, { approvals: { [callId]: answer } })).result();
    const { events } = await source.read(runId);
    const begun = events.findIndex(({ type }) => type === "tool.executing");
    const store = createMemoryStore();
    store.append(runId, events.slice(0, begun + 1));
    const model = says();
    return { runId, callId, answer, pay, store, model, agent: over(store, model) };
  }

  it("is not let run twice by whoever sends that approval again (row 104)", async () => {
    const { runId, callId, answer, pay, agent } = await approved();
    expect(pay.given).toEqual([{ euros: 5 }]);
    const again = await agent.resume(runId, { approvals: { [callId]: answer } });
    expect(await again.result()).toMatchObject({ status: "paused", waiting: [{ reason: "unknown_outcome" }] });
    await expect(agent.resume(runId, { approvals: { [callId]: answer } })).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining("may do it twice"),
    });
    await expect(agent.resolveApproval(runId, callId, { approve: true })).rejects.toMatchObject({
      code: "invalid_option",
    });
    expect(pay.given).toEqual([{ euros: 5 }]);
  });

  it("runs again with the arguments that the person had changed, and shows those (row 105)", async () => {
    const { runId, callId, pay, agent, store, model } = await approved();
    await (await agent.resume(runId)).result();
    const [open] = await openApprovals(store, runId);
    expect(open).toMatchObject({ input: { euros: 5 }, key: `${runId}/tool:1.1` });
    expect(open?.shown).toContain('"euros": 5');
    expect(open?.shown).not.toContain("50");
    const run = await agent.resume(runId, { approvals: { [callId]: { approve: true, hash: open?.hash ?? "" } } });
    await readAll(run);
    expect(pay.given).toEqual([{ euros: 5 }, { euros: 5 }]);
    expect(JSON.stringify(model.seen[0])).toContain("A person changed the arguments");
  });

  it("is looked for by reconcile with the arguments that the person had changed", async () => {
    const sought: unknown[] = [];
    const reconcile = (input: unknown) => {
      sought.push(input);
      return { happened: true, output: "paid" };
    };
    const { runId, agent, model } = await approved({ reconcile });
    await readAll(await agent.resume(runId));
    expect(sought).toEqual([{ euros: 5 }]);
    expect(JSON.stringify(model.seen[0])).toContain("A person changed the arguments");
  });
});

describe("a rehearsal", () => {
  it("runs no tool but those that read, and records what would have happened", async () => {
    const [look, pay, post, odd] = [
      effects("look", { effect: "read" }),
      effects("pay", { effect: "write", approval: true }),
      effects("post", { effect: "idempotent" }),
      effects("odd"),
    ];
    const model = says({ calls: ["look", "pay", "post", "odd"].map((tool) => call(tool, { n: 1 })) });
    const agent = createAgent({ name: "t", model, tools: [look.tool, pay.tool, post.tool, odd.tool] });
    const run = agent.stream("go", { effects: "rehearse" });
    const events = await readAll(run);
    expect((await run.result()).toolCalls.map(({ outcome }) => outcome)).toEqual([
      "ok",
      "rehearsed",
      "rehearsed",
      "rehearsed",
    ]);
    expect([look, pay, post, odd].map(({ given }) => given.length)).toEqual([1, 0, 0, 0]);
    expect(events.filter(({ type }) => type === "tool.approval.resolved")).toMatchObject([{ by: "rehearsal" }]);
    expect(JSON.stringify(model.seen[1])).toContain('pay was not run. It would have been, with {\\"n\\":1}');
  });

  it("asks before a tool that reads and wants approval, as any run does, and asks nothing of one that it does not run", async () => {
    const [read, pay] = [
      effects("read_mail", { effect: "read", approval: true }),
      effects("pay", { effect: "write", approval: true }),
    ];
    const model = says({ calls: [call("read_mail"), call("pay")] });
    const agent = createAgent({ name: "t", model, tools: [read.tool, pay.tool] });
    const result = await agent.run("go", { effects: "rehearse", reject: false });
    expect(result).toMatchObject({ status: "paused", waiting: [{ tool: "read_mail" }] });
    expect([...read.given, ...pay.given]).toEqual([]);
  });

  it("stays one when it is resumed", async () => {
    const store = createMemoryStore();
    const pay = effects("pay", { effect: "write" });
    const options = { name: "t", tools: [pay.tool], store };
    const asks = says({ calls: [call("pay")] }, { calls: [call("pay", { n: 2 })] });
    const { runId } = await createAgent({ ...options, model: asks, limits: { turns: 1 } }).run("go", {
      effects: "rehearse",
      reject: false,
    });
    const run = await createAgent({ ...options, model: says({ calls: [call("pay", { n: 2 })] }) }).resume(runId, {
      limits: { turns: 9 },
    });
    expect(await run.result()).toMatchObject({ status: "completed" });
    expect(pay.given).toEqual([]);
  });
});

it("a tool that needs no approval for these arguments is not asked about, one that cannot say is", async () => {
  const given: unknown[] = [];
  const pay = defineTool({
    name: "pay",
    description: "d",
    input: z.object({ euros: z.number() }),
    approval: ({ euros }) => {
      if (euros === 13) throw new Error("no idea");
      return euros > 100;
    },
    execute: ({ euros }) => given.push(euros),
  });
  const model = says({ calls: [5, 500, 13].map((euros) => call("pay", { euros })) });
  const result = await createAgent({ name: "t", model, tools: [pay] }).run("go", { reject: false });
  expect(result).toMatchObject({ status: "paused", waiting: [{ tool: "pay" }, { tool: "pay" }] });
  expect(given).toEqual([5]);
  expect(result.warnings).toMatchObject([{ code: "check_failed", message: expect.stringContaining("no idea") }]);
});
