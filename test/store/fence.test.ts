// Processes that sleep at the worst place: here the other one does its work within a call of the file system.
import {
  copyFileSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
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
  folder: string;
  clock: { ms: number };
  /** Opens a store over the same folder, which calls these instead. */
  open(calls?: Partial<FileCalls>): LocalStore;
}

function world(): World {
  folders += 1;
  const folder = join(home, `${folders}`);
  const clock = { ms: 1_000 };
  return {
    folder,
    clock,
    open: (calls = {}) => createFileStore(folder, { now: () => clock.ms, calls, onRepair: () => {} }),
  };
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
    const sleeping = store.lease("run_1", { owner: "sleeper", ...TTL });
    await expect(sleeping).rejects.toMatchObject({ code: "run_locked", owner: "next" });
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
    rename: (from, to) => {
      if (to.endsWith("/2")) {
        here.clock.ms -= 1; // the holder's clock is a little behind
        void lease.renew();
      }
      renameSync(from, to);
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
        if (when === "opens" && path.endsWith("/1/record")) intrude();
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

/** Three others take the lease one after the other, each as soon as it may, and give it back. */
function takeThrice({ open }: World, isGone: () => boolean = () => true): void {
  for (const owner of ["b", "c", "d"]) {
    // Nothing in it waits for anything, so it is done when the call returns.
    void open().lease("run_1", { owner, ...TTL, isGone });
  }
}

test.each(["before it makes its lease", "before it gives it a name"])(
  "a taker that sleeps %s of an epoch that is used and tidied away meanwhile takes none (row 96)",
  async (when) => {
    const here = world();
    const intrude = once(() => takeThrice(here));
    const now = (): number => {
      if (when === "before it makes its lease") intrude();
      return here.clock.ms;
    };
    const rename: FileCalls["rename"] = (from, to) => {
      if (when === "before it gives it a name") intrude();
      renameSync(from, to);
    };
    const store = createFileStore(here.folder, { now, calls: { rename } });
    const sleeping = store.lease("run_1", { owner: "sleeper", ...TTL });
    await expect(sleeping).rejects.toMatchObject({ code: "run_locked", owner: "d" });
    expect(readdirSync(join(here.folder, "leases", "run_1"))).toEqual(["3"]);
    here.clock.ms += TTL.ttlMs;
    expect(await store.lease("run_1", { owner: "sleeper", ...TTL })).toMatchObject({ epoch: 4 });
  },
);

test("a holder that was wrongly held to be dead appends and renews nothing, however many epochs have come and gone since (row 97)", async () => {
  for (const act of ["append", "renew"] as const) {
    const here = world();
    const intrude = once(() => takeThrice(here));
    let isArmed = false;
    const store = here.open({
      write: (fd, bytes) => {
        if (isArmed) intrude();
        return writeSync(fd, bytes);
      },
    });
    const lease = await store.lease("run_1", { owner: "a", ...TTL });
    store.append("run_1", [started("run_1")], { epoch: lease.epoch });
    isArmed = true;
    const acting = async (): Promise<void> => {
      if (act === "renew") await lease.renew();
      else store.append("run_1", [completed("run_1", 1, "of the sleeper")], { epoch: lease.epoch });
    };
    for (let attempt = 0; attempt < 2; attempt += 1)
      await expect(acting()).rejects.toMatchObject({ code: "lease_lost" });
    await lease.release();
    expect((await here.open().read("run_1")).events).toEqual([started("run_1")]);
    expect(readdirSync(join(here.folder, "leases", "run_1"))).toEqual(["4"]);
  }
});

test("a taker that wakes while its run is being deleted, and then renames its copy, does not bring it back", async () => {
  const here = world();
  here.open().append("run_1", [started("run_1")]);
  const renamed: unknown[] = [];
  const store = here.open({
    rename: (from, to) => {
      if (!to.endsWith(".jsonl")) return renameSync(from, to);
      here.clock.ms += TTL.ttlMs;
      const unlink: FileCalls["unlink"] = (path) => {
        unlinkSync(path);
        if (path === to) renamed.push(codeOf(() => renameSync(from, to))); // it wakes here
      };
      void here.open({ unlink }).delete("run_1");
      renameSync(from, to);
    },
  });
  await expect(store.lease("run_1", { owner: "sleeper", ...TTL })).rejects.toMatchObject({ code: "lease_lost" });
  expect(renamed).toEqual(["ENOENT"]);
  await expect(here.open().read("run_1")).rejects.toMatchObject({ code: "not_found" });
});

function codeOf(act: () => void): unknown {
  try {
    return act();
  } catch (error) {
    return (error as { code?: unknown }).code; // of what the file system throws
  }
}

test("a run that is leased again and again keeps one lease in its folder, also where it never has a record", async () => {
  const here = world();
  const store = here.open();
  for (let round = 1; round <= 50; round += 1) {
    const lease = await store.lease("conversation_1", { owner: "a", ...TTL });
    expect(lease.epoch).toBe(round);
    await lease.renew();
    if (round % 2 === 0) await lease.release();
    else here.clock.ms += TTL.ttlMs;
  }
  const kept = readdirSync(join(here.folder, "leases", "conversation_1"), { recursive: true });
  expect(kept.toSorted()).toEqual(["50", join("50", "lease.json")]);
});
