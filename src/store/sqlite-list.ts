import { AgentError } from "../errors.ts";
import type { Database } from "./sqlite-database.ts";
import { checksumOf, isWhole } from "./sqlite-rows.ts";
import type { RunFilter, RunStatus, StoredRun } from "./store.ts";

type Value = string | number;
type Row = Record<string, unknown>;

/** A row of the table `runs`. */
export interface RunRow {
  run: StoredRun;
  /** Events of its record. */
  stored: number;
  /** When it was last written, by the store's clock. */
  writtenAt: number;
}

/** The runs that a filter finds, by the index of their conversation or of their time. */
export function listRows(
  db: Database,
  { conversation, agent, status, limit, before }: RunFilter,
): readonly StoredRun[] {
  const conditions: [text: string, values: readonly Value[]][] = [];
  if (conversation !== undefined) conditions.push(["conversation = ?", [conversation]]);
  if (agent !== undefined) conditions.push(["agent = ?", [agent]]);
  if (status !== undefined) conditions.push(["status = ?", [status]]);
  if (before !== undefined) conditions.push(["(started_at, run_id) < (?, ?)", [before.startedAt, before.runId]]);
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.map(([text]) => text).join(" AND ")}`;
  const text = `SELECT * FROM runs ${where} ORDER BY started_at DESC, run_id DESC LIMIT ?`;
  return db
    .sql(text)
    .all(...conditions.flatMap(([, values]) => values), limit ?? -1)
    .map(listed);
}

/** @throws {AgentError} `store_failed` for a row that is not as it was written. */
export function readRun(db: Database, runId: string): RunRow | undefined {
  const row = db.sql("SELECT * FROM runs WHERE run_id = ?").get(runId);
  if (row === undefined) return undefined;
  const read = rowOf(row);
  if (isWhole(row, valuesOf(read))) return read;
  throw new AgentError("store_failed", `${changed(runId)} Nothing is written to it.`);
}

/** Within a change. The columns that are indexed are written once: what begins a run stays. */
export function writeRun(db: Database, row: RunRow, isNew: boolean): void {
  const values = valuesOf(row);
  const crc = checksumOf(values);
  if (isNew) {
    db.sql(
      `INSERT INTO runs (run_id, agent, conversation, status, started_at, updated_at, stored, written_at, crc)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(...values, crc);
    return;
  }
  const { run, stored, writtenAt } = row;
  db.sql("UPDATE runs SET status = ?, updated_at = ?, stored = ?, written_at = ?, crc = ? WHERE run_id = ?").run(
    run.status ?? null,
    run.updatedAt,
    stored,
    writtenAt,
    crc,
    run.runId,
  );
}

function listed(row: Row): StoredRun {
  const read = rowOf(row);
  const { runId, startedAt, updatedAt } = read.run;
  return isWhole(row, valuesOf(read)) ? read.run : { runId, startedAt, updatedAt, problem: changed(runId) };
}

function changed(runId: string): string {
  return `What the store says of ${runId} was changed on the disk: it is not what its checksum was made of.`;
}

function valuesOf({ run, stored, writtenAt }: RunRow): readonly (Value | null)[] {
  const { runId, agent = null, conversation = null, status = null, startedAt, updatedAt } = run;
  return [runId, agent, conversation, status, startedAt, updatedAt, stored, writtenAt];
}

function rowOf(row: Row): RunRow {
  const run: StoredRun = {
    runId: String(row.run_id),
    startedAt: Number(row.started_at),
    updatedAt: Number(row.updated_at),
  };
  if (row.agent !== null) run.agent = String(row.agent);
  if (row.conversation !== null) run.conversation = String(row.conversation);
  if (row.status !== null) run.status = row.status as RunStatus; // nothing else is written to it
  return { run, stored: Number(row.stored), writtenAt: Number(row.written_at) };
}
