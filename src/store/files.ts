import { type ParsedRecord, parseRecord } from "../event/index.ts";
import { createFileAccess, type FileAccess } from "./file-access.ts";
import { createFileArtifacts, removeUnnamed } from "./file-artifacts.ts";
import type { FileCalls } from "./file-calls.ts";
import { doing, namesIn, noSuchRun } from "./file-folder.ts";
import { createFileInbox } from "./file-inbox.ts";
import { createFileIndex } from "./file-index.ts";
import { createFileLeases, type FileLeases } from "./file-leases.ts";
import { listFiles } from "./file-list.ts";
import { createFileReader } from "./file-read.ts";
import { createFileRecords, type FileRecords } from "./file-records.ts";
import { checkFilter } from "./filter.ts";
import { checkGiven } from "./given.ts";
import { checkLease, type Lease, type LeaseOptions, leaseLost, type Repair } from "./lease.ts";
import { namedArtifacts } from "./named-artifacts.ts";
import { nodeModule } from "./node.ts";
import { checkRunId } from "./run-id.ts";
import type { LocalStore } from "./store.ts";

const EXTENSION = ".jsonl";
const KNOWN = ["fsync", "now", "onRepair", "calls"];

export interface FileStoreOptions {
  /**
   * `never` (default): what is stored survives the end of the process, not a power cut. `always`: it survives that too, at the
   * price of an fsync for each append.
   */
  fsync?: "never" | "always";
  /** The store's clock, milliseconds since the epoch. Processes that share a folder need the same. Default `Date.now`. */
  now?: () => number;
  /** Told of an unfinished line that was cut off the end of a record. Default: a warning of the process. */
  onRepair?: (repair: Repair) => void;
  /** Stands in for calls of `node:fs`. For tests. */
  calls?: Partial<FileCalls>;
}

/**
 * Keeps each record in a file of its own, `<folder>/runs/<runId>.jsonl`, one event a line: `tail -F`, `grep` and `jq`
 * read it while the run goes on. Each line ends with its checksum. The folder is made at the first append, with a `.gitignore` by which
 * git ignores it. Beside the records are `artifacts/<sha256>`, results that are too large for a record, `conversations/`, the index of a
 * list by conversation, `leases/` and `inbox/`.
 * Processes on one machine may share it; on a network drive they may not.
 * @param folder relative to the working directory at this call. Default `.fairwitness`.
 * @throws {AgentError} `invalid_option` for options that are none, and where there is no Node.
 */
export function createFileStore(folder = ".fairwitness", options: FileStoreOptions = {}): LocalStore {
  checkGiven({ maker: "createFileStore", options, known: KNOWN, place: { what: "folder", path: folder } });
  const { now = Date.now, onRepair = warn, fsync = "never" } = options;
  const access = createFileAccess(options.calls ?? {}, fsync === "always");
  const home = nodeModule("path", "createFileStore").resolve(folder);
  const runs = `${home}/runs`;
  const fileOf = (runId: string): string => {
    checkRunId(runId);
    return `${runs}/${runId}${EXTENSION}`;
  };
  const index = createFileIndex(access, home);
  const leases = createFileLeases(access, home, now);
  const records = createFileRecords(access, { home, fileOf, leases, index, onRepair });
  const reader = createFileReader(access, runs);
  const isThere = (runId: string): boolean => access.fs.existsSync(fileOf(runId));
  return {
    artifacts: createFileArtifacts(access, home),
    inbox: createFileInbox(access, { home, now, isThere }),
    append(runId, events, { epoch } = {}) {
      checkRunId(runId);
      if (events.length > 0) records.append(runId, events, epoch);
    },
    async read(runId, { after = -1 } = {}) {
      checkRunId(runId);
      return await reader.read(runId, after);
    },
    async list(filter = {}) {
      checkFilter(filter);
      const names = namesIn(access, runs).filter((name) => name.endsWith(EXTENSION));
      const files = names.map((name) => ({ file: `${runs}/${name}`, runId: name.slice(0, -EXTENSION.length) }));
      return listFiles(access, { files, index }, filter);
    },
    async lease(runId, asked) {
      checkRunId(runId);
      checkLease(runId, asked);
      return doing(`The run ${runId} could not be leased in ${home}`, () => take({ leases, records }, runId, asked));
    },
    async delete(runId) {
      const file = fileOf(runId);
      if (!isThere(runId)) throw noSuchRun(runId, runs);
      doing(`The run ${runId} could not be deleted from ${home}`, () => {
        const { text, writtenMs } = textOf(access, file);
        const { epoch } = leases.take(runId, { owner: "delete", ttlMs: DELETING_MS });
        leases.blockEarlier(runId, epoch);
        const marks = index.marksOf(runId);
        removeUnnamed(access, home, { named: namedIn(text), runId, writtenMs });
        access.fs.rmSync(`${home}/inbox/${runId}`, { recursive: true, force: true });
        access.calls.unlink(file);
        index.remove(marks);
        leases.giveUp(runId);
        access.fs.rmSync(`${home}/leases/${runId}`, { recursive: true, force: true });
        reader.forget(runId);
      });
    },
  };
}

const DELETING_MS = 60_000;

function take(
  { leases, records }: { leases: FileLeases; records: FileRecords },
  runId: string,
  asked: LeaseOptions,
): Lease {
  const { epoch, owner, until } = leases.take(runId, asked);
  let end = until;
  let repaired: Repair | undefined;
  try {
    repaired = records.adopt(runId, epoch);
  } catch (error) {
    records.leave(runId);
    const isOurs = holds(leases, runId, epoch);
    leases.giveUp(runId);
    if (isOurs) throw error;
    leases.check(runId, undefined); // it ended meanwhile, and whoever holds the run now is named
    throw leaseLost(runId, epoch);
  }
  return {
    runId,
    owner,
    epoch,
    ...(repaired === undefined ? {} : { repaired }),
    get until() {
      return end;
    },
    async renew() {
      end = leases.renew(runId, { epoch, ttlMs: asked.ttlMs });
    },
    async release() {
      if (leases.release(runId, epoch)) records.leave(runId);
    },
  };
}

function holds(leases: FileLeases, runId: string, epoch: number): boolean {
  try {
    leases.check(runId, epoch);
    return true;
  } catch {
    return false; // the lease has ended: nothing else is thrown for an epoch
  }
}

function warn({ runId, at, bytes }: Repair): void {
  const message = `The record of ${runId} ended with ${bytes} bytes of an event that was not stored whole. They were cut off at byte ${at}.`;
  globalThis.process.emitWarning(message, { code: "FAIRWITNESS_TORN_RECORD" });
}

function textOf({ fs }: FileAccess, file: string): { text: string; writtenMs: number } {
  return { text: fs.readFileSync(file, "utf8"), writtenMs: fs.statSync(file).mtimeMs };
}

/** A record that cannot be read names nothing: its artifacts stay. */
function namedIn(text: string): readonly string[] {
  let record: ParsedRecord;
  try {
    record = parseRecord(text);
  } catch {
    return [];
  }
  return namedArtifacts(record.events);
}
