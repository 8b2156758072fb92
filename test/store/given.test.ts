import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createFileStore, createMemoryStore, createSqliteStore } from "../../src/store/index.ts";

const home = mkdtempSync(join(tmpdir(), "fairwitness-given-"));
afterAll(() => rmSync(home, { recursive: true }));

/** As plain JavaScript calls it, whatever the types say. */
const MAKERS: Readonly<Record<string, (...given: never[]) => unknown>> = {
  createFileStore,
  createMemoryStore,
  createSqliteStore,
};
const place = join(home, "made");

describe("a store that cannot be meant is refused when it is made:", () => {
  test.each<[string, readonly unknown[], string]>([
    ["createFileStore", [place, { fsnyc: "always" }], 'no option "fsnyc". It takes fsync, now, onRepair, calls.'],
    ["createSqliteStore", [place, { sync: "always" }], 'no option "sync". It takes fsync, busyTimeoutMs, now.'],
    ["createMemoryStore", [{ clock: 1 }], 'no option "clock". It takes now.'],
    ["createFileStore", [{ fsync: "always" }], "takes a folder first"],
    ["createFileStore", [""], "takes a folder first"],
    ["createSqliteStore", [], "takes a file first"],
    ["createFileStore", [place, null], "takes an object of options"],
    ["createFileStore", [place, { fsync: "sometimes" }], 'fsync is "sometimes". Give "never" or "always".'],
    ["createSqliteStore", [place, { fsync: true }], 'fsync is true. Give "never" or "always".'],
    ["createMemoryStore", [{ now: 5 }], "now is no function"],
    ["createFileStore", [place, { onRepair: true }], "onRepair is no function"],
    ["createSqliteStore", [place, { busyTimeoutMs: "1s" }], "busyTimeoutMs is 1s: give whole milliseconds, from 0."],
  ])("%s of %j", (maker, given, says) => {
    expect(() => MAKERS[maker]?.(...(given as never[]))).toThrow(
      expect.objectContaining({ code: "invalid_option", message: expect.stringContaining(says) }),
    );
    expect(existsSync(place)).toBe(false);
    expect(readdirSync(home)).toEqual([]);
  });
});
