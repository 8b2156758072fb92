import { createAgent, openApprovals } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { describe, expect, it } from "vitest";
import { fakeClock } from "../support/fake-clock.ts";
import { call } from "../support/play.ts";
import { effects, says } from "./support.ts";

function world() {
  const clock = fakeClock();
  const store = createMemoryStore();
  const pay = effects("pay", { effect: "write", approval: true, approvalTimeoutMs: 1_000 });
  const agent = () =>
    createAgent({ name: "t", model: says({ calls: [call("pay")] }), tools: [pay.tool], store, runtime: { clock } });
  return { clock, store, pay, agent };
}

describe("a request whose time has passed", () => {
  it("is not approved by whoever comes later, though no process has looked since (row 103)", async () => {
    const { clock, store, pay, agent } = world();
    const { runId } = await agent().run("go", { reject: false });
    const [open] = await openApprovals(store, runId);
    await clock.pass(1_000);
    expect(await agent().resolveApproval(runId, open?.callId ?? "", { approve: true })).toEqual({ status: "late" });
    const model = says();
    const run = await createAgent({ name: "t", model, tools: [pay.tool], store, runtime: { clock } }).resume(runId);
    expect(await run.result()).toMatchObject({ status: "completed", toolCalls: [{ outcome: "denied" }] });
    expect(pay.given).toEqual([]);
  });

  it("was approved when somebody had said so in time, in another process, and the run had not looked yet (row 103)", async () => {
    const { clock, store, pay, agent } = world();
    const run = agent().stream("go");
    const result = run.result();
    await clock.pass(990);
    const [open] = await openApprovals(store, run.id);
    // As another process lays it down: nobody tells the run, which looks every now and then.
    const { hash = "" } = open ?? {};
    await store.inbox.send(run.id, `call:1.1/${hash.slice(0, 32)}`, { approve: true });
    await clock.pass(10);
    expect(await result).toMatchObject({ status: "completed", toolCalls: [{ outcome: "ok" }] });
    expect(pay.given).toHaveLength(1);
  });
});
