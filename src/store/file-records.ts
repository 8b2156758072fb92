import { AgentError } from "../errors.ts";
import { formatCheckedEvent, type StoredEvent } from "../event/index.ts";
import { type FileAccess, syncFolder, writeAll } from "./file-access.ts";
import { codeOf, doing, makeFolder } from "./file-folder.ts";
import type { FileIndex } from "./file-index.ts";
import type { FileLeases } from "./file-leases.ts";
import { type RecordEnd, readEnd } from "./file-tail.ts";
import type { Repair } from "./lease.ts";
import { checkSequence, seqConflict } from "./sequence.ts";
import { statusOf } from "./summary.ts";

/** Writes records, one writer at a time. */
export interface FileRecords {
  append(runId: string, events: readonly StoredEvent[], epoch: number | undefined): void;
  /** Makes the record its holder's own, so that what another process still writes to it is written beside it. */
  adopt(runId: string, epoch: number): Repair | undefined;
  /** Closes what `adopt` opened. */
  leave(runId: string): void;
}

export interface FileRecordsOptions {
  home: string;
  fileOf: (runId: string) => string;
  leases: FileLeases;
  index: FileIndex;
  onRepair: (repair: Repair) => void;
}

interface Append {
  runId: string;
  events: readonly StoredEvent[];
  epoch: number | undefined;
}

/**
 * A holder writes through the file that it opened when it took the lease, and whoever takes the lease after it puts a copy in its
 * place first. So a process that sleeps between looking at its lease and writing writes to a file that has no name any more.
 * The copy holds everything that was acknowledged: the next epoch is there before it is made, and each write is acknowledged
 * only when there was no next epoch after it.
 */
export function createFileRecords(access: FileAccess, options: FileRecordsOptions): FileRecords {
  const { calls, fs } = access;
  const { home, fileOf, leases, index } = options;
  const runs = `${home}/runs`;
  const ends = new Map<string, RecordEnd & { inode: number }>(); // where the records end that this store is writing
  const open = new Map<string, number>(); // files of leases
  const broken = new Set<string>();
  const asideOf = (runId: string, epoch: number): string => `${leases.folderOf(runId, epoch)}/record`;

  const create = ({ runId, events }: Append): number => {
    makeFolder(access, home, runs);
    index.add(runId, events);
    try {
      const fd = calls.open(fileOf(runId), "ax+");
      syncFolder(access, runs);
      return fd;
    } catch (error) {
      throw codeOf(error) === "EEXIST" ? seqConflict(runId, 0, 1) : error;
    }
  };
  /** Made aside, and given its name only if there is none: whoever takes the lease next removes what is made aside. */
  const createLeased = ({ runId, events }: Append, epoch: number): number => {
    makeFolder(access, home, runs);
    index.add(runId, events);
    const aside = asideOf(runId, epoch);
    let fd: number | undefined;
    try {
      fd = calls.open(aside, "a+");
      calls.link(aside, fileOf(runId));
      calls.unlink(aside);
      syncFolder(access, runs);
      return fd;
    } catch (error) {
      if (fd !== undefined) calls.close(fd);
      leases.check(runId, epoch); // it was blocked, or somebody else made the record: the lease has ended
      throw codeOf(error) === "EEXIST" ? seqConflict(runId, 0, 1) : error;
    }
  };
  const openOrCreate = (asked: Append): number => {
    const { runId, events } = asked;
    try {
      return calls.open(fileOf(runId), fs.constants.O_RDWR | fs.constants.O_APPEND);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      checkSequence(runId, events, 0);
      return create(asked);
    }
  };
  const endOf = (runId: string, fd: number): RecordEnd & { inode: number } => {
    const { size, ino: inode } = fs.fstatSync(fd);
    const known = ends.get(runId);
    if (known?.size === size && known.inode === inode) return known;
    const end = readEnd(access, fd);
    const repair = cut(access, fd, { runId, end });
    if (repair !== undefined) options.onRepair(repair);
    return { ...end, inode };
  };
  const write = (fd: number, { runId, events, epoch }: Append): void => {
    leases.check(runId, epoch);
    const end = endOf(runId, fd);
    checkSequence(runId, events, end.stored);
    const bytes = new TextEncoder().encode(events.map(formatCheckedEvent).join(""));
    ends.delete(runId); // where it ends is not known while this may fail
    writeAll({ ...access, isSynced: false }, fd, bytes);
    sync(runId, fd);
    leases.check(runId, epoch);
    const size = end.size + bytes.length;
    if (fs.fstatSync(fd).size !== size) throw seqConflict(runId, events[0]?.seq, end.stored + 1);
    const isOver = events.some(({ type }) => (statusOf(type) ?? "open") !== "open");
    if (!isOver) ends.set(runId, { ...end, size, stored: end.stored + events.length, torn: 0 });
  };
  /** After a failure the system may call pages written that are not: nothing more is acknowledged by this store. */
  const sync = (runId: string, fd: number): void => {
    if (!access.isSynced) return;
    try {
      calls.fsync(fd);
    } catch (error) {
      broken.add(runId);
      throw error;
    }
  };
  const refuseBroken = (runId: string): void => {
    if (!broken.has(runId)) return;
    const message = `The record of ${runId} was not brought to the disk before. See to the disk, and go on with a new store.`;
    throw new AgentError("store_failed", message);
  };
  const leave = (runId: string): void => {
    const fd = open.get(runId);
    open.delete(runId);
    ends.delete(runId);
    if (fd !== undefined) calls.close(fd);
  };
  return {
    leave,
    append(runId, events, epoch) {
      const asked = { runId, events, epoch };
      doing(`The record of ${runId} could not be written to ${fileOf(runId)}`, () => {
        refuseBroken(runId);
        if (!open.has(runId)) leases.check(runId, epoch); // before a file is opened, which may make it
        if (epoch === undefined) {
          const fd = openOrCreate(asked);
          try {
            return write(fd, asked);
          } finally {
            calls.close(fd);
          }
        }
        if (!open.has(runId)) {
          checkSequence(runId, events, 0);
          open.set(runId, createLeased(asked, epoch));
        }
        write(open.get(runId) ?? -1, asked);
      });
    },
    adopt(runId, epoch) {
      leave(runId);
      const file = fileOf(runId);
      leases.blockEarlier(runId, epoch);
      if (!fs.existsSync(file)) return undefined;
      const copy = asideOf(runId, epoch);
      calls.copyFile(file, copy);
      const fd = calls.open(copy, fs.constants.O_RDWR | fs.constants.O_APPEND);
      open.set(runId, fd);
      const repair = cut(access, fd, { runId, end: readEnd(access, fd) });
      sync(runId, fd);
      const { atime, mtime } = fs.statSync(file);
      fs.utimesSync(copy, atime, mtime); // it was not written to
      calls.rename(copy, file);
      syncFolder(access, runs);
      if (repair !== undefined) options.onRepair(repair);
      return repair;
    },
  };
}

/** Takes off what stands behind the last newline, to which the next event would be glued. */
function cut({ calls }: FileAccess, fd: number, { runId, end }: { runId: string; end: RecordEnd }): Repair | undefined {
  if (end.torn === 0) return undefined;
  calls.ftruncate(fd, end.size);
  return { runId, at: end.size, bytes: end.torn };
}
