import { errorMessage } from "../errors.ts";
import { type OpenApproval, openApprovals } from "../resume/index.ts";
import type { RunStore, StoredRun } from "../store/index.ts";
import { approvalsView, type WaitingRun } from "./approvals-view.ts";
import type { Paint } from "./paint.ts";
import { short } from "./words.ts";

/** What is found in a store: calls that wait, and what could not be looked at. */
export interface Waiting {
  runs: readonly WaitingRun[];
  problems: readonly string[];
}

/** Every run but those of which nobody expects anything any more. */
const MAY_WAIT: ReadonlySet<StoredRun["status"]> = new Set(["open", "paused", "failed", "limited"]);

/** The calls of all runs that wait, the newest run first. One record that cannot be read does not hide the others. */
export async function allWaiting(store: RunStore): Promise<Waiting> {
  const runs: WaitingRun[] = [];
  const problems: string[] = [];
  for (const { runId, agent, status, problem } of await store.list()) {
    if (problem !== undefined) problems.push(`${short(runId)}: ${short(problem)}`);
    if (problem !== undefined || !MAY_WAIT.has(status)) continue;
    try {
      const approvals = await openApprovals(store, runId);
      if (approvals.length > 0) runs.push({ runId, approvals, ...(agent === undefined ? {} : { agent }) });
    } catch (error) {
      problems.push(`${short(runId)}: ${short(errorMessage(error))}`);
    }
  }
  return { runs, problems };
}

/** Those of one run. */
export async function waitingIn(store: RunStore, runId: string): Promise<Waiting> {
  const approvals: readonly OpenApproval[] = await openApprovals(store, runId);
  return { runs: approvals.length === 0 ? [] : [{ runId, approvals }], problems: [] };
}

export function waitingText({ runs, problems }: Waiting, where: string, paint: Paint): string {
  const found =
    runs.length === 0 ? `Nothing waits for a decision in ${where}.\n` : approvalsView(runs, Date.now(), paint);
  const notes = problems.map((problem) => `${paint.note("could not be looked at")}  ${problem}\n`);
  return [found, ...notes].join("");
}
