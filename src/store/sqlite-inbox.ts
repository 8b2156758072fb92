import { AgentError } from "../errors.ts";
import { checkLetter, type Inbox, type Letter } from "./inbox.ts";
import { checkRunId } from "./run-id.ts";
import type { Database } from "./sqlite-database.ts";
import { checksumOf, checkWhole } from "./sqlite-rows.ts";

/** Letters as rows, laid down one at a time. */
export function createSqliteInbox(db: Database, now: () => number, file: string): Inbox {
  return {
    async send(runId, name, value) {
      checkRunId(runId);
      const json = checkLetter(runId, name, value);
      return db.change(`The letter ${name} to ${runId} could not be written`, () => {
        if (db.sql("SELECT 1 FROM runs WHERE run_id = ?").get(runId) === undefined) {
          throw new AgentError("not_found", `There is no run ${runId} in ${file}.`);
        }
        const there = db
          .sql("SELECT position, name, value, at, crc FROM inbox WHERE run_id = ? AND name = ?")
          .get(runId, name);
        if (there !== undefined) return { ...opened(runId, there), isFirst: false };
        const last = db.sql("SELECT max(position) AS last FROM inbox WHERE run_id = ?").get(runId);
        const letter = { position: Number(last?.last ?? 0) + 1, name, value: json, at: now() };
        const values = [runId, letter.position, name, json, letter.at];
        db.sql("INSERT INTO inbox (run_id, position, name, value, at, crc) VALUES (?, ?, ?, ?, ?, ?)").run(
          ...values,
          checksumOf(values),
        );
        return { position: letter.position, name, value: JSON.parse(json), at: letter.at, isFirst: true };
      });
    },
    async received(runId, after = 0) {
      checkRunId(runId);
      const text =
        "SELECT position, name, value, at, crc FROM inbox WHERE run_id = ? AND position > ? ORDER BY position";
      return db.look(`The inbox of ${runId} could not be read`, () =>
        db
          .sql(text)
          .all(runId, after)
          .map((row) => opened(runId, row)),
      );
    },
  };
}

function opened(runId: string, row: Record<string, unknown>): Letter {
  const letter = {
    position: Number(row.position),
    name: String(row.name),
    value: String(row.value),
    at: Number(row.at),
  };
  const { position, name, value, at } = letter;
  checkWhole(row, [runId, position, name, value, at], `The letter ${position} to ${runId}`);
  return { ...letter, value: JSON.parse(value) };
}
