import type { ArtifactStore, ParsedRecord, StoredEvent } from "../event/index.ts";
import type { Inbox } from "./inbox.ts";
import type { Lease, LeaseOptions } from "./lease.ts";

/**
 * Where records live beyond the run that wrote them. `append`, `read` and `list` are enough to keep what happened; with
 * `lease`, `inbox` and `delete` several processes can share a run.
 */
export interface RunStore {
  /**
   * Adds events to the record of a run, in order. They are stored when it returns. The `seq` of the first must be the number of
   * events that are stored already. With an `epoch`, it is refused once that lease has ended; without one, while there is a
   * lease, and then only one process may write to the run.
   * @throws {AgentError} `invalid_option` for an id that is none, `seq_conflict` when the events do not follow what is stored,
   * `lease_lost`, `run_locked`, `malformed_record` when what is stored cannot be gone on with, `store_failed` when they cannot be
   * stored. After `store_failed` and `lease_lost` some of them may be stored: `read` tells.
   */
  append(runId: string, events: readonly StoredEvent[], options?: AppendOptions): void;
  /**
   * The record of a run, also of one that is still going on.
   * @throws {AgentError} `not_found` when there is no such run, `malformed_record` when its record is none,
   * `store_failed` when it cannot be reached.
   */
  read(runId: string, options?: ReadOptions): Promise<ParsedRecord>;
  /**
   * The runs that are stored, the newest first. A record that cannot be read is among them, with its `problem`, unless the
   * filter asks for what only a record can tell.
   */
  list(filter?: RunFilter): Promise<readonly StoredRun[]>;
  /** Keeps results that are too large for a record. Without it they are kept in memory, with the run. */
  readonly artifacts?: ArtifactStore;
  /**
   * Makes the caller the only one who may append to a run, for a time. The run need not be there yet.
   * @throws {RunLockedError} when somebody else holds it. @throws {AgentError} `lease_lost` when it ended before it could be handed
   * out, as it may in a process that was stopped, `invalid_option`, `store_failed`.
   */
  lease?(runId: string, options: LeaseOptions): Promise<Lease>;
  /** What other processes have to say to a run. */
  readonly inbox?: Inbox;
  /**
   * Removes a run: its record, its inbox, its leases, and the artifacts that no other record names.
   * @throws {RunLockedError} while it is leased. @throws {AgentError} `not_found`, `store_failed`.
   */
  delete?(runId: string): Promise<void>;
}

/** A store with all of its parts, as the three that come with fairwitness are. */
export type LocalStore = Required<RunStore>;

export interface AppendOptions {
  /** Of the lease under which is written. */
  epoch?: number;
}

export interface ReadOptions {
  /** Only events with a larger `seq`. Default -1: all. */
  after?: number;
}

/** What a list is limited to. */
export interface RunFilter {
  conversation?: string;
  agent?: string;
  status?: RunStatus;
  /** At most so many. Default: all. */
  limit?: number;
  /** Only runs that stand behind this one: the last of the page before. */
  before?: Pick<StoredRun, "runId" | "startedAt">;
}

/** `open`: it goes on, or its process died. The others say how its last segment ended. */
export type RunStatus = "open" | "completed" | "paused" | "failed" | "cancelled" | "limited";

/** A run that is stored, as a list shows it. What its record does not tell is absent. */
export interface StoredRun {
  runId: string;
  /** When it began, milliseconds since the epoch; with a `problem`, when its record was last written. */
  startedAt: number;
  /** When its last event happened, milliseconds since the epoch. */
  updatedAt: number;
  agent?: string;
  conversation?: string;
  status?: RunStatus;
  /** Why its record cannot be read; absent when its first line and its end can. */
  problem?: string;
}
