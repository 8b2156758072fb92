import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createFileStore, createSqliteStore, type LocalStore, RunLockedError } from "../../src/store/index.ts";
import { completed, STORES, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-lease-"));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
const freshFolder = (): string => join(home, `${++folders}`);
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe.each(STORES)("a lease of a store %s", (_name, open) => {
  const at = (): { store: LocalStore; clock: { ms: number } } => {
    const clock = { ms: 1_000_000 };
    return { store: open(freshFolder(), () => clock.ms), clock };
  };

  test("is held by one at a time; the loser is told by whom and until when", async () => {
    const { store, clock } = at();
    const lease = await store.lease("run_1", { owner: "first", ttlMs: 1_000 });
    const losing = store.lease("run_1", { owner: "second", ttlMs: 1_000 });
    await expect(losing).rejects.toBeInstanceOf(RunLockedError);
    await expect(losing).rejects.toMatchObject({
      code: "run_locked",
      owner: "first",
      until: 1_001_000,
      retryAfterMs: 1_000,
    });
    await store.lease("run_2", { owner: "second", ttlMs: 1_000 });
    clock.ms += 600;
    await lease.renew();
    expect(lease.until).toBe(1_001_600);
    clock.ms += 600;
    await expect(store.lease("run_1", { owner: "second", ttlMs: 1_000 })).rejects.toMatchObject({ code: "run_locked" });
    await lease.release();
    const next = await store.lease("run_1", { owner: "second", ttlMs: 1_000 });
    expect(next.epoch).toBeGreaterThan(lease.epoch);
  });

  test("that has ended lets nothing be appended, renewed or taken back, before or after somebody else took it", async () => {
    const { store, clock } = at();
    const old = await store.lease("run_1", { owner: "old", ttlMs: 1_000 });
    store.append("run_1", [started("run_1")], { epoch: old.epoch });
    clock.ms += 1_000;
    expect(() => store.append("run_1", [completed("run_1", 1)], { epoch: old.epoch })).toThrow(code("lease_lost"));
    await expect(old.renew()).rejects.toMatchObject({ code: "lease_lost" });
    const next = await store.lease("run_1", { owner: "next", ttlMs: 1_000 });
    expect(() => store.append("run_1", [completed("run_1", 1)], { epoch: old.epoch })).toThrow(code("lease_lost"));
    await old.release();
    store.append("run_1", [completed("run_1", 1)], { epoch: next.epoch });
    expect((await store.read("run_1")).events).toEqual([started("run_1"), completed("run_1", 1)]);
  });

  test("keeps out who has none, and not for longer than it holds", async () => {
    const { store, clock } = at();
    store.append("run_1", [started("run_1")]);
    const lease = await store.lease("run_1", { owner: "a", ttlMs: 1_000 });
    expect(() => store.append("run_1", [completed("run_1", 1)])).toThrow(code("run_locked"));
    await expect(store.delete("run_1")).rejects.toMatchObject({ code: "run_locked" });
    store.append("run_1", [completed("run_1", 1)], { epoch: lease.epoch });
    clock.ms += 1_000;
    store.append("run_1", [completed("run_1", 2)]);
    expect((await store.read("run_1")).events).toHaveLength(3);
    await store.delete("run_1");
  });

  test("of a run that is not there yet leaves no run behind", async () => {
    const { store } = at();
    const lease = await store.lease("run_1", { owner: "a", ttlMs: 1_000 });
    expect(() => store.append("run_1", [started("run_1")])).toThrow(code("run_locked"));
    expect(await store.list()).toEqual([]);
    expect(() => store.append("run_1", [completed("run_1", 3)], { epoch: lease.epoch })).toThrow(code("seq_conflict"));
    store.append("run_1", [started("run_1"), completed("run_1", 1)], { epoch: lease.epoch });
    expect((await store.read("run_1")).events).toHaveLength(2);
  });

  test("of an owner that is known to be dead is taken over at once; should it live, it is kept out by its epoch", async () => {
    const { store } = at();
    const dead = await store.lease("run_1", { owner: "dead", ttlMs: 1_000 });
    store.append("run_1", [started("run_1")], { epoch: dead.epoch });
    const asked: string[] = [];
    const judging = (isGone: boolean) => (owner: string) => {
      asked.push(owner);
      return isGone;
    };
    const losing = store.lease("run_1", { owner: "next", ttlMs: 1_000, isGone: judging(false) });
    await expect(losing).rejects.toMatchObject({ code: "run_locked", owner: "dead" });
    const next = await store.lease("run_1", { owner: "next", ttlMs: 1_000, isGone: judging(true) });
    expect(asked).toEqual(["dead", "dead"]);
    expect(next.epoch).toBeGreaterThan(dead.epoch);
    expect(() => store.append("run_1", [completed("run_1", 1)], { epoch: dead.epoch })).toThrow(code("lease_lost"));
    await expect(dead.renew()).rejects.toMatchObject({ code: "lease_lost" });
    await dead.release();
    store.append("run_1", [completed("run_1", 1)], { epoch: next.epoch });
    expect((await store.read("run_1")).events).toEqual([started("run_1"), completed("run_1", 1)]);
  });

  test("asks nobody whether an owner is gone whose lease has ended or was given back", async () => {
    const { store, clock } = at();
    const isGone = (): boolean => {
      throw new Error("asked");
    };
    await (await store.lease("run_1", { owner: "a", ttlMs: 1_000, isGone })).release();
    await store.lease("run_1", { owner: "b", ttlMs: 1_000, isGone });
    clock.ms += 1_000;
    await store.lease("run_1", { owner: "c", ttlMs: 1_000, isGone });
    await expect(store.lease("run_1", { owner: "d", ttlMs: 1_000, isGone })).rejects.toThrow("asked");
  });

  test.each([
    { owner: "", ttlMs: 1 },
    { owner: "a", ttlMs: 0 },
    { owner: "a", ttlMs: Number.NaN },
    { owner: "a", ttlMs: 1e12 },
    { owner: "a", ttlMs: 1, isGone: true as unknown as () => boolean },
  ])("is not given for %j", async (options) => {
    await expect(at().store.lease("run_1", options)).rejects.toMatchObject({ code: "invalid_option" });
  });
});

describe.each(STORES)("the inbox of a store %s", (_name, open) => {
  const create = (): LocalStore => {
    const store = open(freshFolder(), () => 7);
    store.append("run_1", [started("run_1")]);
    return store;
  };

  test("keeps the first letter of a name, and tells the second sender what it says", async () => {
    const { inbox } = create();
    expect(await inbox.send("run_1", "approval:3.1", { approve: true })).toEqual({
      position: 1,
      name: "approval:3.1",
      value: { approve: true },
      at: 7,
      isFirst: true,
    });
    const second = await inbox.send("run_1", "approval:3.1", { approve: false });
    expect(second).toMatchObject({ position: 1, value: { approve: true }, isFirst: false });
    await inbox.send("run_1", "steer:a/../b", null);
    expect((await inbox.received("run_1")).map(({ name }) => name)).toEqual(["approval:3.1", "steer:a/../b"]);
    expect(await inbox.received("run_1", 1)).toEqual([{ position: 2, name: "steer:a/../b", value: null, at: 7 }]);
    expect(await inbox.received("run_1", 2)).toEqual([]);
  });

  test("is open while somebody holds the run", async () => {
    const store = create();
    await store.lease("run_1", { owner: "a", ttlMs: 60_000 });
    await store.inbox.send("run_1", "cancel", "enough");
    expect(await store.inbox.received("run_1")).toMatchObject([{ value: "enough" }]);
  });

  test("takes nothing for a run that is not there, and no value or name that is none", async () => {
    const { inbox } = create();
    await expect(inbox.send("run_2", "cancel", 1)).rejects.toMatchObject({ code: "not_found" });
    for (const name of ["", "two words", "ä", "a\n", "x".repeat(201)]) {
      await expect(inbox.send("run_1", name, 1)).rejects.toMatchObject({ code: "invalid_option" });
    }
    for (const value of [undefined, 1n, "x".repeat(4_194_304), () => 1]) {
      await expect(inbox.send("run_1", "n", value)).rejects.toMatchObject({ code: "invalid_option" });
    }
    await expect(inbox.send("../x", "n", 1)).rejects.toMatchObject({ code: "invalid_option" });
    expect(await inbox.received("run_1")).toEqual([]);
  });
});

describe.each([
  ["files", (folder: string, now: () => number) => createFileStore(folder, { now, onRepair: () => {} })],
  ["SQLite", (folder: string, now: () => number) => createSqliteStore(join(folder, "runs.sqlite"), { now })],
])("two stores over the same %s", (_name, open) => {
  test("share leases, records and letters", async () => {
    const folder = freshFolder();
    const clock = { ms: 0 };
    const [a, b] = [open(folder, () => clock.ms), open(folder, () => clock.ms)];
    const first = await a.lease("run_1", { owner: "a", ttlMs: 100 });
    a.append("run_1", [started("run_1")], { epoch: first.epoch });
    await expect(b.lease("run_1", { owner: "b", ttlMs: 100 })).rejects.toMatchObject({ owner: "a" });
    clock.ms = 100;
    const second = await b.lease("run_1", { owner: "b", ttlMs: 100 });
    expect(() => a.append("run_1", [completed("run_1", 1)], { epoch: first.epoch })).toThrow(code("lease_lost"));
    expect(() => a.append("run_1", [completed("run_1", 1)])).toThrow(code("run_locked"));
    b.append("run_1", [completed("run_1", 1)], { epoch: second.epoch });
    expect((await a.read("run_1", { after: 0 })).events).toEqual([completed("run_1", 1)]);
    await a.inbox.send("run_1", "x", 1);
    expect(await b.inbox.send("run_1", "x", 2)).toMatchObject({ value: 1, isFirst: false });
    await second.release();
    expect(() => a.append("run_1", [completed("run_1", 1)])).toThrow(code("seq_conflict"));
    a.append("run_1", [completed("run_1", 2)]);
    expect(() => b.append("run_1", [completed("run_1", 2)])).toThrow(code("seq_conflict"));
  });
});

test("a lease of a record with a torn end says what was cut off, and so does an append without one", async () => {
  const folder = freshFolder();
  const repairs: unknown[] = [];
  const store = createFileStore(folder, { onRepair: (repair) => repairs.push(repair) });
  store.append("run_1", [started("run_1")]);
  const { appendFileSync, statSync } = await import("node:fs");
  const file = join(folder, "runs", "run_1.jsonl");
  const { size } = statSync(file);
  appendFileSync(file, '{"type":');
  const repaired = { runId: "run_1", at: size, bytes: 8 };
  const lease = await store.lease("run_1", { owner: "a", ttlMs: 1_000 });
  expect(lease.repaired).toEqual(repaired);
  await lease.release();
  appendFileSync(file, '{"type":');
  store.append("run_1", [completed("run_1", 1)]);
  expect(repairs).toEqual([repaired, repaired]);
});
