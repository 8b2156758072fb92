import { AgentError } from "../errors.ts";
import { formatEvent, parseRecord } from "../event/index.ts";
import { createMemoryArtifacts } from "./memory-artifacts.ts";
import { checkRunId } from "./run-id.ts";
import { type LocalStore, newestFirst, type StoredRun } from "./store.ts";

/**
 * Keeps records in this process, for tests. They are kept as text, as every other store does: what is read was read
 * back, so no one can change a record through an event they hold.
 */
export function createMemoryStore(): LocalStore {
  const records = new Map<string, { lines: string[]; startedAt: number }>();
  return {
    artifacts: createMemoryArtifacts({ maxBytes: Number.POSITIVE_INFINITY }),
    append(runId, events) {
      checkRunId(runId);
      const [first] = events;
      if (first === undefined) return;
      const record = records.get(runId) ?? { lines: [], startedAt: first.at };
      record.lines.push(...events.map(formatEvent));
      records.set(runId, record);
    },
    async read(runId) {
      checkRunId(runId);
      const record = records.get(runId);
      if (record === undefined) throw new AgentError("not_found", `There is no run ${runId} in this memory store.`);
      return parseRecord(record.lines.join(""));
    },
    async list() {
      const runs = [...records].map(([runId, { startedAt }]): StoredRun => ({ runId, startedAt }));
      return newestFirst(runs);
    },
  };
}
