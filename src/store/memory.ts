import { AgentError } from "../errors.ts";
import { formatEvent, readRecord, type StoredEvent } from "../event/index.ts";
import { checkFilter } from "./filter.ts";
import { checkGiven } from "./given.ts";
import type { Lease } from "./lease.ts";
import { createKeptArtifacts } from "./memory-artifacts.ts";
import { createMemoryInbox } from "./memory-inbox.ts";
import { createMemoryLeases } from "./memory-leases.ts";
import { namedArtifacts } from "./named-artifacts.ts";
import { BEGINNING, behind, createPlaces, lastBefore } from "./places.ts";
import { checkRunId } from "./run-id.ts";
import { checkSequence } from "./sequence.ts";
import type { LocalStore, StoredRun } from "./store.ts";
import { beginSummary, continueSummary, pageOf } from "./summary.ts";

export interface MemoryStoreOptions {
  /** The store's clock, milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
}

interface MemoryRecord {
  lines: string[];
  summary: StoredRun;
  named: Set<string>;
}

/**
 * Keeps records in this process, for tests. They are kept as text, as every other store does: what is read was read
 * back, so no one can change a record through an event they hold.
 * @throws {AgentError} `invalid_option` for options that are none.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): LocalStore {
  checkGiven({ maker: "createMemoryStore", options, known: ["now"] });
  const { now = Date.now } = options;
  const records = new Map<string, MemoryRecord>();
  const artifacts = createKeptArtifacts(Number.POSITIVE_INFINITY);
  const leases = createMemoryLeases(now);
  const places = createPlaces();
  const inbox = createMemoryInbox({ now, isThere: (runId) => records.has(runId) });
  const recordOf = (runId: string): MemoryRecord => {
    checkRunId(runId);
    const record = records.get(runId);
    if (record !== undefined) return record;
    throw new AgentError("not_found", `There is no run ${runId} in this memory store.`);
  };
  return {
    artifacts: artifacts.store,
    inbox,
    append(runId, events, { epoch } = {}) {
      checkRunId(runId);
      const [first] = events;
      if (first === undefined) return;
      leases.check(runId, epoch);
      const record = records.get(runId) ?? { lines: [], summary: beginSummary(runId, first), named: new Set() };
      checkSequence(runId, events, record.lines.length);
      keep(record, events);
      for (const sha256 of namedArtifacts(events)) {
        record.named.add(sha256);
        artifacts.named(sha256);
      }
      records.set(runId, record);
    },
    async read(runId, { after = -1 } = {}) {
      const place = places.find(runId, after) ?? BEGINNING;
      const { record, next } = readRecord(recordOf(runId).lines.slice(place.first).join(""), place);
      places.remember(runId, next, lastBefore(next));
      return behind(record, after);
    },
    async list(filter = {}) {
      checkFilter(filter);
      return pageOf(
        [...records.values()].map(({ summary }) => summary),
        filter,
      );
    },
    async lease(runId, options): Promise<Lease> {
      checkRunId(runId);
      return leases.take(runId, options);
    },
    async delete(runId) {
      const { named } = recordOf(runId);
      leases.check(runId, undefined);
      records.delete(runId);
      places.forget(runId);
      leases.forget(runId);
      inbox.forget(runId);
      for (const sha256 of named) {
        if (![...records.values()].some((other) => other.named.has(sha256))) artifacts.remove(sha256);
      }
    },
  };
}

function keep(record: MemoryRecord, events: readonly StoredEvent[]): void {
  const lines = events.map(formatEvent); // all of them before the first is kept: one that is no JSON leaves nothing behind
  for (const line of lines) record.lines.push(line);
  record.summary = continueSummary(record.summary, events);
}
