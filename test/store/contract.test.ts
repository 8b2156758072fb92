import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { RunCompletedEvent, RunStartedEvent, StoredEvent } from "../../src/event/index.ts";
import { createFileStore, createMemoryStore, type RunStore } from "../../src/store/index.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-store-"));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
const freshFolder = (): string => join(home, `${++folders}`, ".fairwitness");

function started(runId: string, at = 1_000): RunStartedEvent {
  return {
    type: "run.started",
    seq: 0,
    runId,
    turn: 0,
    at,
    agent: "a",
    model: "m",
    api: "chat",
    tools: [],
    messages: [],
    limits: {},
    conversation: runId,
  };
}

const completed = (runId: string, seq: number, text = "done"): RunCompletedEvent => ({
  type: "run.completed",
  seq,
  runId,
  turn: 1,
  at: 2_000,
  text,
});

describe.each<[string, () => RunStore]>([
  ["in files", () => createFileStore(freshFolder())],
  ["in memory", createMemoryStore],
])("a store %s", (_name, create) => {
  test("gives back what was appended, in order, as it was", async () => {
    const store = create();
    const events: StoredEvent[] = [started("run_1"), completed("run_1", 1, 'a\nb\u2028"c" \u{1f600} \ud800')];
    store.append("run_1", events.slice(0, 1));
    store.append("run_1", []);
    store.append("run_1", events.slice(1));
    expect(await store.read("run_1")).toEqual({ events, unknown: [] });
  });

  test("keeps events of kinds this version does not know", async () => {
    const store = create();
    const strange = { ...started("run_1"), type: "future.kind", seq: 1 };
    store.append("run_1", [started("run_1"), strange as unknown as StoredEvent]);
    expect((await store.read("run_1")).unknown).toEqual([strange]);
  });

  test("does not change with an event that somebody holds", async () => {
    const store = create();
    const event = started("run_1");
    store.append("run_1", [event]);
    event.agent = "changed";
    expect((await store.read("run_1")).events).toMatchObject([{ agent: "a" }]);
  });

  test("lists every run, the newest first, and nothing before there is one", async () => {
    const store = create();
    expect(await store.list()).toEqual([]);
    store.append("b", [started("b", 5)]);
    store.append("a", [started("a", 5)]);
    store.append("c", [started("c", 9)]);
    store.append("a", [completed("a", 1)]);
    expect(await store.list()).toEqual([
      { runId: "c", startedAt: 9 },
      { runId: "b", startedAt: 5 },
      { runId: "a", startedAt: 5 },
    ]);
  });

  test("says which run there is not", async () => {
    await expect(create().read("run_none")).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("run_none"),
    });
  });

  test.each(["../evil", "a/b", "a\\b", "..", ".hidden", "", "-rf", "a\0b", "a\nb", "x".repeat(129), "ä"])(
    "refuses the id %j",
    async (runId) => {
      const store = create();
      expect(() => store.append(runId, [started(runId)])).toThrow(expect.objectContaining({ code: "invalid_option" }));
      await expect(store.read(runId)).rejects.toMatchObject({ code: "invalid_option" });
    },
  );

  test("refuses a record that does not hold together", async () => {
    const store = create();
    store.append("run_1", [started("run_1"), completed("run_1", 7)]);
    await expect(store.read("run_1")).rejects.toMatchObject({
      code: "malformed_record",
      message: expect.stringContaining("seq is 7"),
    });
  });
});

describe("records in files", () => {
  test("are one file a run, in a folder that git ignores by itself", () => {
    const folder = freshFolder();
    createFileStore(folder).append("run_1", [started("run_1")]);
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("*\n");
    expect(readFileSync(join(folder, "runs", "run_1.jsonl"), "utf8")).toBe(`${JSON.stringify(started("run_1"))}\n`);
  });

  test("leave a .gitignore that is there already as it is", () => {
    const folder = freshFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, ".gitignore"), "runs/big*\n");
    createFileStore(folder).append("run_1", [started("run_1")]);
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("runs/big*\n");
  });

  test("make no folder until something is stored", async () => {
    const folder = freshFolder();
    const store = createFileStore(folder);
    await store.list();
    await store.read("run_1").catch(() => {});
    store.append("run_1", []);
    expect(existsSync(folder)).toBe(false);
  });

  test("with a torn last line give the whole lines and the rest apart, and go on without it", async () => {
    const folder = freshFolder();
    createFileStore(folder).append("run_1", [started("run_1")]);
    const file = join(folder, "runs", "run_1.jsonl");
    appendFileSync(file, '{"type":"run.comp');
    expect(await createFileStore(folder).read("run_1")).toEqual({
      events: [started("run_1")],
      unknown: [],
      torn: '{"type":"run.comp',
    });
    const resumed = createFileStore(folder);
    resumed.append("run_1", [completed("run_1", 1)]);
    expect(await resumed.read("run_1")).toEqual({ events: [started("run_1"), completed("run_1", 1)], unknown: [] });
  });

  test("with a torn tail longer than any buffer are still cut at the last whole line", async () => {
    const folder = freshFolder();
    createFileStore(folder).append("run_1", [started("run_1")]);
    appendFileSync(join(folder, "runs", "run_1.jsonl"), `{"text":"${"x".repeat(200_000)}`);
    const resumed = createFileStore(folder);
    resumed.append("run_1", [completed("run_1", 1)]);
    expect((await resumed.read("run_1")).events).toHaveLength(2);
  });

  test("are listed by first lines of any length", async () => {
    const folder = freshFolder();
    const store = createFileStore(folder);
    const long = { ...started("run_1", 7), instructions: "é".repeat(100_000) };
    store.append("run_1", [long]);
    expect(await store.list()).toEqual([{ runId: "run_1", startedAt: 7 }]);
  });

  test("that cannot be read do not hide the others", async () => {
    const folder = freshFolder();
    const store = createFileStore(folder);
    store.append("run_1", [started("run_1", 7)]);
    const runs = join(folder, "runs");
    writeFileSync(join(runs, "broken.jsonl"), "no json\n");
    writeFileSync(join(runs, "empty.jsonl"), "");
    writeFileSync(join(runs, "torn.jsonl"), '{"type":"run.st');
    writeFileSync(join(runs, "notes.txt"), "no record\n");
    const list = await store.list();
    expect(list.map(({ runId }) => runId)).toEqual(["broken", "run_1"]);
    expect(list[0]?.problem).toContain("not JSON");
    expect(readdirSync(runs)).toHaveLength(5);
  });

  test("that cannot be written say where and why", () => {
    const folder = join(home, "a-file");
    writeFileSync(folder, "");
    expect(() => createFileStore(folder).append("run_1", [started("run_1")])).toThrow(
      expect.objectContaining({ code: "store_failed", message: expect.stringContaining(folder) }),
    );
  });

  test("stay where the store was made when the working directory changes", () => {
    const before = process.cwd();
    const place = join(home, "cwd");
    mkdirSync(place);
    process.chdir(place);
    const store = createFileStore();
    process.chdir(before);
    store.append("run_1", [started("run_1")]);
    expect(existsSync(join(place, ".fairwitness", "runs", "run_1.jsonl"))).toBe(true);
  });
});
