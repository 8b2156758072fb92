import type { Database } from "./sqlite-database.ts";
import type { RunFilter, RunStatus, StoredRun } from "./store.ts";

type Value = string | number;

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
    .map(runOf);
}

/** @param row Of the table `runs`. */
export function runOf(row: Record<string, unknown>): StoredRun {
  const run: StoredRun = {
    runId: String(row.run_id),
    startedAt: Number(row.started_at),
    updatedAt: Number(row.updated_at),
  };
  if (row.agent !== null) run.agent = String(row.agent);
  if (row.conversation !== null) run.conversation = String(row.conversation);
  if (row.status !== null) run.status = row.status as RunStatus; // nothing else is written to it
  return run;
}
