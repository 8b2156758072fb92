import * as fs from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunResult } from "fairwitness";
import { createFileStore, type FileCalls, type LocalStore } from "fairwitness/store";
import { afterAll, describe, expect, it } from "vitest";
import { STORES } from "../store/support.ts";
import { wrongWith } from "./check.ts";
import { agentOver, carryOn, liveInMemory, type MemoryTurn, placeOf, RUN } from "./memory.ts";
import type { Happened } from "./world.ts";

const SCRIPT: readonly MemoryTurn[] = [
  {
    calls: [
      { tool: "look", n: 1 },
      { tool: "pay", n: 3 },
      { tool: "notify", n: 4 },
      { tool: "upsert", n: 4 },
    ],
  },
  { calls: [{ tool: "pay", n: 2 }] },
  { text: "All is done." },
];

const home = mkdtempSync(join(tmpdir(), "fairwitness-closed-"));
afterAll(() => rmSync(home, { recursive: true }));
let folders = 0;
const freshFolder = (): string => join(home, `${++folders}`);

/** Later than any lease that was left behind. */
const later = (): number => Date.now() + 120_000;

const twin = liveInMemory(SCRIPT);

interface Failed {
  result: RunResult;
  effects: Happened[];
  /** Events that the agent was told are stored. */
  acknowledged: ReturnType<typeof placeOf>[];
}

/** One process over a store that fails. */
async function overFailing(store: LocalStore): Promise<Failed> {
  const effects: Happened[] = [];
  const acknowledged: ReturnType<typeof placeOf>[] = [];
  const told: LocalStore = {
    ...store,
    append(runId, events, options) {
      store.append(runId, events, options);
      acknowledged.push(...events.map(placeOf));
    },
  };
  const run = agentOver({ script: SCRIPT, store: told, effects, isNew: true }).stream("go", { waiting: "leave" });
  return { result: await run.result(), effects, acknowledged };
}

/** It failed in a typed way, nothing happened that is not on the record, and it can be gone on with over a store that is well. */
async function expectClosed(
  { result, effects, acknowledged }: Failed,
  healthy: LocalStore,
  where: string,
): Promise<void> {
  const { events: stored } = await healthy.read(RUN).catch(() => ({ events: [] }));
  if (result.status === "failed") expect(result.error.code, where).toBe("store_failed");
  else expect([result.status, stored.at(-1)?.type], where).toEqual(["completed", "run.completed"]);
  const begun = stored.flatMap(({ type, step }) => (type === "tool.executing" ? [`${RUN}/${step}`] : []));
  for (const { key } of effects) expect(begun, where).toContain(key);
  expect(acknowledged, where).toEqual(stored.slice(0, acknowledged.length).map(placeOf));
  if (stored.at(-1)?.type === "run.completed") return; // its end was stored, and whoever wrote it was not told
  const life = await carryOn({ script: SCRIPT, store: healthy, effects, isNew: stored.length === 0 });
  expect(wrongWith({ ...life, acknowledged }, await twin), where).toEqual([]);
}

/** The n-th append of a store fails: before anything is stored, behind half of it, or when all of it is. */
function failingAppend(store: LocalStore, nth: number, share: number): { store: LocalStore; count: () => number } {
  let count = 0;
  const append: LocalStore["append"] = (runId, events, options) => {
    count += 1;
    if (count !== nth) return store.append(runId, events, options);
    store.append(runId, events.slice(0, Math.ceil(events.length * share)), options);
    throw new Error("ENOSPC: no space left on device");
  };
  return { store: { ...store, append }, count: () => count };
}

/** The n-th of these calls of `node:fs` fails, and those behind it where it stays so. */
function failingCalls(nth: number, stays: boolean): { calls: Partial<FileCalls>; count: () => number } {
  let count = 0;
  const call = <T>(act: () => T): T => {
    count += 1;
    const isOne = count === nth || (stays && nth > 0 && count > nth);
    if (isOne) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    return act();
  };
  const calls: Partial<FileCalls> = {
    write: (fd, bytes) => call(() => fs.writeSync(fd, bytes)),
    fsync: (fd) => call(() => fs.fsyncSync(fd)),
    rename: (from, to) => call(() => fs.renameSync(from, to)),
    link: (from, to) => call(() => fs.linkSync(from, to)),
  };
  return { calls, count: () => count };
}

describe("a run whose store fails", () => {
  it.each(STORES)(
    "at any of its appends, kept %s: no effect comes after it, it ends store_failed, and it can be gone on with (row 98)",
    async (_, open) => {
      const counting = failingAppend(open(freshFolder()), 0, 0);
      await overFailing(counting.store);
      expect(counting.count()).toBeGreaterThan(15);
      for (let nth = 1; nth <= counting.count(); nth += 1) {
        for (const share of [0, 0.5, 1]) {
          const folder = freshFolder();
          const healthy = open(folder);
          const failed = await overFailing(failingAppend(healthy, nth, share).store);
          expect(failed.result.status).toBe("failed");
          await expectClosed(failed, healthy, `append ${nth}, ${share} of it`);
        }
      }
    },
    60_000,
  );

  it.each([
    ["once", false],
    ["from then on", true],
  ])(
    "at any write, fsync, rename or link, %s: no effect comes after it, it ends store_failed, and it can be gone on with (row 98)",
    async (_, stays) => {
      const options = { onRepair: () => {}, fsync: "always" } as const;
      const counting = failingCalls(0, false);
      await overFailing(createFileStore(freshFolder(), { ...options, calls: counting.calls }));
      expect(counting.count()).toBeGreaterThan(30);
      for (let nth = 1; nth <= counting.count(); nth += stays ? 3 : 1) {
        const folder = freshFolder();
        const failed = await overFailing(
          createFileStore(folder, { ...options, calls: failingCalls(nth, stays).calls }),
        );
        await expectClosed(failed, createFileStore(folder, { ...options, now: later }), `call ${nth}`);
      }
    },
    60_000,
  );
});
