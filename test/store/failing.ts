import { copyFileSync, fsyncSync, ftruncateSync, linkSync, openSync, renameSync, unlinkSync, writeSync } from "node:fs";
import type { FileCalls } from "../../src/store/index.ts";

export const KINDS: readonly (keyof FileCalls)[] = [
  "open",
  "write",
  "fsync",
  "rename",
  "link",
  "copyFile",
  "unlink",
  "ftruncate",
];

/** What makes the n-th of all calls of the named kinds fail; of a write, half of it is done before. */
export function failing(
  nth: number,
  kinds: readonly (keyof FileCalls)[],
): { calls: Partial<FileCalls>; count: () => number } {
  let count = 0;
  const real = {
    open: openSync,
    write: writeSync,
    fsync: fsyncSync,
    rename: renameSync,
    link: linkSync,
    copyFile: copyFileSync,
    unlink: unlinkSync,
    ftruncate: ftruncateSync,
  };
  const fail = (kind: string): void => {
    count += 1;
    if (count === nth) throw Object.assign(new Error(`ENOSPC: no space left on device, ${kind}`), { code: "ENOSPC" });
  };
  const guarded: Partial<FileCalls> = {
    write: (fd, data) => {
      try {
        fail("write");
      } catch (error) {
        real.write(fd, data.subarray(0, data.length >> 1));
        throw error;
      }
      return real.write(fd, data.subarray(0, Math.max(1, data.length >> 1))); // and is short when it does not fail
    },
    fsync: (fd) => {
      fail("fsync");
      real.fsync(fd);
    },
    rename: (from, to) => {
      fail("rename");
      real.rename(from, to);
    },
    link: (from, to) => {
      fail("link");
      real.link(from, to);
    },
    copyFile: (from, to) => {
      fail("copyFile");
      real.copyFile(from, to);
    },
    unlink: (path) => {
      fail("unlink");
      real.unlink(path);
    },
    ftruncate: (fd, size) => {
      fail("ftruncate");
      real.ftruncate(fd, size);
    },
    open: (path, flags) => {
      fail("open");
      return real.open(path, flags);
    },
  };
  return { calls: Object.fromEntries(kinds.map((kind) => [kind, guarded[kind]])), count: () => count };
}
