import { AgentError } from "../errors.ts";
import { type FileAccess, formatSmall, parseSmall, syncFolder, withFile, writeAll } from "./file-access.ts";
import { codeOf, doing, namesIn } from "./file-folder.ts";

/** A lease as it lies in its folder, `<home>/leases/<runId>/<epoch>/lease.json`. */
export interface FileLease {
  epoch: number;
  owner: string;
  until: number;
}

export function writeLease(access: FileAccess, file: string, { epoch, owner, until }: FileLease): void {
  const bytes = new TextEncoder().encode(formatSmall({ epoch, owner, until }));
  withFile(access, { path: file, flags: "wx" }, (fd) => writeAll(access, fd, bytes));
}

/**
 * Makes the folder of a lease, which nobody sees before all of it is there.
 * @returns its inode; undefined when there is one of that epoch, or somebody holds a later one.
 */
export function makeLease(access: FileAccess, leases: string, lease: FileLease): number | undefined {
  const { calls, fs } = access;
  const [folder, unfinished] = [`${leases}/${lease.epoch}`, `${leases}/.${lease.epoch}.${crypto.randomUUID()}`];
  fs.mkdirSync(unfinished);
  try {
    writeLease(access, `${unfinished}/lease.json`, lease);
    syncFolder(access, unfinished);
    const { ino } = fs.statSync(unfinished);
    calls.rename(unfinished, folder);
    return ino;
  } catch (error) {
    if (fs.existsSync(folder) || !fs.existsSync(unfinished)) return undefined;
    throw error;
  } finally {
    fs.rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Takes its name from a folder first, so that nothing more gets into it. */
export function removeLease({ calls, fs }: FileAccess, parent: string, name: string): void {
  const nameless = name.startsWith(".") ? `${parent}/${name}` : `${parent}/.${epochOf(name)}.${crypto.randomUUID()}`;
  try {
    if (!name.startsWith(".")) calls.rename(`${parent}/${name}`, nameless);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return; // somebody else has removed it
    throw error;
  }
  while (fs.existsSync(nameless)) {
    try {
      fs.rmSync(nameless, { recursive: true, force: true });
    } catch (error) {
      if (codeOf(error) !== "ENOTEMPTY") throw error; // its maker was just writing into it
    }
  }
}

/** The epoch in a name: of a lease, of one that is being made (`.7.<uuid>`) or removed. */
export function epochOf(name: string): number {
  const [, digits] = /^\.?(\d+)/.exec(name) ?? [];
  return digits === undefined ? Number.POSITIVE_INFINITY : Number(digits);
}

const ATTEMPTS = 100;

/** The lease that counts; undefined where there is none. */
export function readHighest(access: FileAccess, folder: string): FileLease | undefined {
  for (let attempt = 1; ; attempt += 1) {
    if (!access.fs.existsSync(folder)) return undefined; // the usual case, and an error would cost more
    const epochs = namesIn(access, folder).filter((name) => /^\d+$/.test(name));
    const highest = Math.max(0, ...epochs.map(Number));
    if (highest === 0) return undefined;
    const lease = readLease(access, folder, highest);
    if (lease !== undefined) return lease;
    if (attempt === ATTEMPTS) throw noLease(`${folder}/${highest}`); // else it was removed just now, and another counts
  }
}

/**
 * Undefined when it is not there.
 * @throws {AgentError} `store_failed` for one that cannot be read: nobody can tell then whether somebody holds the run.
 */
export function readLease(access: FileAccess, folder: string, epoch: number): FileLease | undefined {
  const file = `${folder}/${epoch}/lease.json`;
  return doing(`The lease ${file} could not be read`, () => {
    const lease = readIfThere(access, file);
    if (lease === "gone") return undefined;
    const { owner, until } = lease ?? {};
    if (lease?.epoch === epoch && typeof owner === "string" && typeof until === "number")
      return { epoch, owner, until };
    throw noLease(file);
  });
}

function readIfThere(access: FileAccess, file: string): ReturnType<typeof parseSmall> | "gone" {
  try {
    return parseSmall(access, file);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "gone";
    throw error;
  }
}

function noLease(what: string): AgentError {
  return new AgentError("store_failed", `The lease ${what} is none. Remove it when no process works on that run.`);
}
