import { appendFileSync, fsyncSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { AgentError } from "../../src/errors.ts";
import { formatCheckedEvent, formatEvent, type StoredEvent } from "../../src/event/index.ts";
import { createFileStore, type FileCalls, type LocalStore } from "../../src/store/index.ts";
import { failing, KINDS } from "./failing.ts";
import { completed, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-torture-"));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
const freshFolder = (): string => join(home, `${++folders}`);
const open = (folder: string, calls: Partial<FileCalls> = {}, fsync: "never" | "always" = "never"): LocalStore =>
  createFileStore(folder, { onRepair: () => {}, calls, fsync });

const events: readonly StoredEvent[] = [
  started("run_1"),
  { type: "warning", seq: 1, runId: "run_1", turn: 0, at: 1_500, code: "odd", message: 'é "\u{1f600}"' },
  completed("run_1", 2),
];
const lines = events.map((event) => Buffer.from(formatCheckedEvent(event)));
const bytes = Buffer.concat(lines);

/** A store over a record of these bytes. */
function over(folder: string, content: Uint8Array): LocalStore {
  mkdirSync(join(folder, "runs"), { recursive: true });
  writeFileSync(join(folder, "runs", "run_1.jsonl"), content);
  return open(folder);
}

describe("a record in a file", () => {
  test("that is cut at any byte keeps every whole event, and goes on from there (row 99)", async () => {
    const folder = freshFolder();
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const store = over(folder, bytes.subarray(0, cut));
      let whole = 0;
      for (let end = 0; whole < lines.length; whole += 1) {
        end += lines[whole]?.length ?? 0;
        if (end > cut) break;
      }
      const kept = events.slice(0, whole);
      expect((await store.read("run_1")).events, `cut at ${cut}`).toEqual(kept);
      const lease = cut % 2 === 0 ? undefined : await store.lease("run_1", { owner: "a", ttlMs: 60_000 });
      store.append("run_1", [completed("run_1", whole)], lease === undefined ? {} : { epoch: lease.epoch });
      await lease?.release();
      expect(await store.read("run_1"), `cut at ${cut}`).toEqual({
        events: [...kept, completed("run_1", whole)],
        unknown: [],
      });
    }
  });

  test("in which any bit of any byte is another is refused, with line, byte and file, and is never added to where its end is wrong (row 100)", async () => {
    const folder = freshFolder();
    const begins = lines.map((_, line) => lines.slice(0, line).reduce((sum, { length }) => sum + length, 0));
    for (let at = 0; at < bytes.length; at += 1) {
      const line = begins.findLastIndex((begin) => begin <= at);
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = Buffer.from(bytes);
        flipped[at] = (bytes[at] ?? 0) ^ (1 << bit);
        const store = over(folder, flipped);
        const error = await store.read("run_1").then(
          () => undefined,
          (thrown: AgentError) => thrown,
        );
        const where = `byte ${at}, bit ${bit}: ${error?.message}`;
        expect(error?.code, where).toBe("malformed_record");
        const [, named, begin] = /Line (\d+) of .* begins at byte (\d+)\./s.exec(error?.message ?? "") ?? [];
        // A newline that is gone, or one that is new, may make two lines of which the second is the first that is wrong.
        expect([line + 1, line + 2], where).toContain(Number(named));
        expect(Number(begin), where).toBeGreaterThanOrEqual(begins[line] ?? 0);
        expect(error?.message).toContain("run_1.jsonl");
        if (line < lines.length - 1) continue;
        expect(() => store.append("run_1", [completed("run_1", 3)]), where).toThrow(
          expect.objectContaining({ code: "malformed_record" }),
        );
        expect(readFileSync(join(folder, "runs", "run_1.jsonl")).equals(flipped), where).toBe(true);
      }
    }
  });

  test("that ends in zeros is cut where they begin (row 99)", async () => {
    const store = over(freshFolder(), Buffer.concat([bytes, Buffer.alloc(70_000)]));
    store.append("run_1", [completed("run_1", 3)]);
    expect((await store.read("run_1")).events).toEqual([...events, completed("run_1", 3)]);
  });

  test("of an older version, without checksums, is read, listed and gone on with; after one with a checksum none may be missing", async () => {
    const folder = freshFolder();
    const store = over(folder, Buffer.from(events.map(formatEvent).join("")));
    expect((await store.read("run_1")).events).toEqual(events);
    expect(await store.list()).toMatchObject([{ runId: "run_1", status: "completed", updatedAt: 2_000 }]);
    store.append("run_1", [completed("run_1", 3)]);
    expect((await store.read("run_1")).events).toHaveLength(4);
    appendFileSync(join(folder, "runs", "run_1.jsonl"), formatEvent(completed("run_1", 4)));
    await expect(open(folder).read("run_1")).rejects.toMatchObject({
      code: "malformed_record",
      message: expect.stringContaining("Line 5 of the record cannot be read: it has no checksum"),
    });
  });

  test("is JSON that other programs read, with the checksum as its last field", () => {
    const folder = freshFolder();
    open(folder).append("run_1", events);
    const stored = readFileSync(join(folder, "runs", "run_1.jsonl"), "utf8")
      .trimEnd()
      .split("\n");
    expect(stored.map((line) => JSON.parse(line))).toEqual(
      events.map((event) => ({ ...event, crc: expect.stringMatching(/^[0-9a-f]{8}$/) })),
    );
  });

  test("with a damaged end is in the list with what is wrong with it", async () => {
    const damaged = Buffer.from(bytes);
    damaged[bytes.length - 30] = 0x21;
    const [run] = await over(freshFolder(), damaged).list();
    expect(run?.problem).toContain("Line 3 of the record cannot be read");
  });
});

const event = (seq: number): StoredEvent => (seq === 0 ? started("run_1") : completed("run_1", seq));

/** Two holders after each other, who append, renew and release. What was acknowledged stays so. */
async function work(store: LocalStore, acknowledged: StoredEvent[]): Promise<void> {
  for (const owner of ["a", "b"]) {
    const lease = await store.lease("run_1", { owner, ttlMs: 60_000 });
    for (let round = 0; round < 3; round += 1) {
      store.append("run_1", [event(acknowledged.length)], { epoch: lease.epoch });
      acknowledged.push(event(acknowledged.length));
    }
    await lease.renew();
    await lease.release();
  }
  store.append("run_1", [event(acknowledged.length)]);
  acknowledged.push(event(acknowledged.length));
}

/** A record of which the first event is acknowledged, and the second was being written when its process died. */
function torn(folder: string): StoredEvent[] {
  over(folder, Buffer.concat([lines[0] ?? Buffer.alloc(0), Buffer.from('{"type":"run.comp')]));
  return [event(0)];
}

test.each([
  ["of a new run", () => []],
  ["of a torn record", torn],
])(
  "whichever write, fsync, rename, link, copy, cut, removal or open %s fails: it is said, nothing acknowledged is lost, and the record can be gone on with (row 98)",
  { timeout: 120_000 },
  async (_, begin: (folder: string) => StoredEvent[]) => {
    const counting = failing(0, KINDS);
    const whole = freshFolder();
    await work(open(whole, counting.calls, "always"), begin(whole));
    expect(counting.count()).toBeGreaterThan(60);
    for (let nth = 1; nth <= counting.count(); nth += 1) {
      const folder = freshFolder();
      const acknowledged = begin(folder);
      const error = await work(open(folder, failing(nth, KINDS).calls, "always"), acknowledged).then(
        () => undefined,
        (thrown: AgentError) => thrown,
      );
      expect(error?.code, `call ${nth}: ${error?.message}`).toBe("store_failed");
      // Another process, later than any lease that was left.
      const later = createFileStore(folder, { now: () => Date.now() + 120_000, onRepair: () => {} });
      const stored = await later.read("run_1").catch(() => ({ events: [] }));
      expect(stored.events.slice(0, acknowledged.length), `call ${nth}`).toEqual(acknowledged);
      const lease = await later.lease("run_1", { owner: "later", ttlMs: 1_000 });
      later.append("run_1", [event(stored.events.length)], { epoch: lease.epoch });
      expect((await later.read("run_1")).events).toHaveLength(stored.events.length + 1);
      expect(await later.list({ conversation: "run_1" }), `call ${nth}`).toMatchObject([{ runId: "run_1" }]);
    }
  },
);

test("after a failed fsync nothing more is acknowledged by that store (row 98)", async () => {
  const folder = freshFolder();
  let fails = false;
  const fsync = (fd: number): void => {
    if (fails) throw new Error("EIO: i/o error, fsync");
    fsyncSync(fd);
  };
  const store = open(folder, { fsync }, "always");
  store.append("run_1", [event(0)]);
  fails = true;
  expect(() => store.append("run_1", [event(1)])).toThrow(expect.objectContaining({ code: "store_failed" }));
  fails = false;
  expect(() => store.append("run_1", [event(1)])).toThrow(
    expect.objectContaining({ code: "store_failed", message: expect.stringContaining("go on with a new store") }),
  );
  expect((await open(folder).read("run_1")).events[0]).toEqual(event(0));
});

test("an fsync policy that is none is refused", () => {
  expect(() => createFileStore(freshFolder(), { fsync: "sometimes" as "never" })).toThrow(
    expect.objectContaining({ code: "invalid_option" }),
  );
});
