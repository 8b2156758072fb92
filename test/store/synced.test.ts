// What `fsync: "always"` promises: when a call returns, all that it wrote is on the disk, and so is each name that it gave.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, test, vi } from "vitest";
import { createFileStore, createSqliteStore, type FileCalls } from "../../src/store/index.ts";
import { completed, started } from "./support.ts";

const home = fs.mkdtempSync(join(tmpdir(), "fairwitness-synced-"));
afterAll(() => fs.rmSync(home, { recursive: true }));

/** The calls of `node:fs`, and what they have left that a power cut may undo: bytes by the file's inode, names by their folder. */
function watched(folder: string): {
  calls: Partial<FileCalls>;
  unsynced: () => readonly string[];
  synced: () => number;
} {
  const bytes = new Map<number, string>();
  const names = new Map<string, string>();
  const paths = new Map<number, string>();
  let synced = 0;
  const named = (path: string): void => void names.set(dirname(path), path);
  const calls: Partial<FileCalls> = {
    open(path, flags) {
      const isNew = !fs.existsSync(path);
      const fd = fs.openSync(path, flags);
      paths.set(fd, path);
      if (isNew) named(path);
      return fd;
    },
    write(fd, data) {
      bytes.set(fs.fstatSync(fd).ino, paths.get(fd) ?? "");
      return fs.writeSync(fd, data);
    },
    fsync(fd) {
      synced += 1;
      bytes.delete(fs.fstatSync(fd).ino);
      names.delete(paths.get(fd) ?? "");
      fs.fsyncSync(fd);
    },
    ftruncate(fd, size) {
      bytes.set(fs.fstatSync(fd).ino, paths.get(fd) ?? "");
      fs.ftruncateSync(fd, size);
    },
    copyFile(from, to) {
      fs.copyFileSync(from, to);
      bytes.set(fs.statSync(to).ino, to);
    },
    rename(from, to) {
      fs.renameSync(from, to);
      named(to);
    },
    link(from, to) {
      fs.linkSync(from, to);
      named(to);
    },
  };
  /** Files may have got another name since, and what has none left needs nothing. */
  const unsynced = (): readonly string[] => {
    const there = new Set(filesIn(folder).map((path) => fs.statSync(path).ino));
    const files = [...bytes].flatMap(([inode, path]) => (there.has(inode) ? [`bytes of ${path}`] : []));
    return [...files, ...[...names.values()].filter((path) => fs.existsSync(path))];
  };
  return { calls, unsynced, synced: () => synced };
}

function filesIn(folder: string): readonly string[] {
  const found = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

describe('a store with fsync: "always"', () => {
  test("in files has brought to the disk what it wrote, and the names of it, whenever a call returns", async () => {
    const folder = join(home, "files", ".fairwitness");
    const { calls, unsynced, synced } = watched(folder);
    const store = createFileStore(folder, { fsync: "always", calls, onRepair: () => {} });
    const steps: Readonly<Record<string, () => unknown>> = {
      "a lease": () => store.lease("run_1", { owner: "a", ttlMs: 60_000 }),
      "a first event": () => store.append("run_1", [started("run_1")], { epoch: 1 }),
      "an event": () => store.append("run_1", [completed("run_1", 1)], { epoch: 1 }),
      "a letter": () => store.inbox.send("run_1", "steer:1", "left"),
      "an artifact": () => store.artifacts.put(new Uint8Array(9_000), "text/plain"),
      "a run without a lease": () => store.append("run_2", [started("run_2")]),
      "a torn record": () => fs.appendFileSync(join(folder, "runs", "run_2.jsonl"), '{"type":'),
      "a lease of it": () => store.lease("run_2", { owner: "b", ttlMs: 60_000 }),
      "the next event of it": () => store.append("run_2", [completed("run_2", 1)], { epoch: 1 }),
    };
    for (const [what, step] of Object.entries(steps)) {
      const before = synced();
      await step();
      expect(unsynced(), what).toEqual([]);
      if (what !== "a torn record") expect(synced(), what).toBeGreaterThan(before);
    }
  });

  test("in files has brought the names of its folders to the disk, up to the first that was there", async () => {
    const opened: string[] = [];
    const open = (path: string, flags: string | number): number => {
      if (flags === "r" && fs.statSync(path).isDirectory()) opened.push(path);
      return fs.openSync(path, flags);
    };
    const store = createFileStore(join(home, "a", "b", ".fairwitness"), { fsync: "always", calls: { open } });
    store.append("run_1", [started("run_1")]);
    const made = [home, join(home, "a"), join(home, "a", "b"), join(home, "a", "b", ".fairwitness")];
    expect(opened).toEqual(expect.arrayContaining(made));
  });

  test("in SQLite waits for the disk at each commit, and without it does not", async () => {
    const levels: Record<string, unknown> = {};
    for (const fsync of ["always", "never"] as const) {
      const exec = vi.spyOn(DatabaseSync.prototype, "exec");
      const store = createSqliteStore(join(home, `${fsync}.sqlite`), { fsync });
      store.append("run_1", [started("run_1")]);
      const db = exec.mock.contexts.at(-1) as DatabaseSync; // it was the last to be called
      const level = db.prepare("PRAGMA synchronous").get()?.synchronous;
      levels[fsync] = [level, db.prepare("PRAGMA journal_mode").get()?.journal_mode];
      exec.mockRestore();
      store.close();
    }
    expect(levels).toEqual({ always: [2, "wal"], never: [1, "wal"] }); // FULL, NORMAL
  });
});
