import type { RunFilter, RunStatus, StoredRun } from "./store.ts";

/** What a list needs of an event. */
export interface ListedEvent {
  type: string;
  at?: unknown;
  agent?: unknown;
  conversation?: unknown;
}

const STATUS: Readonly<Record<string, RunStatus>> = {
  "run.started": "open",
  "run.resumed": "open",
  "run.completed": "completed",
  "run.paused": "paused",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
  "run.limited": "limited",
};

/** What an event says of how its run stands; undefined for most. */
export function statusOf(type: string): RunStatus | undefined {
  return Object.hasOwn(STATUS, type) ? STATUS[type] : undefined;
}

/** A run as its first event shows it. */
export function beginSummary(runId: string, first: ListedEvent): StoredRun {
  const startedAt = typeof first.at === "number" ? first.at : 0;
  const run: StoredRun = { runId, startedAt, updatedAt: startedAt };
  if (typeof first.agent === "string") run.agent = first.agent;
  if (typeof first.conversation === "string") run.conversation = first.conversation;
  return run;
}

/** A run as it stands after more events. */
export function continueSummary(run: StoredRun, events: readonly ListedEvent[]): StoredRun {
  const next = { ...run };
  for (const { type, at } of events) {
    const status = statusOf(type);
    if (status !== undefined) next.status = status;
    if (typeof at === "number") next.updatedAt = at;
  }
  return next;
}

/** Ids settle what began in the same millisecond, so that the order is the same everywhere. */
export function isNewer(a: Pick<StoredRun, "runId" | "startedAt">, b: Pick<StoredRun, "runId" | "startedAt">): boolean {
  return a.startedAt === b.startedAt ? a.runId > b.runId : a.startedAt > b.startedAt;
}

export function newestFirst(runs: readonly StoredRun[]): readonly StoredRun[] {
  return runs.toSorted((a, b) => (isNewer(a, b) ? -1 : 1));
}

/** Whether a run fits what the first event tells: all of a filter but `status` and `limit`. */
export function beganAs(run: StoredRun, { conversation, agent, before }: RunFilter): boolean {
  if (conversation !== undefined && run.conversation !== conversation) return false;
  if (agent !== undefined && run.agent !== agent) return false;
  return before === undefined || isNewer(before, run);
}

/** A page of runs that are whole in memory. */
export function pageOf(runs: readonly StoredRun[], filter: RunFilter): readonly StoredRun[] {
  const { status, limit } = filter;
  const fitting = runs.filter((run) => beganAs(run, filter) && (status === undefined || run.status === status));
  return newestFirst(fitting).slice(0, limit);
}
