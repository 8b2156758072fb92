// Two to eight processes want one run, and are stopped and woken at random. FAIRWITNESS_PROCESSES=8 does it large: with 2, 4 and 8.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { StoredEvent } from "../../src/event/index.ts";
import { createFileStore, createSqliteStore, type LocalStore } from "../../src/store/index.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-contention-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL"); // also one that a failed test left stopped
  rmSync(home, { recursive: true });
});

const most = Number(process.env.FAIRWITNESS_PROCESSES ?? 3);
const SIZES = process.env.FAIRWITNESS_PROCESSES === undefined ? [3] : [2, 4, 8].filter((size) => size <= most);
const COUNT = process.env.FAIRWITNESS_PROCESSES === undefined ? 20 : 200;

interface Contender {
  process: ChildProcess;
  isDone: boolean;
  /** It waits for the file `go`. */
  ready: Promise<unknown>;
  /** How often it was refused, by code. */
  refusals: Promise<Record<string, number>>;
}

function start(argument: object): Contender {
  const file = fileURLToPath(new URL("./contender.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=fairwitness-dev", file, JSON.stringify(argument)]);
  children.push(child);
  const printed = { out: "", errors: "" };
  child.stdout.on("data", (bytes: Buffer) => (printed.out += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (printed.errors += bytes.toString()));
  const contender: Contender = {
    process: child,
    isDone: false,
    ready: once(child.stdout, "data"),
    refusals: new Promise((resolve, reject) =>
      child.once("close", (code) => {
        contender.isDone = true;
        if (code === 0) resolve(JSON.parse(printed.out.trimEnd().split("\n").at(-1) ?? ""));
        else reject(new Error(`Ended with ${code}: ${printed.errors}`));
      }),
    ),
  };
  return contender;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Stops one, now shorter and now longer than a lease holds, wakes it, and stops the next, until all are done. */
async function disturb(contenders: readonly Contender[]): Promise<number> {
  let stops = 0;
  for (;;) {
    const going = contenders.filter(({ isDone }) => !isDone);
    const chosen = going[Math.floor(Math.random() * going.length)];
    if (chosen === undefined) return stops;
    await pause(Math.random() * 30);
    chosen.process.kill("SIGSTOP");
    stops += 1;
    await pause(Math.random() < 0.5 ? Math.random() * 20 : 150 + Math.random() * 100);
    chosen.process.kill("SIGCONT");
  }
}

const tokenOf = (event: StoredEvent): string =>
  event.type === "run.started" ? event.agent : event.type === "run.completed" ? event.text : event.type;

describe.each([
  ["files", (folder: string): LocalStore => createFileStore(folder, { onRepair: () => {} })],
  ["sqlite", (folder: string): LocalStore => createSqliteStore(join(folder, "runs.sqlite"))],
])("over one store in %s", (kind, open) => {
  test.each(SIZES)(
    "%i processes that are stopped and woken at random append what was acknowledged, once each; the losers are told (row 96)",
    {
      timeout: 600_000,
    },
    async (size) => {
      const folder = join(home, `${kind}-${size}`);
      mkdirSync(folder);
      const contenders = Array.from({ length: size }, (_, index) =>
        start({ kind, folder, id: `p${index}`, count: COUNT }),
      );
      const all = Promise.all(contenders.map(({ refusals }) => refusals));
      all.catch(() => {}); // said below
      await Promise.race([all, Promise.all(contenders.map(({ ready }) => ready))]);
      writeFileSync(join(folder, "go"), "");
      const stops = await disturb(contenders);
      const refusals = (await all).flatMap((codes) => Object.entries(codes));
      const known = contenders.flatMap((_, index) =>
        readFileSync(join(folder, `p${index}.log`), "utf8")
          .trimEnd()
          .split("\n"),
      );
      const told = (what: string) =>
        known.filter((line) => line.startsWith(what)).map((line) => line.slice(what.length + 1));
      const stored = (await open(folder).read("run_1")).events.map(tokenOf);
      expect(new Set(stored).size).toBe(stored.length);
      expect(told("acknowledged")).toHaveLength(size * COUNT);
      // What was refused in the middle of a write may be stored all the same, as `append` says, and nothing else may.
      const refused = new Set(told("refused"));
      expect(stored.filter((token) => !refused.has(token)).toSorted()).toEqual(told("acknowledged").toSorted());
      expect(stops).toBeGreaterThan(3);
      const sum = (code: string) =>
        refusals.reduce((total, [name, times]) => (name === code ? total + times : total), 0);
      expect(sum("run_locked")).toBeGreaterThan(0);
      if (process.env.FAIRWITNESS_PROCESSES !== undefined) {
        const both = stored.filter((token) => refused.has(token)).length;
        console.log(
          `${kind}, ${size}: ${stored.length} stored (${both} of them refused), ${stops} stops, ${sum("run_locked")} locked, ${sum("lease_lost")} lost`,
        );
      }
    },
  );
});
