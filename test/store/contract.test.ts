import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { formatCheckedEvent, type StoredEvent } from "../../src/event/index.ts";
import { createFileStore } from "../../src/store/index.ts";
import { completed, STORES, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-store-"));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
const freshFolder = (): string => join(home, `${++folders}`, ".fairwitness");

describe.each(STORES)("a store %s", (_name, open) => {
  const create = () => open(join(freshFolder(), ".."));
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

  test("refuses a record of a later version, its end too, and brings one of an earlier version into this form (row 101)", async () => {
    const store = create();
    store.append("later", [{ ...started("later"), version: 2 }, completed("later", 1)]);
    const refusal = { code: "record_version", message: expect.stringContaining("later has version 2") };
    await expect(store.read("later")).rejects.toMatchObject(refusal);
    await expect(store.read("later", { after: 0 })).rejects.toMatchObject(refusal);
    const { version, ...earlier } = started("earlier");
    store.append("earlier", [earlier, completed("earlier", 1)]);
    expect((await store.read("earlier")).events[0]).toEqual({ ...earlier, version });
    const resumed = {
      type: "run.resumed",
      version: 2,
      seq: 2,
      runId: "earlier",
      turn: 1,
      at: 3,
      model: "m",
      api: "chat",
    };
    store.append("earlier", [{ ...resumed, limits: {} } as StoredEvent]);
    await expect(store.read("earlier", { after: 1 })).rejects.toMatchObject({ code: "record_version" });
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
    const known = { agent: "a", status: "open" };
    expect(await store.list()).toEqual([
      { ...known, runId: "c", startedAt: 9, updatedAt: 9, conversation: "c" },
      { ...known, runId: "b", startedAt: 5, updatedAt: 5, conversation: "b" },
      { ...known, runId: "a", startedAt: 5, updatedAt: 2_000, conversation: "a", status: "completed" },
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

  test.each([[7], [0], [2, 1], [1, 1]])(
    "refuses seqs %i … behind a first event, and stores none of them",
    async (...seqs: number[]) => {
      const store = create();
      store.append("run_1", [started("run_1")]);
      const events = seqs.map((seq) => completed("run_1", seq));
      expect(() => store.append("run_1", events)).toThrow(
        expect.objectContaining({ code: "seq_conflict", message: expect.stringMatching(/seq [12] is next/) }),
      );
      expect(await store.read("run_1")).toEqual({ events: [started("run_1")], unknown: [] });
    },
  );

  test("refuses a record that begins in its middle, and leaves nothing behind", async () => {
    const store = create();
    expect(() => store.append("run_1", [completed("run_1", 1)])).toThrow(
      expect.objectContaining({ code: "seq_conflict" }),
    );
    expect(await store.list()).toEqual([]);
    await expect(store.read("run_1")).rejects.toMatchObject({ code: "not_found" });
  });

  test("reads what comes after an event, once and again as the record grows", async () => {
    const store = create();
    const strange = { ...started("run_1"), type: "future.kind", seq: 1 } as unknown as StoredEvent;
    store.append("run_1", [started("run_1"), strange]);
    expect(await store.read("run_1", { after: 0 })).toEqual({ events: [], unknown: [strange] });
    expect(await store.read("run_1", { after: 1 })).toEqual({ events: [], unknown: [] });
    store.append("run_1", [completed("run_1", 2, "é\u{1f600}")]);
    expect((await store.read("run_1", { after: 1 })).events).toEqual([completed("run_1", 2, "é\u{1f600}")]);
    expect((await store.read("run_1", { after: 2 })).events).toEqual([]);
    expect((await store.read("run_1", { after: 0 })).events).toHaveLength(1);
  });

  test("lists by conversation, agent and status, and page by page", async () => {
    const store = create();
    for (const [runId, at] of [
      ["a", 1],
      ["b", 2],
      ["c", 2],
      ["d", 3],
    ] as const) {
      store.append(runId, [{ ...started(runId, at), conversation: at === 2 ? "two" : "other", agent: runId }]);
    }
    store.append("b", [completed("b", 1)]);
    const ids = async (filter?: Parameters<typeof store.list>[0]) =>
      (await store.list(filter)).map(({ runId }) => runId);
    expect(await ids({ conversation: "two" })).toEqual(["c", "b"]);
    expect(await ids({ agent: "d" })).toEqual(["d"]);
    expect(await ids({ status: "open" })).toEqual(["d", "c", "a"]);
    expect(await ids({ conversation: "two", status: "completed" })).toEqual(["b"]);
    expect(await ids({ limit: 0 })).toEqual([]);
    const [, second] = await store.list({ limit: 2 });
    expect(await ids(second && { before: second })).toEqual(["b", "a"]);
    expect(await ids({ conversation: "none" })).toEqual([]);
    await expect(store.list({ limit: -1 })).rejects.toMatchObject({ code: "invalid_option" });
    await expect(store.list({ stauts: "open" } as object)).rejects.toMatchObject({ code: "invalid_option" });
  });

  test("deletes a run with all that is its own, and no artifact that another names", async () => {
    const store = create();
    const artifacts = await Promise.all(
      [..."xy"].map((text) => store.artifacts.put(new TextEncoder().encode(text), "text/plain")),
    );
    const naming = (runId: string, seq: number, outputArtifact: unknown) =>
      ({ ...completed(runId, seq), outputArtifact }) as StoredEvent;
    const [x, y] = artifacts;
    store.append("a", [started("a"), naming("a", 1, x), naming("a", 2, y)]);
    store.append("b", [started("b"), naming("b", 1, y)]);
    await store.inbox.send("a", "steer:1", "left");
    await store.delete("a");
    await expect(store.read("a")).rejects.toMatchObject({ code: "not_found" });
    await expect(store.delete("a")).rejects.toMatchObject({ code: "not_found" });
    expect(await store.inbox.received("a")).toEqual([]);
    await expect(store.artifacts.get(x?.sha256 ?? "")).rejects.toMatchObject({ code: "not_found" });
    expect(await store.artifacts.get(y?.sha256 ?? "")).toEqual(new TextEncoder().encode("y"));
    expect((await store.list()).map(({ runId }) => runId)).toEqual(["b"]);
    store.append("a", [started("a")]);
    expect((await store.read("a")).events).toEqual([started("a")]);
  });
});

test.each(STORES)(
  "a store %s keeps an artifact that was put again since the deleted run was written",
  async (_name, open) => {
    const clock = { ms: Date.now() };
    const folder = freshFolder();
    const store = open(folder, () => clock.ms);
    const bytes = new TextEncoder().encode("of both");
    const artifact = await store.artifacts.put(bytes, "text/plain");
    store.append("a", [started("a"), { ...completed("a", 1), outputArtifact: artifact } as StoredEvent]);
    const file = join(folder, ".fairwitness", "runs", "a.jsonl");
    if (existsSync(file)) utimesSync(file, 1, 1); // long ago
    clock.ms += 60_000;
    await store.artifacts.put(bytes, "text/plain"); // by another run, which has not named it yet
    await store.delete("a");
    expect(await store.artifacts.get(artifact.sha256)).toEqual(bytes);
  },
);

describe("records in files", () => {
  test("have only what is new of them read by who follows them", async () => {
    const folder = freshFolder();
    const store = createFileStore(folder);
    store.append("run_1", [started("run_1")]);
    await store.read("run_1");
    store.append("run_1", [completed("run_1", 1)]);
    const file = join(folder, "runs", "run_1.jsonl");
    writeFileSync(file, readFileSync(file, "utf8").replace('"model":"m"', '"model":"n"'));
    expect((await store.read("run_1", { after: 0 })).events).toEqual([completed("run_1", 1)]);
    await expect(store.read("run_1")).rejects.toMatchObject({ code: "malformed_record" });
  });

  test("are one file a run, in a folder that git ignores by itself", () => {
    const folder = freshFolder();
    createFileStore(folder).append("run_1", [started("run_1")]);
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("*\n");
    expect(readFileSync(join(folder, "runs", "run_1.jsonl"), "utf8")).toBe(formatCheckedEvent(started("run_1")));
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
    expect(await store.list()).toMatchObject([{ runId: "run_1", startedAt: 7, status: "open" }]);
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
