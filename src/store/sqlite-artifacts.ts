import { AgentError } from "../errors.ts";
import type { ArtifactStore } from "../event/index.ts";
import { checkSha256, sha256Of } from "./sha256.ts";
import type { Database } from "./sqlite-database.ts";

/** Artifacts as rows. */
export function createSqliteArtifacts(db: Database, now: () => number, file: string): ArtifactStore {
  return {
    async put(bytes, mediaType) {
      const sha256 = await sha256Of(bytes);
      const text =
        "INSERT INTO artifacts (sha256, bytes, put_at) VALUES (?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET put_at = excluded.put_at";
      const what = `A result of ${bytes.length} bytes could not be written`;
      db.change(what, () => db.sql(text).run(sha256, bytes, now()));
      return { sha256, bytes: bytes.length, mediaType };
    },
    async get(sha256) {
      checkSha256(sha256);
      const what = `The artifact ${sha256} could not be read`;
      const row = db.look(what, () => db.sql("SELECT bytes FROM artifacts WHERE sha256 = ?").get(sha256));
      if (row === undefined) throw new AgentError("not_found", `There is no artifact ${sha256} in ${file}.`);
      if (row.bytes instanceof Uint8Array) {
        const bytes = Uint8Array.from(row.bytes);
        if ((await sha256Of(bytes)) === sha256) return bytes;
      }
      throw new AgentError(
        "store_failed",
        `The artifact ${sha256} in ${file} was changed: its bytes are not those that were kept.`,
      );
    },
  };
}

/**
 * Removes what only this run named, and its names. What was put again since the run was last written stays: another run may be
 * about to name it. Within a change.
 */
export function removeUnnamed(db: Database, runId: string): void {
  db.sql(
    `DELETE FROM artifacts WHERE sha256 IN (SELECT sha256 FROM named WHERE run_id = ?1)
       AND sha256 NOT IN (SELECT sha256 FROM named WHERE run_id <> ?1)
       AND put_at <= (SELECT written_at FROM runs WHERE run_id = ?1)`,
  ).run(runId);
  db.sql("DELETE FROM named WHERE run_id = ?").run(runId);
}
