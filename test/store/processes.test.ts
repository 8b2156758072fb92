import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { createFileStore, createSqliteStore, type LocalStore } from "../../src/store/index.ts";
import { completed, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-processes-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL"); // also one that a failed test left stopped
  rmSync(home, { recursive: true });
});

interface Child {
  process: ChildProcess;
  /** The last line that it printed, once it has ended well. */
  ended: Promise<unknown>;
  ready: Promise<unknown>;
}

function start(argument: object): Child {
  const file = fileURLToPath(new URL("./child.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=fairwitness-dev", file, JSON.stringify(argument)]);
  children.push(child);
  const printed = { out: "", errors: "" };
  child.stdout.on("data", (bytes: Buffer) => (printed.out += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (printed.errors += bytes.toString()));
  const ended = new Promise<unknown>((resolve, reject) =>
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(printed.out.trimEnd().split("\n").at(-1) ?? ""));
      else reject(new Error(`Ended with ${code}: ${printed.errors}`));
    }),
  );
  return { process: child, ended, ready: new Promise((resolve) => child.stdout.once("data", resolve)) };
}

describe.each([
  ["files", (folder: string): LocalStore => createFileStore(folder, { onRepair: () => {} })],
  ["sqlite", (folder: string): LocalStore => createSqliteStore(join(folder, "runs.sqlite"))],
])("processes over one store in %s", (kind, open) => {
  test("hold a run one at a time: each event is appended once, and none is lost (row 96)", {
    timeout: 60_000,
  }, async () => {
    const folder = join(home, `${kind}-count`);
    const counting = ["a", "b", "c"].map((id) => start({ kind, folder, task: "count", id }));
    const results = (await Promise.all(counting.map(({ ended }) => ended))) as { own: number[] }[];
    const { events } = await open(folder).read("run_1");
    expect(events).toHaveLength(45);
    expect(results.flatMap(({ own }) => own).sort((a, b) => a - b)).toEqual(events.map(({ seq }) => seq));
  });

  test("send a decision once, whoever is first", { timeout: 60_000 }, async () => {
    const folder = join(home, `${kind}-send`);
    const store = open(folder);
    store.append("run_1", [started("run_1")]);
    const sending = ["a", "b", "c"].map((id) => start({ kind, folder, task: "send", id }));
    const results = (await Promise.all(sending.map(({ ended }) => ended))) as { first: string[] }[];
    const letters = await store.inbox.received("run_1");
    expect(letters.map(({ position }) => position)).toEqual(letters.map((_, index) => index + 1));
    expect(letters).toHaveLength(20);
    expect(results.flatMap(({ first }) => first).sort()).toEqual(letters.map(({ name }) => name).sort());
  });

  test("that wake after their lease has ended append nothing (row 97)", { timeout: 60_000 }, async () => {
    const folder = join(home, `${kind}-sleep`);
    const child = start({ kind, folder, task: "sleep", id: "sleeper" });
    await child.ready;
    if (kind === "files") child.process.kill("SIGSTOP");
    const store = open(folder);
    const lease = await untilLeased(store);
    const before = (await store.read("run_1").catch(() => ({ events: [] }))).events.length;
    const event = before === 0 ? started("run_1") : completed("run_1", before, "taker");
    store.append("run_1", [event], { epoch: lease.epoch });
    child.process.kill("SIGCONT");
    const { acknowledged, code } = (await child.ended) as { acknowledged: number; code: string };
    expect(code).toBe("lease_lost");
    expect(acknowledged).toBeLessThanOrEqual(before);
    const { events } = await store.read("run_1");
    expect(events).toHaveLength(before + 1);
    expect(events.at(-1)).toEqual(event);
  });
});

async function untilLeased(store: LocalStore): ReturnType<LocalStore["lease"]> {
  for (;;) {
    try {
      return await store.lease("run_1", { owner: "taker", ttlMs: 60_000 });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
