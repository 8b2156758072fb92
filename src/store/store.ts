import type { ArtifactStore, ParsedRecord, StoredEvent } from "../event/index.ts";

/** Where records live beyond the run that wrote them. */
export interface RunStore {
  /**
   * Adds events to the record of a run, in order. They are stored when it returns.
   * @throws {AgentError} `invalid_option` for an id that is none, `store_failed` when they cannot be stored.
   */
  append(runId: string, events: readonly StoredEvent[]): void;
  /**
   * The record of a run, also of one that is still going on.
   * @throws {AgentError} `not_found` when there is no such run, `malformed_record` when its record is none,
   * `store_failed` when it cannot be reached.
   */
  read(runId: string): Promise<ParsedRecord>;
  /** Every run that is stored, the newest first. A record that cannot be read is among them, with its `problem`. */
  list(): Promise<readonly StoredRun[]>;
  /** Keeps results that are too large for a record. Without it they are kept in memory, with the run. */
  readonly artifacts?: ArtifactStore;
}

/** A store that keeps artifacts too. */
export interface LocalStore extends RunStore {
  readonly artifacts: ArtifactStore;
}

/** A run that is stored, as a list shows it. */
export interface StoredRun {
  runId: string;
  /** When it began, milliseconds since the epoch; with a `problem`, when its record was last written. */
  startedAt: number;
  /** Why its record cannot be read; absent when its first line can. */
  problem?: string;
}

/** Ids settle what began in the same millisecond, so that the order is the same everywhere. */
export function newestFirst(runs: readonly StoredRun[]): readonly StoredRun[] {
  return runs.toSorted((a, b) => b.startedAt - a.startedAt || (a.runId < b.runId ? 1 : -1));
}
