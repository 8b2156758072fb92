import { AgentError } from "../errors.ts";
import { formatCheckedEvent, parseRecord, type RecordPlace, readRecord, type StoredEvent } from "../event/index.ts";
import { makeFolder } from "./file-folder.ts";
import { checkFilter } from "./filter.ts";
import { checkGiven } from "./given.ts";
import { namedArtifacts } from "./named-artifacts.ts";
import { nodeModule } from "./node.ts";
import { BEGINNING, behind, createPlaces, lastBefore } from "./places.ts";
import { checkRunId } from "./run-id.ts";
import { checkSequence } from "./sequence.ts";
import { createSqliteArtifacts, removeUnnamed } from "./sqlite-artifacts.ts";
import { type Database, openDatabase } from "./sqlite-database.ts";
import { createSqliteInbox } from "./sqlite-inbox.ts";
import { createSqliteLeases } from "./sqlite-leases.ts";
import { listRows, readRun, writeRun } from "./sqlite-list.ts";
import type { LocalStore } from "./store.ts";
import { beginSummary, continueSummary, statusOf } from "./summary.ts";

const KNOWN = ["fsync", "busyTimeoutMs", "now"];

export interface SqliteStoreOptions {
  /**
   * `never` (default): what is stored survives the end of the process, and after a power cut the database is whole but may lack the
   * last events. `always`: they survive that too.
   */
  fsync?: "never" | "always";
  /** How long a write waits for one of another process, in milliseconds. Default 5,000. It blocks this process meanwhile. */
  busyTimeoutMs?: number;
  /** The store's clock, milliseconds since the epoch. Processes that share a file need the same. Default `Date.now`. */
  now?: () => number;
}

export interface SqliteStore extends LocalStore {
  /** Closes the file. Everything later is refused. */
  close(): void;
}

/**
 * Keeps records, artifacts, leases and letters in one SQLite database (`node:sqlite`, in WAL mode), with an index by conversation
 * and by time. Each `append` is one transaction. Processes on one machine may share the file; on a network drive they may not.
 * A database that was cut or changed on the disk is refused, where it is opened or where the damage is read; of its log of writes (`-wal`),
 * which is emptied into it from time to time, what stands before the damage is kept, as after a power cut.
 * @param file relative to the working directory at this call. Made, with its folder, at the first use; a folder that is called
 * `.fairwitness` gets a `.gitignore` by which git ignores it.
 * @throws {AgentError} `invalid_option` for options that are none, and where there is no `node:sqlite`.
 */
export function createSqliteStore(file: string, options: SqliteStoreOptions = {}): SqliteStore {
  checkGiven({ maker: "createSqliteStore", options, known: KNOWN, place: { what: "file", path: file } });
  const { fsync = "never", busyTimeoutMs = 5_000, now = Date.now } = options;
  const place = nodeModule("path", "createSqliteStore").resolve(file);
  const prepareFolder = (): void => makeParent(place);
  const db = openDatabase({ file: place, prepareFolder, isSynced: fsync === "always", busyTimeoutMs });
  const leases = createSqliteLeases(db, now);
  const places = createPlaces();
  const ends = new Map<string, number>(); // events of the runs that this store is writing
  const noRun = (runId: string): AgentError => new AgentError("not_found", `There is no run ${runId} in ${place}.`);
  const readFrom = (runId: string, from: RecordPlace): ReturnType<typeof readRecord> => {
    const run = readRun(db, runId);
    const lines = db.sql("SELECT line FROM events WHERE run_id = ? AND seq >= ? ORDER BY seq").all(runId, from.first);
    if (run === undefined && lines.length === 0) throw noRun(runId);
    const part = readRecord(lines.map(({ line }) => String(line)).join(""), from);
    const there = from.first + lines.length;
    if (there === run?.stored && part.next.first === there) return part; // each of its rows is a whole event
    const message = `Of the record of ${runId} in ${place} ${there} events are there, and ${run?.stored ?? "none"} should be: the database is damaged.`;
    throw new AgentError("malformed_record", message);
  };
  const readBehind = (runId: string, after: number): ReturnType<typeof readRecord> => {
    const from = places.find(runId, after);
    if (from === undefined) return readFrom(runId, BEGINNING);
    try {
      return readFrom(runId, from);
    } catch {
      places.forget(runId); // another record may have come in its place: read from its beginning, it says what is wrong with it
      return readFrom(runId, BEGINNING);
    }
  };
  return {
    artifacts: createSqliteArtifacts(db, now, place),
    inbox: createSqliteInbox(db, now, place),
    close: db.close,
    append(runId, events, { epoch } = {}) {
      checkRunId(runId);
      if (events.length === 0) return;
      const end = ends.get(runId);
      ends.delete(runId); // where it ends is not known while this may fail
      const stored = db.change(`The record of ${runId} could not be written`, () => {
        leases.check(runId, epoch);
        return add(db, { runId, events, at: now(), end });
      });
      if (events.every(({ type }) => (statusOf(type) ?? "open") === "open")) ends.set(runId, stored);
    },
    async read(runId, { after = -1 } = {}) {
      checkRunId(runId);
      const { record, next } = db.look(`The record of ${runId} could not be read`, () => readBehind(runId, after));
      places.remember(runId, next, lastBefore(next));
      return behind(record, after);
    },
    async list(filter = {}) {
      checkFilter(filter);
      return db.look("The runs could not be listed", () => listRows(db, filter));
    },
    async lease(runId, asked) {
      checkRunId(runId);
      return leases.take(runId, asked);
    },
    async delete(runId) {
      checkRunId(runId);
      db.change(`The run ${runId} could not be deleted`, () => {
        leases.check(runId, undefined);
        if (db.sql("SELECT 1 FROM runs WHERE run_id = ?").get(runId) === undefined) throw noRun(runId);
        removeUnnamed(db, runId);
        for (const table of ["events", "inbox", "leases", "runs"])
          db.sql(`DELETE FROM ${table} WHERE run_id = ?`).run(runId);
      });
      places.forget(runId);
    },
  };
}

function makeParent(file: string): void {
  const { dirname, basename } = nodeModule("path", "createSqliteStore");
  const fs = nodeModule("fs", "createSqliteStore");
  const folder = dirname(file);
  if (basename(folder) === ".fairwitness") makeFolder({ fs }, folder, folder);
  else fs.mkdirSync(folder, { recursive: true });
}

interface Addition {
  runId: string;
  events: readonly StoredEvent[];
  at: number;
  /** How many events this store has seen stored of it, if it wrote the last. */
  end: number | undefined;
}

/** Within a change. @returns how many events are stored then. */
function add(db: Database, { runId, events, at, end }: Addition): number {
  const [first] = events;
  const before = readRun(db, runId);
  const stored = before?.stored ?? 0;
  checkSequence(runId, events, stored);
  if (stored !== end) checkEnd(db, runId, stored);
  const insert = db.sql("INSERT INTO events (run_id, seq, line) VALUES (?, ?, ?)");
  for (const event of events) insert.run(runId, event.seq, formatCheckedEvent(event));
  for (const sha256 of namedArtifacts(events)) {
    db.sql("INSERT OR IGNORE INTO named (sha256, run_id) VALUES (?, ?)").run(sha256, runId);
  }
  const begun = before?.run ?? (first === undefined ? undefined : beginSummary(runId, first));
  if (begun === undefined) return stored; // there is nothing to append
  const run = continueSummary(begun, events);
  writeRun(db, { run, stored: stored + events.length, writtenAt: at }, before === undefined);
  return stored + events.length;
}

/** Nothing is added behind an event that is gone or damaged. @throws {AgentError} `malformed_record`. */
function checkEnd(db: Database, runId: string, stored: number): void {
  if (stored === 0) return;
  const last = db.sql("SELECT line FROM events WHERE run_id = ? AND seq = ?").get(runId, stored - 1);
  if (last !== undefined) parseRecord(String(last.line), stored - 1);
  else throw new AgentError("malformed_record", `The last event of ${runId} is gone: the database is damaged.`);
}
