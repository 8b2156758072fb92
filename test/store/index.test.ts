// The index by conversation of the store in files: what it saves, and that it never hides a record.
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { createFileStore, createMemoryStore, type FileCalls, type LocalStore } from "../../src/store/index.ts";
import { completed, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-index-"));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
const freshFolder = (): string => join(home, `${++folders}`);
const of = (conversation: string, runId: string, at: number) => ({ ...started(runId, at), conversation });
const idsOf = (runs: readonly { runId: string }[]): readonly string[] => runs.map(({ runId }) => runId);

/** A store that counts how often it opens a record to read it. */
function counting(folder: string): { store: LocalStore; opened: () => number } {
  let opened = 0;
  const open: FileCalls["open"] = (path, flags) => {
    if (path.endsWith(".jsonl") && flags === "r") opened += 1;
    return openSync(path, flags);
  };
  const store = createFileStore(folder, { calls: { open } });
  return { store, opened: () => opened };
}

/** Two conversations of ten runs each. */
function fill(folder: string): void {
  const store = createFileStore(folder);
  for (let index = 0; index < 20; index += 1) {
    store.append(`run_${index}`, [
      of(index % 2 === 0 ? "even" : "odd", `run_${index}`, index),
      completed(`run_${index}`, 1),
    ]);
  }
}

test("a list by conversation opens the records of that conversation only, and of no more than it needs", async () => {
  const folder = freshFolder();
  fill(folder);
  const { store, opened } = counting(folder);
  expect(idsOf(await store.list({ conversation: "odd", limit: 1 }))).toEqual(["run_19"]);
  expect(opened()).toBe(2); // its first line, and its end
  expect(await store.list({ conversation: "odd" })).toHaveLength(10);
  expect(opened()).toBe(2 + 20);
  expect(await store.list({ conversation: "none" })).toEqual([]);
  expect(opened()).toBe(22);
});

test("records that have no mark, of an earlier version or copied in by hand, are found, and read for it once", async () => {
  const folder = freshFolder();
  fill(folder);
  rmSync(join(folder, "conversations"), { recursive: true });
  const { store, opened } = counting(folder);
  expect(idsOf(await store.list({ conversation: "odd", limit: 1 }))).toEqual(["run_19"]);
  expect(opened()).toBe(20 + 1);
  expect(await store.list({ conversation: "odd", limit: 1 })).toHaveLength(1);
  expect(opened()).toBe(21 + 2);
  const other = freshFolder();
  createFileStore(other).append("copied", [of("odd", "copied", 99)]);
  copyFileSync(join(other, "runs", "copied.jsonl"), join(folder, "runs", "copied.jsonl"));
  expect(idsOf(await store.list({ conversation: "odd", limit: 1 }))).toEqual(["copied"]);
});

test("records without marks are found as well where no mark can be written", async () => {
  const folder = freshFolder();
  fill(folder);
  rmSync(join(folder, "conversations"), { recursive: true });
  const open: FileCalls["open"] = (path, flags) => {
    if (flags !== "r") throw Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS" });
    return openSync(path, flags);
  };
  const store = createFileStore(folder, { calls: { open } });
  expect(await store.list({ conversation: "even" })).toHaveLength(10);
  expect(readdirSync(join(folder, "conversations"))).toEqual([]);
});

test("a mark whose record was never made, or says something else, is no run of the conversation", async () => {
  const folder = freshFolder();
  fill(folder);
  const marks = join(folder, "conversations");
  const [mark = ""] = readdirSync(marks).filter((name) => name.startsWith("run_19~"));
  const [, , hash] = mark.split("~");
  writeFileSync(join(marks, `run_99~99~${hash}`), ""); // its process died before it made the record
  writeFileSync(join(marks, `run_18~18~${hash}`), ""); // somebody else was faster to make it, for another conversation
  writeFileSync(join(marks, `run_17~98~${hash}`), ""); // of a run that was deleted, and begun again
  const list = createFileStore(folder).list({ conversation: "odd" });
  expect(idsOf(await list)).toEqual([
    "run_19",
    "run_17",
    "run_15",
    "run_13",
    "run_11",
    "run_9",
    "run_7",
    "run_5",
    "run_3",
    "run_1",
  ]);
});

test("a process that cannot mark a run does not begin it", async () => {
  const folder = freshFolder();
  const open: FileCalls["open"] = (path, flags) => {
    if (path.includes("~")) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    return openSync(path, flags);
  };
  const store = createFileStore(folder, { calls: { open } });
  const lease = await store.lease("run_2", { owner: "a", ttlMs: 1_000 });
  for (const [runId, options] of [
    ["run_1", {}],
    ["run_2", { epoch: lease.epoch }],
  ] as const) {
    expect(() => store.append(runId, [started(runId)], options)).toThrow(
      expect.objectContaining({ code: "store_failed" }),
    );
    await expect(store.read(runId)).rejects.toMatchObject({ code: "not_found" });
  }
});

test("a run that was deleted and begun again in another conversation is of that one, and leaves no mark behind", async () => {
  const folder = freshFolder();
  const store = createFileStore(folder);
  store.append("run_1", [of("one", "run_1", 1)]);
  await store.delete("run_1");
  expect(readdirSync(join(folder, "conversations"))).toEqual([]);
  store.append("run_1", [of("two", "run_1", 2)]);
  expect(await store.list({ conversation: "one" })).toEqual([]);
  expect(idsOf(await store.list({ conversation: "two" }))).toEqual(["run_1"]);
});

test("a run whose beginning was damaged is still in the list of its conversation, with what is wrong with it", async () => {
  const folder = freshFolder();
  fill(folder);
  const file = join(folder, "runs", "run_19.jsonl");
  writeFileSync(file, readFileSync(file, "utf8").replace('"odd"', '"old"'));
  const [newest, next] = await createFileStore(folder).list({ conversation: "odd" });
  expect(newest).toMatchObject({ runId: "run_19", startedAt: 19, problem: expect.stringContaining("Line 1") });
  expect(next).toMatchObject({ runId: "run_17" });
  expect(idsOf(await createFileStore(folder).list({ conversation: "old" }))).toEqual([]);
});

const ids = fc.constantFrom("a", "b", "c", "d", "e");
const conversations = fc.constantFrom("one", "two", "the third / \u{1f600}");
const commands = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("begin" as const), runId: ids, conversation: conversations, at: fc.nat(3) }),
    fc.record({ do: fc.constant("delete" as const), runId: ids }),
    fc.record({ do: fc.constant("lose a mark" as const), runId: ids }),
    fc.record({
      do: fc.constant("list" as const),
      conversation: conversations,
      limit: fc.option(fc.nat(3), { nil: 9 }),
    }),
  ),
  { maxLength: 30 },
);

test("lists by conversation are those of a store without an index, whatever was begun, deleted and lost", async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (asked) => {
      const folder = freshFolder();
      const [store, plain] = [createFileStore(folder), createMemoryStore()];
      for (const command of asked) {
        if (command.do === "begin") {
          const event = of(command.conversation, command.runId, command.at);
          const isThere = (await plain.list()).some(({ runId }) => runId === command.runId);
          if (!isThere) for (const each of [store, plain]) each.append(command.runId, [event]);
        } else if (command.do === "delete") {
          await Promise.allSettled([store, plain].map((each) => each.delete(command.runId)));
        } else if (command.do === "lose a mark") {
          const folderOfMarks = join(folder, "conversations");
          const marks = existsSync(folderOfMarks) ? readdirSync(folderOfMarks) : [];
          for (const name of marks) if (name.startsWith(command.runId)) rmSync(join(folderOfMarks, name));
        } else {
          const { conversation, limit } = command;
          expect(await store.list({ conversation, limit })).toEqual(await plain.list({ conversation, limit }));
        }
      }
    }),
    { numRuns: 100 },
  );
});
