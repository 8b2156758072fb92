import type { ParsedRecord, StoredEvent } from "../event/index.ts";

/** Where records live beyond the run that wrote them. */
export interface RunStore {
  /** Adds events to the record of a run, in order. They are stored when it returns. */
  append(runId: string, events: readonly StoredEvent[]): void;
  /** @throws {AgentError} `not_found` when there is no such run, `malformed_record` when it cannot be read. */
  read(runId: string): Promise<ParsedRecord>;
  /** Every run that is stored, the newest first. */
  list(): Promise<readonly StoredRun[]>;
}

/** A run that is stored, as a list shows it. */
export interface StoredRun {
  runId: string;
  /** When it began, milliseconds since the epoch. */
  startedAt: number;
}
