import { type FileAccess, syncFolder } from "./file-access.ts";
import { doing, failed, makeFolder, namesIn } from "./file-folder.ts";
import {
  epochOf,
  type FileLease,
  makeLease,
  readHighest,
  readLease,
  removeLease,
  writeLease,
} from "./file-lease-folder.ts";
import { isHeld, type LeaseOptions, leaseLost, RunLockedError } from "./lease.ts";

/**
 * Leases between processes that share a folder. The folder with the highest epoch is the one that counts. Giving it its name is the only
 * way to take a run, and only one process can; only its maker writes into it. Whoever holds the run next removes it: what its
 * maker still wants to put there, or to move out of there, fails. So one folder stays for a run, however often it is leased.
 */
export interface FileLeases {
  /** Whether this may be written under: the epoch that holds, or none where nobody does. */
  check(runId: string, epoch: number | undefined): void;
  take(runId: string, options: LeaseOptions): FileLease;
  /** The folder of a lease, for what its holder makes aside. */
  folderOf(runId: string, epoch: number): string;
  /** Removes what was before a lease. No earlier holder can give a file its name after this. */
  blockEarlier(runId: string, epoch: number): void;
  /** @returns until when it now holds. */
  renew(runId: string, lease: { epoch: number; ttlMs: number }): number;
  /** @returns false when another lease of this run has come since. */
  release(runId: string, epoch: number): boolean;
  /** Undoes what `take` did, for a taker that could not go on. */
  giveUp(runId: string): void;
}

interface HeldLease extends FileLease {
  /** Of its folder: one of the same name may come after it. */
  inode: number;
}

export function createFileLeases(access: FileAccess, home: string, now: () => number): FileLeases {
  const { calls, fs } = access;
  const held = new Map<string, HeldLease>(); // by this store
  const leasesOf = (runId: string): string => `${home}/leases/${runId}`;
  const folderOf = (runId: string, epoch: number): string => `${leasesOf(runId)}/${epoch}`;
  const inodeOf = (folder: string): number | undefined => fs.statSync(folder, { throwIfNoEntry: false })?.ino;

  const refuseHeld = (runId: string): void => {
    const current = readHighest(access, leasesOf(runId));
    if (current !== undefined && current.until > now()) throw new RunLockedError(runId, current, now());
  };
  /**
   * Looked at before and after each write, so that none is acknowledged too late. The next epoch comes first: where our folder is still
   * there after that, nobody can have removed the next one by then.
   */
  const mine = (runId: string, epoch: number): HeldLease => {
    const lease = held.get(runId);
    const isLast = lease?.epoch === epoch && lease.until > now() && !fs.existsSync(folderOf(runId, epoch + 1));
    if (isLast && inodeOf(folderOf(runId, epoch)) === lease.inode) return lease;
    throw leaseLost(runId, epoch);
  };
  const rewrite = (runId: string, lease: HeldLease): void => {
    const folder = folderOf(runId, lease.epoch);
    const unfinished = `${folder}/.${crypto.randomUUID()}`;
    writeLease(access, unfinished, lease);
    calls.rename(unfinished, `${folder}/lease.json`);
    held.set(runId, lease);
  };
  const discard = (runId: string, name: string): void => removeLease(access, leasesOf(runId), name);
  const isRenewed = (runId: string, epoch: number): boolean => {
    const lease = readLease(access, leasesOf(runId), epoch);
    return lease === undefined || lease.until > now();
  };
  /**
   * Whether a folder that was just made counts. A number that was used and removed while this process slept is none any more. And the
   * holder may have renewed its lease in between: it looked for our folder after that, or we see what it wrote.
   */
  const confirm = (runId: string, lease: HeldLease, ended: FileLease | undefined): HeldLease | undefined => {
    let isOurs = false;
    try {
      syncFolder(access, leasesOf(runId));
      const isHighest = readHighest(access, leasesOf(runId))?.epoch === lease.epoch;
      isOurs = isHighest && (ended === undefined || !isRenewed(runId, ended.epoch));
      return isOurs ? lease : undefined;
    } finally {
      if (!isOurs) discard(runId, `${lease.epoch}`);
    }
  };
  /** Undefined when somebody else was faster. */
  const tryTake = (runId: string, options: LeaseOptions): HeldLease | undefined => {
    const before = readHighest(access, leasesOf(runId));
    const wasOver = before === undefined || before.until <= now();
    if (!wasOver && isHeld(before, options, now())) throw new RunLockedError(runId, before, now());
    const { owner, ttlMs } = options;
    const lease: FileLease = { epoch: (before?.epoch ?? 0) + 1, owner, until: now() + ttlMs };
    const inode = makeLease(access, leasesOf(runId), lease);
    if (inode === undefined) return undefined;
    return confirm(runId, { ...lease, inode }, wasOver ? before : undefined);
  };
  return {
    folderOf,
    check(runId, epoch) {
      if (epoch === undefined) refuseHeld(runId);
      else mine(runId, epoch);
    },
    take(runId, options) {
      makeFolder(access, home, leasesOf(runId));
      for (;;) {
        const lease = tryTake(runId, options);
        if (lease === undefined) continue; // somebody else holds it now, or has held it
        held.set(runId, lease);
        return lease;
      }
    },
    blockEarlier(runId, epoch) {
      for (const name of namesIn(access, leasesOf(runId))) if (epochOf(name) < epoch) discard(runId, name);
    },
    renew(runId, { epoch, ttlMs }) {
      const lease = { ...mine(runId, epoch), until: now() + ttlMs };
      doing(`The lease of ${runId} could not be written to ${home}`, () => {
        try {
          rewrite(runId, lease);
        } catch (error) {
          mine(runId, epoch); // its folder was removed: it has ended
          throw error;
        }
      });
      return mine(runId, epoch).until;
    },
    release(runId, epoch) {
      const lease = held.get(runId);
      if (lease?.epoch !== epoch) return false;
      const isOurs = (): boolean => inodeOf(folderOf(runId, epoch)) === lease.inode;
      try {
        if (isOurs()) rewrite(runId, { ...lease, until: 0 });
      } catch (error) {
        if (isOurs()) throw failed(`The lease of ${runId} could not be given back in ${home}`, error);
      }
      held.delete(runId);
      return true;
    },
    giveUp(runId) {
      const lease = held.get(runId);
      held.delete(runId);
      if (lease !== undefined) discard(runId, `${lease.epoch}`);
    },
  };
}
