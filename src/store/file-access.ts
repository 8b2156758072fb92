import { addChecksum, takeChecksum } from "../event/index.ts";
import type { FileCalls } from "./file-calls.ts";
import { nodeModule } from "./node.ts";

/** What the parts of the file store share. */
export interface FileAccess {
  calls: FileCalls;
  fs: typeof import("node:fs");
  /** Every write is on the disk before its call returns. */
  isSynced: boolean;
}

export function createFileAccess(given: Partial<FileCalls>, isSynced: boolean): FileAccess {
  const fs = nodeModule("fs", "createFileStore");
  const calls: FileCalls = {
    open: (path, flags) => fs.openSync(path, flags),
    write: (fd, bytes) => fs.writeSync(fd, bytes),
    fsync: (fd) => fs.fsyncSync(fd),
    ftruncate: (fd, size) => fs.ftruncateSync(fd, size),
    close: (fd) => fs.closeSync(fd),
    rename: (from, to) => fs.renameSync(from, to),
    link: (existing, path) => fs.linkSync(existing, path),
    unlink: (path) => fs.unlinkSync(path),
    // A file system that can share blocks does so.
    copyFile: (from, to) => fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE),
    ...given,
  };
  return { calls, fs, isSynced };
}

/** Opens a file for as long as `use` takes. */
export function withFile<T>(
  { calls }: FileAccess,
  opening: { path: string; flags: string | number },
  use: (fd: number) => T,
): T {
  const fd = calls.open(opening.path, opening.flags);
  try {
    return use(fd);
  } finally {
    calls.close(fd);
  }
}

/** Writes all of the bytes, and on to the disk if that is what was asked for. */
export function writeAll({ calls, isSynced }: FileAccess, fd: number, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(calls.write(fd, rest));
  if (isSynced) calls.fsync(fd);
}

/** A new file's name is in its folder: on the disk as well, where that is asked for and the system can. */
export function syncFolder(access: FileAccess, path: string): void {
  if (!access.isSynced || globalThis.process.platform === "win32") return;
  withFile(access, { path, flags: "r" }, access.calls.fsync);
}

/**
 * Makes a file that nobody sees before all of it is there.
 * @returns false when there is one of that name, which stays as it is.
 */
export function createWhole(
  access: FileAccess,
  folder: string,
  { name, text }: { name: string; text: string },
): boolean {
  const unfinished = `${folder}/.${crypto.randomUUID()}`;
  try {
    withFile(access, { path: unfinished, flags: "wx" }, (fd) => writeAll(access, fd, new TextEncoder().encode(text)));
    access.calls.link(unfinished, `${folder}/${name}`);
    syncFolder(access, folder);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === "EEXIST") return false; // of an error, or undefined of what else was thrown
    throw error;
  } finally {
    access.fs.rmSync(unfinished, { force: true });
  }
}

/** A small file of JSON, with its checksum as the last field, as a line of a record has it. */
export function formatSmall(value: object): string {
  return addChecksum(JSON.stringify(value));
}

/** @returns undefined for a file that is not as it was written. One that an earlier version wrote has no checksum, and cannot tell. */
export function parseSmall({ fs }: Pick<FileAccess, "fs">, file: string): Record<string, unknown> | undefined {
  const { json, state } = takeChecksum(fs.readFileSync(file, "utf8"));
  if (state === "wrong" || state === "damaged") return undefined;
  const value: unknown = JSON.parse(json);
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}
