// Files of a store in which a bit flipped, or that were cut: what is read is what was written, or is refused.
// FAIRWITNESS_FLIPS=all flips every bit of all that a database holds, which takes a quarter of an hour.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import type { AgentError } from "../../src/errors.ts";
import type { StoredEvent } from "../../src/event/index.ts";
import { createFileStore, createSqliteStore, type LocalStore, type SqliteStore } from "../../src/store/index.ts";
import { completed, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-damage-"));
afterAll(() => rmSync(home, { recursive: true }));

const isWhole = process.env.FAIRWITNESS_FLIPS === "all";
const ALL_BITS = [0, 1, 2, 3, 4, 5, 6, 7];
const FREE_STEP = 29;
const FREE_MARGIN = 16;

/** Where to do damage, and at which bits there. @param step A prime, so that all parts of a page get their turn. */
function* placesIn(bytes: Uint8Array, step: number): Generator<{ at: number; bits: readonly number[] }> {
  for (let at = 0; at < bytes.length; at += isWhole ? 1 : step) {
    const one = [(at * 5) % 8];
    if (!isWhole) yield { at, bits: one };
    else if (!isFree(bytes, at)) yield { at, bits: ALL_BITS };
    else if (at % FREE_STEP === 0) yield { at, bits: one };
  }
}

/** Most of a page is zeros in which nothing stands: a sample of them will do. */
function isFree(bytes: Uint8Array, at: number): boolean {
  return bytes.subarray(Math.max(0, at - FREE_MARGIN), at + FREE_MARGIN).every((byte) => byte === 0);
}
const now = (): number => 5_000;

function flipped(bytes: Uint8Array, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}

/** What can be asked of a store, by name. */
type Probes = Readonly<Record<string, (store: LocalStore) => Promise<unknown>>>;
const REFUSALS: readonly unknown[] = ["store_failed", "malformed_record"];

/** What is neither as it was nor refused. */
async function silentlyWrong(store: LocalStore, probes: Probes, right: Record<string, unknown>): Promise<string[]> {
  const wrong: string[] = [];
  for (const [name, probe] of Object.entries(probes)) {
    const outcome = await probe(store).then(
      (value) => (isDeepStrictEqual(value, right[name]) ? "right" : value),
      (error: AgentError) => (REFUSALS.includes(error.code) ? "refused" : error),
    );
    if (outcome === "refused") refused += 1;
    else if (outcome !== "right" && !isSaidToBeBroken(outcome, right[name]))
      wrong.push(`${name}: ${JSON.stringify(outcome)}`);
  }
  return wrong;
}
let refused = 0;

/** A list in which each run is as it was, or has a problem. */
function isSaidToBeBroken(list: unknown, right: unknown): boolean {
  if (!Array.isArray(list) || !Array.isArray(right) || list.length !== right.length) return false;
  return list.every((run, index) => typeof run?.problem === "string" || isDeepStrictEqual(run, right[index]));
}

const of = (conversation: string, runId: string, at: number): StoredEvent => ({ ...started(runId, at), conversation });

async function fill(store: LocalStore): Promise<string> {
  const { sha256 } = await store.artifacts.put(new TextEncoder().encode("a large result ".repeat(9)), "text/plain");
  for (const [place, runId] of ["run_1", "run_2", "run_3"].entries()) {
    store.append(runId, [of(place === 1 ? "even" : "odd", runId, place + 1)]);
    for (let seq = 1; seq <= 3; seq += 1) store.append(runId, [completed(runId, seq, `text ${seq} `.repeat(20))]);
  }
  await store.inbox.send("run_1", "approval:1.1", { approve: false, reason: "because of the money" });
  await store.inbox.send("run_1", "steer:1", "go left");
  return sha256;
}

const probesOf = (sha256: string): Probes => ({
  "the first run": (store) => store.read("run_1"),
  "the second run": (store) => store.read("run_2"),
  "the end of a run": (store) => store.read("run_3", { after: 2 }),
  "all runs": (store) => store.list(),
  "a conversation": (store) => store.list({ conversation: "odd" }),
  "the newest of a conversation": (store) => store.list({ conversation: "odd", limit: 1 }),
  letters: (store) => store.inbox.received("run_1"),
  "an artifact": (store) => store.artifacts.get(sha256).then((bytes) => [...bytes], gone),
  "a run that goes on": async (store) => {
    store.append("run_2", [completed("run_2", 4)]);
    return (await store.read("run_2")).events.length;
  },
});

/** That an artifact is not there is no artifact in place of another. */
function gone(error: AgentError): never {
  if (error.code === "not_found") error = Object.assign(error, { code: "store_failed" });
  throw error;
}

describe("a database", () => {
  const make = async (): Promise<{ bytes: Buffer; probes: Probes; right: Record<string, unknown>; file: string }> => {
    const folder = mkdtempSync(join(home, "database-"));
    const file = join(folder, "runs.sqlite");
    const store = createSqliteStore(file, { now });
    const probes = probesOf(await fill(store));
    store.close();
    const bytes = readFileSync(file);
    const right: Record<string, unknown> = {};
    for (const [name, probe] of Object.entries(probes)) right[name] = await over(file, bytes, probe);
    return { bytes, probes, right, file };
  };

  async function over<T>(file: string, bytes: Uint8Array, use: (store: SqliteStore) => Promise<T>): Promise<T> {
    for (const end of ["-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
    writeFileSync(file, bytes);
    const store = createSqliteStore(file, { now });
    try {
      return await use(store);
    } finally {
      store.close();
    }
  }

  test("in which a bit flipped gives what was written or refuses, and never something else (row 100)", {
    timeout: 7_200_000,
  }, async () => {
    const { bytes, probes, right, file } = await make();
    refused = 0;
    const wrong: string[] = [];
    for (const { at, bits } of placesIn(bytes, 149)) {
      for (const bit of bits) {
        const found = await over(file, flipped(bytes, at, bit), (store) => silentlyWrong(store, probes, right));
        wrong.push(...found.map((what) => `byte ${at}, bit ${bit}: ${what}`));
      }
    }
    expect(wrong).toEqual([]); // all of it at once: a whole pass takes its time
    expect(refused).toBeGreaterThan(100);
  });

  test("that was cut gives what was written or refuses; of none at all a new one is made (row 99)", {
    timeout: 7_200_000,
  }, async () => {
    const { bytes, probes, right, file } = await make();
    refused = 0;
    for (const { at } of placesIn(bytes, 509)) {
      if (at === 0) continue;
      const wrong = await over(file, bytes.subarray(0, at), (store) => silentlyWrong(store, probes, right));
      expect(wrong, `cut at ${at}`).toEqual([]);
    }
    expect(refused).toBeGreaterThan(100);
    expect(await over(file, new Uint8Array(), (store) => store.list())).toEqual([]);
  });

  test("whose log of writes was cut or changed comes back as it was after one of them, and goes on from there (rows 99, 100)", {
    timeout: 7_200_000,
  }, async () => {
    const folder = mkdtempSync(join(home, "log-"));
    const store = createSqliteStore(join(folder, "runs.sqlite"), { now });
    const written = [started("run_1"), ...Array.from({ length: 9 }, (_, index) => completed("run_1", index + 1))];
    for (const event of written) store.append("run_1", [event]);
    const database = readFileSync(join(folder, "runs.sqlite"));
    const log = readFileSync(join(folder, "runs.sqlite-wal"));
    store.close();
    const lengths = new Set<number>();
    const damaged = join(folder, "damaged.sqlite");
    for (const { at } of placesIn(log, 1_999)) {
      await setImmediate(); // nothing else here waits for anything, and a whole pass would keep the runner from being heard
      for (const bytes of [log.subarray(0, at), flipped(log, at, at % 8)]) {
        writeFileSync(`${damaged}-wal`, bytes);
        rmSync(`${damaged}-shm`, { force: true });
        writeFileSync(damaged, database);
        const again = createSqliteStore(damaged, { now });
        const events = (await again.read("run_1").catch(() => ({ events: [] }))).events;
        expect(events, `byte ${at}`).toEqual(written.slice(0, events.length));
        again.append("run_1", [events.length === 0 ? started("run_1") : completed("run_1", events.length)]);
        expect((await again.read("run_1")).events).toHaveLength(events.length + 1);
        again.close();
        lengths.add(events.length);
      }
    }
    expect(lengths.size).toBeGreaterThan(5);
  });
});

describe("in files", () => {
  test("letters, leases and artifacts in which a bit flipped are refused, and so is a letter or a lease that was cut (row 100)", async () => {
    const folder = join(home, "files");
    const store = createFileStore(folder, { now });
    const sha256 = await fill(store);
    await store.lease("run_2", { owner: "holder", ttlMs: 1_000 });
    const small = [
      join("inbox", "run_1", "1.json"),
      join("inbox", "run_1", "2.json"),
      join("leases", "run_2", "1", "lease.json"),
    ];
    const taking = () => store.lease("run_2", { owner: "other", ttlMs: 1_000 });
    const reading: readonly (readonly [string, () => Promise<unknown>])[] = [
      ...small.slice(0, 2).map((file) => [file, () => store.inbox.received("run_1")] as const),
      [small[2] ?? "", taking],
      [join("artifacts", sha256), () => store.artifacts.get(sha256)],
    ];
    for (const [name, read] of reading) {
      const file = join(folder, name);
      const bytes = readFileSync(file);
      for (let at = 0; at < bytes.length; at += 1) {
        for (const changed of [flipped(bytes, at, at % 8), bytes.subarray(0, at)]) {
          writeFileSync(file, changed);
          await expect(read(), `${name}, byte ${at}`).rejects.toMatchObject({ code: "store_failed" });
        }
      }
      writeFileSync(file, bytes);
    }
    await expect(taking()).rejects.toMatchObject({ code: "run_locked", owner: "holder" });
    expect(await store.inbox.received("run_1")).toHaveLength(2);
  });

  test("a whole store comes back from a copy, with its lists, letters and artifacts", async () => {
    const [from, to] = [join(home, "whole"), join(home, "copy")];
    const probes = probesOf(await fill(createFileStore(from, { now })));
    for (const name of readdirSync(from, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const place = join(to, name.parentPath.slice(from.length));
      mkdirSync(place, { recursive: true });
      copyFileSync(join(name.parentPath, name.name), join(place, name.name));
    }
    for (const [name, probe] of Object.entries(probes)) {
      expect(await probe(createFileStore(to, { now })), name).toEqual(await probe(createFileStore(from, { now })));
    }
  });
});
