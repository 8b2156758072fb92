import { createAgent } from "fairwitness";
import { createMemoryStore, type LocalStore } from "fairwitness/store";
import { describe, expect, it } from "vitest";
import { call } from "../support/play.ts";
import { effects, says } from "./support.ts";

/** A record of so many turns whose process died before the last, and what is read of it and added to it. */
async function longRun(turns: number) {
  const source = createMemoryStore();
  const look = effects("look", { effect: "read" });
  const calls = Array.from({ length: turns }, (_, n) => ({ calls: [call("look", { n })] }));
  const options = { name: "t", tools: [look.tool], loopDetector: false as const };
  const agent = createAgent({ ...options, model: says(...calls), store: source });
  const { runId } = await agent.run("go", { limits: { turns: turns + 1 } });
  const { events } = await source.read(runId);
  const record = events.slice(0, -2);
  const kept = createMemoryStore();
  kept.append(runId, record);
  const counts = { read: 0, appended: 0 };
  const store: LocalStore = {
    ...kept,
    async read(...asked) {
      const found = await kept.read(...asked);
      counts.read += found.events.length;
      return found;
    },
    append(id, added, how) {
      counts.appended += added.length;
      kept.append(id, added, how);
    },
  };
  return { runId, record, counts, look, kept, store, agent: createAgent({ ...options, model: says(), store }) };
}

describe("a long record", () => {
  it("is read once when it is carried on, and nothing of it is written or run again (row 110)", async () => {
    for (const turns of [50, 400]) {
      const { runId, record, counts, look, agent } = await longRun(turns);
      expect(record.length).toBeGreaterThan(5 * turns);
      look.given.length = 0;
      const run = await agent.resume(runId);
      expect(await run.result()).toMatchObject({ status: "completed", turns: turns + 1 });
      expect(counts).toEqual({ read: record.length + 1, appended: 3 }); // once, and its last event; run.resumed and the last turn
      expect(look.given).toEqual([]);
      expect(run.record.slice(0, record.length)).toEqual(record);
    }
  });

  it("is read anew when what was read of it was written by a process that had lost it, and stands there no more (row 97)", async () => {
    const { runId, record, kept, store } = await longRun(3);
    const [last] = record.slice(-1);
    if (last === undefined) throw new Error("There is no record.");
    let isFirst = true;
    const stale: LocalStore = {
      ...store,
      async read(id, asked) {
        const found = await kept.read(id, asked);
        const phantom = {
          type: "warning" as const,
          seq: record.length,
          runId,
          turn: 3,
          at: last.at,
          code: "c",
          message: "late",
        };
        const events = isFirst ? [...found.events, phantom] : found.events;
        isFirst = false;
        return { ...found, events };
      },
    };
    const look = effects("look", { effect: "read" });
    const agent = createAgent({ name: "t", tools: [look.tool], loopDetector: false, model: says(), store: stale });
    const run = await agent.resume(runId);
    expect(await run.result()).toMatchObject({ status: "completed", warnings: [] });
    expect((await kept.read(runId)).events).toEqual(run.record);
  });

  it("holds what was added to it before it was taken", async () => {
    const { runId, record, kept, store, agent } = await longRun(3);
    const lease = store.lease;
    store.lease = async (...asked) => {
      store.lease = lease;
      const [last] = record.slice(-1);
      if (last !== undefined)
        kept.append(runId, [
          { type: "warning", seq: record.length, runId, turn: 3, at: last.at, code: "c", message: "m" },
        ]);
      return await store.lease(...asked);
    };
    const run = await agent.resume(runId);
    expect(await run.result()).toMatchObject({ status: "completed", warnings: [{ message: "m" }] });
    expect((await kept.read(runId)).events).toEqual(run.record);
  });
});
