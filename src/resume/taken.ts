import { createFold, type ParsedRecord, type RunFold } from "../event/index.ts";
import type { RunStore } from "../store/index.ts";

/** A record as it was read, and what it says. */
export interface ReadRecord extends ParsedRecord {
  fold: RunFold;
}

export async function readRun(store: RunStore, runId: string): Promise<ReadRecord> {
  const record = await store.read(runId);
  return { ...record, fold: createFold(record.events) };
}

/**
 * The record of a run that was taken after it had been read: what has come since is read and added, for a record may be long. It is read
 * anew where its last event is another one than before, since a process that had lost the run may have written what was read then.
 */
export async function readOn(store: RunStore, runId: string, before: ReadRecord): Promise<ReadRecord> {
  const last = before.events.at(-1);
  if (last === undefined || before.unknown.length > 0) return await readRun(store, runId);
  const { events, ...rest } = await store.read(runId, { after: last.seq - 1 });
  const [same, ...since] = events;
  if (JSON.stringify(same) !== JSON.stringify(last)) return await readRun(store, runId);
  for (const event of since) before.fold.add(event);
  return { ...rest, events: since.length === 0 ? before.events : [...before.events, ...since], fold: before.fold };
}
