// Processes that sleep at the worst place: here the other one does its work within a call of the file system.
import { copyFileSync, linkSync, mkdtempSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createFileStore, type FileCalls, type LocalStore } from "../../src/store/index.ts";
import { completed, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-fence-"));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
const TTL = { ttlMs: 100 };

interface World {
  clock: { ms: number };
  /** Opens a store over the same folder, which calls these instead. */
  open(calls?: Partial<FileCalls>): LocalStore;
}

function world(): World {
  folders += 1;
  const folder = join(home, `${folders}`);
  const clock = { ms: 1_000 };
  return { clock, open: (calls = {}) => createFileStore(folder, { now: () => clock.ms, calls, onRepair: () => {} }) };
}

/** Does something at the next call only. */
function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}

/** The lease ends, and somebody else goes on with the run. All of it is done when this returns. */
function takeOver({ clock, open }: World, seq: number, epoch: number): void {
  clock.ms += TTL.ttlMs;
  const store = open();
  void store.lease("run_1", { owner: "next", ...TTL });
  store.append("run_1", [completed("run_1", seq, "of the next")], { epoch });
}

test("a holder that sleeps between looking at its lease and writing writes nothing that anybody sees (row 97)", async () => {
  const here = world();
  const intrude = once(() => takeOver(here, 1, 2));
  let isArmed = false;
  const store = here.open({
    write: (fd, bytes) => {
      if (isArmed) intrude();
      return writeSync(fd, bytes);
    },
  });
  const { epoch } = await store.lease("run_1", { owner: "sleeper", ...TTL });
  store.append("run_1", [started("run_1")], { epoch });
  isArmed = true;
  expect(() => store.append("run_1", [completed("run_1", 1, "of the sleeper")], { epoch })).toThrow(
    expect.objectContaining({ code: "lease_lost" }),
  );
  const { events } = await here.open().read("run_1");
  expect(events).toEqual([started("run_1"), completed("run_1", 1, "of the next")]);
});

test("one that writes without a lease, and sleeps there, does not either", async () => {
  const here = world();
  const intrude = once(() => takeOver(here, 1, 1));
  let isArmed = false;
  const store = here.open({
    write: (fd, bytes) => {
      if (isArmed) intrude();
      return writeSync(fd, bytes);
    },
  });
  store.append("run_1", [started("run_1")]);
  isArmed = true;
  expect(() => store.append("run_1", [completed("run_1", 1, "of the sleeper")])).toThrow(
    expect.objectContaining({ code: "run_locked" }),
  );
  expect((await here.open().read("run_1")).events.at(-1)).toEqual(completed("run_1", 1, "of the next"));
});

test("two that write at once without a lease: the one that was overtaken is told, and its event is not taken for stored", async () => {
  const here = world();
  const intrude = once(() => here.open().append("run_1", [completed("run_1", 1, "of the other")]));
  let isArmed = false;
  const store = here.open({
    write: (fd, bytes) => {
      if (isArmed) intrude();
      return writeSync(fd, bytes);
    },
  });
  store.append("run_1", [started("run_1")]);
  isArmed = true;
  expect(() => store.append("run_1", [completed("run_1", 1)])).toThrow(
    expect.objectContaining({ code: "seq_conflict" }),
  );
  await expect(here.open().read("run_1")).rejects.toMatchObject({ code: "malformed_record" });
});

test.each(["before it copies", "before it renames"])(
  "a taker that sleeps %s the record does not undo what the next one has written (row 97)",
  async (when) => {
    const here = world();
    here.open().append("run_1", [started("run_1")]);
    const intrude = once(() => takeOver(here, 1, 2));
    const store = here.open({
      copyFile: (from, to) => {
        if (when === "before it copies") intrude();
        copyFileSync(from, to);
      },
      rename: (from, to) => {
        if (when === "before it renames" && to.endsWith(".jsonl")) intrude();
        renameSync(from, to);
      },
    });
    await expect(store.lease("run_1", { owner: "sleeper", ...TTL })).rejects.toMatchObject({ code: "store_failed" });
    const other = here.open();
    expect((await other.read("run_1")).events).toEqual([started("run_1"), completed("run_1", 1, "of the next")]);
    await expect(other.lease("run_1", { owner: "late", ...TTL })).rejects.toMatchObject({ owner: "next" });
  },
);

test("a lease that is renewed while somebody takes it stays with one of the two", async () => {
  const here = world();
  const holder = here.open();
  const lease = await holder.lease("run_1", { owner: "holder", ...TTL });
  holder.append("run_1", [started("run_1")], { epoch: lease.epoch });
  const taker = here.open({
    link: (from, to) => {
      here.clock.ms -= 1; // the holder's clock is a little behind
      void lease.renew();
      linkSync(from, to);
    },
  });
  here.clock.ms += TTL.ttlMs;
  await expect(taker.lease("run_1", { owner: "taker", ...TTL })).rejects.toMatchObject({ owner: "holder" });
  holder.append("run_1", [completed("run_1", 1)], { epoch: lease.epoch });
  expect((await here.open().read("run_1")).events).toHaveLength(2);
});

test.each([
  ["opens", "wakes"],
  ["links", "wakes"],
  ["opens", "has written"],
  ["links", "has written"],
])(
  "a holder that sleeps before it %s a record that is not there yet makes none once the next one %s (row 97)",
  async (when, then) => {
    const here = world();
    const taken: { store?: LocalStore } = {};
    const intrude = once(() => {
      here.clock.ms += TTL.ttlMs;
      taken.store = here.open();
      void taken.store.lease("run_1", { owner: "next", ...TTL });
      if (then === "has written") taken.store.append("run_1", [started("run_1")], { epoch: 2 });
    });
    const store = here.open({
      open: (path, flags) => {
        if (when === "opens" && path.endsWith("/1.copy")) intrude();
        return openSync(path, flags);
      },
      link: (existing, path) => {
        if (when === "links" && path.endsWith(".jsonl")) intrude();
        linkSync(existing, path);
      },
    });
    const { epoch } = await store.lease("run_1", { owner: "sleeper", ...TTL });
    expect(() => store.append("run_1", [started("run_1")], { epoch })).toThrow(
      expect.objectContaining({ code: "lease_lost" }),
    );
    if (then === "wakes") taken.store?.append("run_1", [started("run_1")], { epoch: 2 });
    taken.store?.append("run_1", [completed("run_1", 1, "of the next")], { epoch: 2 });
    expect((await here.open().read("run_1")).events).toEqual([started("run_1"), completed("run_1", 1, "of the next")]);
  },
);
