import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent, openApprovals, type Run } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { afterAll, describe, expect, it } from "vitest";
import { STORES } from "../store/support.ts";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";
import { call } from "../support/play.ts";
import { until } from "../support/until.ts";
import { effects, readAll, says } from "./support.ts";

const DAY_MS = 86_400_000;
const home = mkdtempSync(join(tmpdir(), "fairwitness-clock-"));
afterAll(() => rmSync(home, { recursive: true }));
let folders = 0;

const JUMPS = [
  ["forth", DAY_MS],
  ["back", -DAY_MS],
] as const;

/** A tool that takes 50 ms of the clock, in which something happens. */
function slow(clock: FakeClock, meanwhile: () => void) {
  const execute = (): Promise<string> =>
    new Promise((resolve) => {
      clock.after(25, meanwhile);
      clock.after(50, () => resolve("done"));
    });
  return effects("work", { effect: "write", execute });
}

async function passUntil(clock: FakeClock, run: Run): Promise<void> {
  let isOver = false;
  void run.result().then(() => {
    isOver = true;
  });
  while (!isOver) await clock.pass(5);
}

describe.each(JUMPS)("a wall clock that jumps a day %s", (_, jump) => {
  it("changes no duration, timeout or limit of a run under way (row 102)", async () => {
    const clock = fakeClock();
    const work = slow(clock, () => clock.jump(jump));
    const model = says({ calls: [call("work")] }, { calls: [call("work", { n: 2 })] });
    const run = createAgent({
      name: "t",
      model,
      tools: [work.tool],
      limits: { durationMs: 3_600_000 },
      runtime: { clock },
    }).stream("go");
    await passUntil(clock, run);
    expect(await run.result()).toMatchObject({
      status: "completed",
      toolCalls: [{ durationMs: 50 }, { durationMs: 50 }],
    });
    expect(run.record.find(({ type }) => type === "turn.completed")).toMatchObject({ timing: { totalMs: 0 } });
  });

  it("counts for no more than was worked when the run is carried on (row 102)", async () => {
    const clock = fakeClock();
    const { lease: _, ...store } = createMemoryStore(); // its lease would have ended with the jump
    const work = slow(clock, () => clock.jump(jump));
    const options = {
      name: "t",
      tools: [work.tool],
      store,
      limits: { durationMs: 3_600_000, turns: 1 },
      runtime: { clock },
    };
    const first = createAgent({ ...options, model: says({ calls: [call("work")] }) }).stream("go");
    await passUntil(clock, first);
    expect(await first.result()).toMatchObject({ status: "limited", limit: "turns" });
    const run = await createAgent({ ...options, model: says() }).resume(first.id, { limits: { turns: 5 } });
    await passUntil(clock, run);
    await readAll(run);
    expect(await run.result()).toMatchObject({ status: "completed" });
  });

  it.each(STORES)(
    "leaves a run that is kept %s to one process at a time, which the other is told (rows 97, 102)",
    async (where, open) => {
      const clock = fakeClock();
      const folder = join(home, `${++folders}`);
      const store = open(folder, clock.now);
      const elsewhere = where === "in memory" ? store : open(folder, clock.now);
      let finish = (): void => {};
      let begun = 0;
      const work = effects("work", {
        effect: "write",
        execute: () => {
          begun += 1;
          return new Promise((resolve) => {
            finish = () => resolve("done");
          });
        },
      });
      const options = { name: "t", tools: [work.tool], runtime: { clock }, leaseMs: 30_000 };
      const run = createAgent({ ...options, model: says({ calls: [call("work")] }), store }).stream("go");
      const result = run.result();
      await until(() => begun === 1);
      clock.jump(jump);
      const rival = createAgent({ ...options, model: says(), store: elsewhere });
      if (jump < 0) {
        await expect(rival.resume(run.id)).rejects.toMatchObject({ code: "run_locked" });
        finish();
        expect(await result).toMatchObject({ status: "completed" });
      } else {
        const resumed = await rival.resume(run.id);
        expect(await resumed.result()).toMatchObject({ status: "paused", waiting: [{ reason: "unknown_outcome" }] });
        finish();
        expect(await result).toMatchObject({ status: "failed", error: { code: "lease_lost" } });
        await readAll(resumed);
      }
      expect(begun).toBe(1);
    },
  );

  it("decides nothing that must wait for a person, but by silence (rows 102, 103)", async () => {
    const clock = fakeClock();
    const store = createMemoryStore({ now: clock.now });
    const pay = effects("pay", { effect: "write", approval: true, approvalTimeoutMs: 60_000 });
    const options = { name: "t", tools: [pay.tool], store, runtime: { clock } };
    const agent = createAgent({ ...options, model: says({ calls: [call("pay")] }) });
    const { runId } = await agent.run("go", { reject: false });
    const [open] = await openApprovals(store, runId);
    clock.jump(jump);
    const decided = await agent.resolveApproval(runId, open?.callId ?? "", { approve: true });
    expect(decided.status).toBe(jump > 0 ? "late" : "taken");
    const run = await createAgent({ ...options, model: says() }).resume(runId);
    expect((await run.result()).toolCalls).toMatchObject([{ outcome: jump > 0 ? "denied" : "ok" }]);
    expect(pay.given).toHaveLength(jump > 0 ? 0 : 1);
  });
});
