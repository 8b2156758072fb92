import type { DatabaseSync, StatementSync } from "node:sqlite";
import { AgentError, errorMessage } from "../errors.ts";
import { nodeModule } from "./node.ts";
import { SMALL_TABLES } from "./sqlite-rows.ts";

const VERSION = 2;

const SCHEMA = `
  CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, agent TEXT, conversation TEXT, status TEXT,
    started_at REAL NOT NULL, updated_at REAL NOT NULL, stored INTEGER NOT NULL, written_at REAL NOT NULL,
    crc INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX runs_by_time ON runs (started_at DESC, run_id DESC);
  CREATE INDEX runs_by_conversation ON runs (conversation, started_at DESC, run_id DESC);
  CREATE TABLE events (
    run_id TEXT NOT NULL, seq INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY (run_id, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE leases (
    run_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL, owner TEXT NOT NULL, until REAL NOT NULL, crc INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE inbox (
    run_id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, at REAL NOT NULL,
    crc INTEGER, PRIMARY KEY (run_id, position), UNIQUE (run_id, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE artifacts (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL, put_at REAL NOT NULL) STRICT;
  CREATE TABLE named (
    sha256 TEXT NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (sha256, run_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX named_by_run ON named (run_id);
  PRAGMA user_version = ${VERSION};
`;

/** From the first version to the second: rows have checksums. */
const UPGRADE = `
  ${["runs", "leases", "inbox"].map((table) => `ALTER TABLE ${table} ADD COLUMN crc INTEGER;`).join("\n  ")}
  PRAGMA user_version = ${VERSION};
`;

/** A database of this store, opened at its first use. */
export interface Database {
  /** A statement, prepared once. */
  sql(text: string): StatementSync;
  /** All of it or nothing, with no other writer in between; `what` could not be done is said where it fails. */
  change<T>(what: string, act: () => T): T;
  /** The same for what only reads, in one look: nobody has written between two of its reads. */
  look<T>(what: string, act: () => T): T;
  close(): void;
}

export interface DatabaseOptions {
  file: string;
  /** Called before the file is made. */
  prepareFolder: () => void;
  isSynced: boolean;
  busyTimeoutMs: number;
}

export function openDatabase(options: DatabaseOptions): Database {
  let db: DatabaseSync | undefined;
  let isClosed = false;
  const statements = new Map<string, StatementSync>();
  const opened = (): DatabaseSync => {
    if (isClosed) throw new AgentError("store_failed", `The store ${options.file} was closed. Make a new one.`);
    db ??= open(options);
    return db;
  };
  const doing = <T>(what: string, act: () => T): T => {
    try {
      return act();
    } catch (error) {
      if (error instanceof AgentError) throw error;
      const message = `${what} in ${options.file}: ${errorMessage(error)}. See that the file is a database of fairwitness and can be written.`;
      throw new AgentError("store_failed", message, { cause: error });
    }
  };
  return {
    look: (what, act) => doing(what, () => transaction(opened(), "BEGIN", act)),
    sql(text) {
      const statement = statements.get(text) ?? opened().prepare(text);
      statements.set(text, statement);
      return statement;
    },
    // As a writer from the beginning: what is read in it cannot change before it is written.
    change: (what, act) => doing(what, () => transaction(opened(), "BEGIN IMMEDIATE", act)),
    close() {
      isClosed = true;
      statements.clear();
      db?.close();
      db = undefined;
    },
  };
}

function open({ file, prepareFolder, isSynced, busyTimeoutMs }: DatabaseOptions): DatabaseSync {
  const { DatabaseSync } = nodeModule("sqlite", "createSqliteStore");
  prepareFolder();
  refuseCut(file);
  const db = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    patiently(busyTimeoutMs, () => db.exec("PRAGMA journal_mode = WAL"));
    db.exec(`PRAGMA synchronous = ${isSynced ? "FULL" : "NORMAL"}`);
    transaction(db, "BEGIN IMMEDIATE", () => prepareSchema(db, file));
    transaction(db, "BEGIN", () => checkTables(db, file));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Tries again while another process is in the way. SQLite waits for it by itself, but not where a new database becomes one with a
 * log: there it says at once that it is busy, since two that wait for each other would wait for ever.
 */
function patiently(limitMs: number, act: () => void): void {
  const endMs = performance.now() + limitMs;
  for (;;) {
    try {
      act();
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= endMs) throw error;
      sleep(RETRY_MS);
    }
  }
}

const RETRY_MS = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}

const SQLITE_BUSY = 5;

/** As SQLite itself waits: nothing else happens in this thread meanwhile. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** SQLite makes a new database of what is smaller than its smallest page, as if nothing had ever been there. */
function refuseCut(file: string): void {
  const { size } = nodeModule("fs", "createSqliteStore").statSync(file, { throwIfNoEntry: false }) ?? { size: 0 };
  if (size === 0 || size >= SMALLEST_PAGE) return;
  throw new AgentError(
    "store_failed",
    `The store ${file} is no database: it has ${size} bytes, and was cut. Go on with a copy.`,
  );
}

const SMALLEST_PAGE = 512;

function prepareSchema(db: DatabaseSync, file: string): void {
  const version = Number(db.prepare("PRAGMA user_version").get()?.user_version);
  if (version > VERSION || version < 0) {
    const message = `The store ${file} has version ${version}, and this fairwitness knows ${VERSION}. Use the one that made it, or a newer one.`;
    throw new AgentError("store_failed", message);
  }
  if (version < VERSION) db.exec(version === 0 ? SCHEMA : UPGRADE);
}

/**
 * Whether the small tables agree with their indexes, so that no run is missing from a list. Records and artifacts, which may be large,
 * are checked as they are read.
 */
function checkTables(db: DatabaseSync, file: string): void {
  for (const table of SMALL_TABLES) {
    const found = db.prepare(`PRAGMA integrity_check(${table})`).get()?.integrity_check;
    if (found === "ok") continue;
    const message = `The store ${file} is damaged: ${found}. Go on with a copy from before, or see what \`sqlite3 ${file} .recover\` can save.`;
    throw new AgentError("store_failed", message);
  }
}

function transaction<T>(db: DatabaseSync, begin: string, act: () => T): T {
  db.exec(begin);
  try {
    const result = act();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
