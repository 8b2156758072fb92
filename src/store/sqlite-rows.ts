import { AgentError } from "../errors.ts";
import { crc32 } from "../event/index.ts";

/** What the small tables hold, beside the records, whose lines have checksums of their own. */
export const SMALL_TABLES = ["runs", "leases", "inbox", "named"] as const;

type Row = Readonly<Record<string, unknown>>;

/** A checksum of the values of a row, kept in its column `crc`: SQLite takes a bit that flipped on the disk for what was written. */
export function checksumOf(values: readonly unknown[]): number {
  return crc32(JSON.stringify(values));
}

/** Whether a row is as it was written. One that an earlier version wrote has no checksum, and cannot tell. */
export function isWhole({ crc }: Row, values: readonly unknown[]): boolean {
  return crc === null || Number(crc) === checksumOf(values);
}

/** @throws {AgentError} `store_failed` for a row that is not as it was written. */
export function checkWhole(row: Row, values: readonly unknown[], what: string): void {
  if (isWhole(row, values)) return;
  throw new AgentError("store_failed", `${what} was changed on the disk: it is not what its checksum was made of.`);
}
