import { AgentError } from "../errors.ts";
import { createWhole, type FileAccess } from "./file-access.ts";
import { doing, makeFolder, namesIn } from "./file-folder.ts";
import { isHeld, type LeaseOptions, leaseLost, RunLockedError } from "./lease.ts";

/** A lease as it lies in its file, `<home>/leases/<runId>/<epoch>.json`. */
export interface LeaseFile {
  epoch: number;
  owner: string;
  until: number;
}

/**
 * Leases between processes that share a folder. The file with the highest epoch is the one that counts. Making it is the only way to
 * take a run, and only one process can make it; only its maker rewrites it. They are small, and stay until the run is deleted.
 */
export interface FileLeases {
  /** Whether this may be written under: the epoch that holds, or none where nobody does. */
  check(runId: string, epoch: number | undefined): void;
  take(runId: string, options: LeaseOptions): LeaseFile;
  /** @returns until when it now holds. */
  renew(runId: string, lease: { epoch: number; ttlMs: number }): number;
  /** @returns false when another lease of this run has come since. */
  release(runId: string, epoch: number): boolean;
  /** Undoes what `take` did, for a taker that could not go on. */
  giveUp(runId: string): void;
}

export function createFileLeases(access: FileAccess, home: string, now: () => number): FileLeases {
  const held = new Map<string, LeaseFile>(); // by this store
  const fileOf = (runId: string, epoch: number): string => `${home}/leases/${runId}/${epoch}.json`;
  const isFollowed = (runId: string, epoch: number): boolean => access.fs.existsSync(fileOf(runId, epoch + 1));

  const check = (runId: string, epoch: number | undefined): void => {
    if (epoch === undefined) refuseHeld(runId);
    else mine(runId, epoch);
  };
  const refuseHeld = (runId: string): void => {
    const current = readHighest(access, `${home}/leases/${runId}`);
    if (current !== undefined && current.until > now()) throw new RunLockedError(runId, current, now());
  };
  /** Nobody follows: the file of the next epoch is looked for before and after each write, so that none is acknowledged too late. */
  const mine = (runId: string, epoch: number): LeaseFile => {
    const lease = held.get(runId);
    if (lease?.epoch === epoch && lease.until > now() && !isFollowed(runId, epoch)) return lease;
    throw leaseLost(runId, epoch);
  };
  const rewrite = (runId: string, lease: LeaseFile): void => {
    doing(`The lease of ${runId} could not be written to ${home}`, () =>
      replaceFile(access, fileOf(runId, lease.epoch), lease),
    );
    held.set(runId, lease);
  };
  return {
    check,
    take(runId, options) {
      const { owner, ttlMs } = options;
      const folder = `${home}/leases/${runId}`;
      const before = readHighest(access, folder);
      const wasOver = before === undefined || before.until <= now();
      if (!wasOver && isHeld(before, options, now())) throw new RunLockedError(runId, before, now());
      const lease: LeaseFile = { epoch: (before?.epoch ?? 0) + 1, owner, until: now() + ttlMs };
      makeFolder(access, home, folder);
      const isMade = createWhole(access, folder, { name: `${lease.epoch}.json`, text: JSON.stringify(lease) });
      if (!isMade) throw new RunLockedError(runId, readHighest(access, folder) ?? lease, now());
      // The holder may have renewed it in between: it looked for our file after that, or we see what it wrote.
      const again = wasOver && before ? readLease(access, fileOf(runId, before.epoch)) : undefined;
      if (again !== undefined && again.until > now()) {
        access.calls.unlink(fileOf(runId, lease.epoch));
        throw new RunLockedError(runId, again, now());
      }
      held.set(runId, lease);
      return lease;
    },
    renew(runId, { epoch, ttlMs }) {
      rewrite(runId, { ...mine(runId, epoch), until: now() + ttlMs });
      return mine(runId, epoch).until;
    },
    release(runId, epoch) {
      const lease = held.get(runId);
      if (lease?.epoch !== epoch) return false;
      if (!isFollowed(runId, epoch)) rewrite(runId, { ...lease, until: 0 });
      held.delete(runId);
      return true;
    },
    giveUp(runId) {
      const lease = held.get(runId);
      held.delete(runId);
      if (lease !== undefined) access.fs.rmSync(fileOf(runId, lease.epoch), { force: true });
    },
  };
}

function replaceFile(access: FileAccess, file: string, lease: LeaseFile): void {
  const folder = file.slice(0, file.lastIndexOf("/"));
  const name = `.${crypto.randomUUID()}`;
  createWhole(access, folder, { name, text: JSON.stringify(lease) });
  access.calls.rename(`${folder}/${name}`, file);
}

function readHighest(access: FileAccess, folder: string): LeaseFile | undefined {
  if (!access.fs.existsSync(folder)) return undefined; // the usual case, and an error would cost more
  const epochs = namesIn(access, folder).filter((name) => /^\d+\.json$/.test(name));
  const highest = Math.max(0, ...epochs.map((name) => Number.parseInt(name, 10)));
  return highest === 0 ? undefined : readLease(access, `${folder}/${highest}.json`);
}

/** @throws {AgentError} `store_failed` for one that cannot be read: nobody can tell then whether somebody holds the run. */
function readLease({ fs }: FileAccess, file: string): LeaseFile {
  return doing(`The lease ${file} could not be read`, () => {
    const lease = JSON.parse(fs.readFileSync(file, "utf8")) as Partial<LeaseFile> | null;
    const { epoch, owner, until } = lease ?? {};
    if (typeof epoch === "number" && typeof owner === "string" && typeof until === "number")
      return { epoch, owner, until };
    throw new AgentError("store_failed", `The lease ${file} is none. Remove it when no process works on that run.`);
  });
}
