import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { LocalStore } from "../../src/store/index.ts";
import { completed, STORES, started } from "./support.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-last-"));
afterAll(() => rmSync(home, { recursive: true }));

const seqs = async (store: LocalStore, after: number): Promise<readonly number[]> =>
  (await store.read("run_1", { after })).events.map(({ seq }) => seq);

test.each(STORES)(
  "a store %s gives the last event again, and what came since, to whoever has read up to it",
  async (name, open) => {
    const folder = join(home, name.replaceAll(" ", "-"));
    const store = open(folder);
    store.append("run_1", [started("run_1"), completed("run_1", 1), completed("run_1", 2, "é\u{1f600}")]);
    expect(await seqs(store, -1)).toEqual([0, 1, 2]);
    expect((await store.read("run_1", { after: 1 })).events).toEqual([completed("run_1", 2, "é\u{1f600}")]);
    expect(await seqs(store, 2)).toEqual([]);
    expect(await seqs(store, 1)).toEqual([2]);
    store.append("run_1", [completed("run_1", 3), completed("run_1", 4)]);
    expect(await seqs(store, 1)).toEqual([2, 3, 4]);
    expect(await seqs(store, 3)).toEqual([4]);
    expect(await seqs(store, 0)).toEqual([1, 2, 3, 4]);

    // Another record by the same name, written by a store that this one knows nothing of.
    const other = name === "in memory" ? store : open(folder);
    await other.delete("run_1");
    other.append("run_1", [started("run_1", 5_000), completed("run_1", 1, "another, and a longer one")]);
    expect(await seqs(store, 3)).toEqual([]);
    expect(await seqs(store, 0)).toEqual([1]);
    await other.delete("run_1");
    other.append("run_1", [started("run_1", 6_000)]);
    expect((await store.read("run_1", { after: -1 })).events).toEqual([started("run_1", 6_000)]);
    expect(await seqs(store, 0)).toEqual([]);
  },
);
