import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test, vi } from "vitest";
import { AgentError, createAgent } from "../../src/index.ts";
import { createSqliteStore } from "../../src/store/index.ts";
import { scriptedModel } from "../support/scripted-model.ts";
import { completed, STORES, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-sqlite-"));
afterAll(() => rmSync(home, { recursive: true }));

test("a database is made at its first use, and git ignores it in .fairwitness", async () => {
  const file = join(home, "new", ".fairwitness", "runs.sqlite");
  const store = createSqliteStore(file);
  expect(existsSync(file)).toBe(false);
  expect(await store.list()).toEqual([]);
  expect(readFileSync(join(home, "new", ".fairwitness", ".gitignore"), "utf8")).toBe("*\n");
  store.close();
});

test("a database that was closed, is none, or is of a later version is refused by name", async () => {
  const file = join(home, "closed.sqlite");
  const store = createSqliteStore(file);
  store.append("run_1", [started("run_1")]);
  store.close();
  const refusal = { code: "store_failed", message: expect.stringContaining(file) };
  await expect(store.read("run_1")).rejects.toMatchObject(refusal);
  expect(await createSqliteStore(file).read("run_1")).toMatchObject({ events: [started("run_1")] });
  const later = new DatabaseSync(file);
  later.exec("PRAGMA user_version = 99");
  later.close();
  await expect(createSqliteStore(file).read("run_1")).rejects.toMatchObject(refusal);
  writeFileSync(join(home, "text.sqlite"), "this is no database, however long one reads in it");
  await expect(createSqliteStore(join(home, "text.sqlite")).list()).rejects.toMatchObject({ code: "store_failed" });
});

test("a database of the first version is read and gone on with, and its rows have checksums from then on", async () => {
  const file = join(home, "first.sqlite");
  const store = createSqliteStore(file);
  store.append("run_1", [started("run_1")]);
  await store.inbox.send("run_1", "x", 1);
  store.close();
  const first = new DatabaseSync(file);
  for (const table of ["runs", "leases", "inbox"]) first.exec(`ALTER TABLE ${table} DROP COLUMN crc`);
  first.exec("PRAGMA user_version = 1");
  first.close();
  const again = createSqliteStore(file);
  expect(await again.inbox.received("run_1")).toMatchObject([{ name: "x" }]);
  const lease = await again.lease("run_1", { owner: "a", ttlMs: 60_000 });
  again.append("run_1", [completed("run_1", 1)], { epoch: lease.epoch });
  expect(await again.list({ conversation: "run_1" })).toMatchObject([{ status: "completed" }]);
  again.close();
  const damaged = new DatabaseSync(file);
  damaged.exec("UPDATE runs SET status = 'open'");
  damaged.close();
  const problem = expect.stringContaining("run_1 was changed on the disk");
  expect(await createSqliteStore(file).list()).toEqual([
    { runId: "run_1", startedAt: 1_000, updatedAt: 2_000, problem },
  ]);
});

test("an append of which one event cannot be stored stores none of them", async () => {
  const store = createSqliteStore(join(home, "atomic.sqlite"));
  const cyclic = { ...completed("run_1", 1), output: 1n };
  expect(() => store.append("run_1", [started("run_1"), cyclic])).toThrow(
    expect.objectContaining({ code: "store_failed" }),
  );
  await expect(store.read("run_1")).rejects.toMatchObject({ code: "not_found" });
});

test("an event that was changed in the database is refused", async () => {
  const file = join(home, "changed.sqlite");
  const store = createSqliteStore(file);
  store.append("run_1", [started("run_1"), completed("run_1", 1)]);
  const other = new DatabaseSync(file);
  other.exec("UPDATE events SET line = replace(line, 'done', 'dome') WHERE seq = 1");
  other.close();
  await expect(store.read("run_1")).rejects.toMatchObject({ code: "malformed_record" });
});

test.each([
  ["its last event is gone", "DELETE FROM events WHERE seq = 2", "2 events are there, and 3 should be"],
  [
    "an event stands behind its last",
    "INSERT INTO events VALUES ('run_1', 3, 'null')",
    "4 events are there, and 3 should",
  ],
  ["the store does not know of it any more", "DELETE FROM runs", "3 events are there, and none should be"],
  ["the store knows another number of events", "UPDATE runs SET stored = 2", "run_1 was changed on the disk"],
])("a record is refused when %s (row 100)", async (_, damage, says) => {
  const file = join(home, `lost-${damage.length}.sqlite`);
  const store = createSqliteStore(file);
  store.append("run_1", [started("run_1"), completed("run_1", 1), completed("run_1", 2)]);
  const other = new DatabaseSync(file);
  other.exec(damage);
  other.close();
  await expect(store.read("run_1")).rejects.toMatchObject({ message: expect.stringContaining(says) });
  expect(() => store.append("run_1", [completed("run_1", 3)])).toThrow(AgentError);
});

test("a letter or a lease that was changed in the database is refused (row 100)", async () => {
  const file = join(home, "small.sqlite");
  const store = createSqliteStore(file);
  store.append("run_1", [started("run_1")]);
  await store.inbox.send("run_1", "approval:1.1", { approve: false });
  const lease = await store.lease("run_1", { owner: "a", ttlMs: 60_000 });
  const other = new DatabaseSync(file);
  other.exec("UPDATE inbox SET value = replace(value, 'false', 'true')");
  other.exec("UPDATE leases SET until = 0");
  other.close();
  const refusal = { code: "store_failed", message: expect.stringContaining("was changed on the disk") };
  await expect(store.inbox.received("run_1")).rejects.toMatchObject(refusal);
  await expect(store.inbox.send("run_1", "approval:1.1", {})).rejects.toMatchObject(refusal);
  await expect(store.lease("run_1", { owner: "b", ttlMs: 1 })).rejects.toMatchObject(refusal);
  expect(() => store.append("run_1", [completed("run_1", 1)], { epoch: lease.epoch })).toThrow(
    expect.objectContaining(refusal),
  );
});

test("lists by conversation go through their index", () => {
  const file = join(home, "plan.sqlite");
  createSqliteStore(file).append("run_1", [started("run_1")]);
  const db = new DatabaseSync(file);
  const plan = db.prepare(
    "EXPLAIN QUERY PLAN SELECT * FROM runs WHERE conversation = ? ORDER BY started_at DESC, run_id DESC LIMIT 5",
  );
  expect(JSON.stringify(plan.all("c"))).toMatch(/USING INDEX runs_by_conversation/);
  expect(JSON.stringify(plan.all("c"))).not.toContain("TEMP B-TREE");
  db.close();
});

test.each(STORES)("an agent's runs are kept by a store %s", async (name, open) => {
  const store = open(join(home, `agent-${name}`));
  const agent = createAgent({ name: "t", model: scriptedModel([{ text: "Sunny." }]), store });
  const run = agent.stream("Lisbon?", { conversation: "c" });
  const result = await run.result();
  expect((await store.read(run.id)).events).toEqual(run.record);
  expect(await store.list({ conversation: "c", status: "completed" })).toMatchObject([
    { runId: result.runId, agent: "t" },
  ]);
});

test("the core and the stores load where there is no Node; only what needs it says so", async () => {
  vi.resetModules();
  vi.stubGlobal("process", undefined);
  try {
    const { createFileStore, createMemoryStore, createSqliteStore: sqlite } = await import("../../src/store/index.ts");
    const needsNode = expect.objectContaining({
      code: "invalid_option",
      message: expect.stringContaining("needs Node"),
    });
    expect(() => createFileStore()).toThrow(needsNode);
    expect(() => sqlite("x")).toThrow(needsNode);
    createMemoryStore().append("run_1", [started("run_1")]);
    const { formatCheckedEvent, parseRecord } = await import("../../src/event/index.ts");
    const line = formatCheckedEvent(completed("run_1", 0, "é\u{1f600}"));
    vi.unstubAllGlobals();
    vi.resetModules();
    const withNode = await import("../../src/event/index.ts");
    expect(withNode.formatCheckedEvent(completed("run_1", 0, "é\u{1f600}"))).toBe(line);
    expect(parseRecord(line).events).toEqual([completed("run_1", 0, "é\u{1f600}")]);
  } finally {
    vi.unstubAllGlobals();
  }
});
