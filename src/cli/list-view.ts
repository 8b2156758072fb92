import type { Evidence } from "../event/index.ts";
import type { Paint } from "./paint.ts";
import { costText, moment, short } from "./words.ts";

/** A run in a list: what its record says, or why it cannot be read. */
export type ListedRun = Summary | { runId: string; startedAt: number; problem: string };

/** What a list shows of a run; also its form as JSON. */
export type Summary = Pick<
  Evidence,
  "runId" | "startedAt" | "agent" | "model" | "status" | "simulated" | "question" | "usage" | "cost"
> & { turns: number };

export function summaryOf(evidence: Evidence): Summary {
  const { runId, startedAt, agent, model, status, simulated, question, usage, cost, turns } = evidence;
  const known = { runId, startedAt, agent, model, status, simulated, turns: turns.length, usage, cost };
  return question === undefined ? known : { ...known, question };
}

/** The runs in two lines each, the newest first. */
export function listView(runs: readonly ListedRun[], total: number, paint: Paint): string {
  const left = total - runs.length;
  const more = left > 0 ? [paint.dim(`${left} older. See them with --limit ${total}.`)] : [];
  return `${[...runs.map((run) => runLines(run, paint)), ...more].join("\n")}\n`;
}

function runLines(run: ListedRun, paint: Paint): string {
  const id = paint.strong(short(run.runId));
  if ("problem" in run) return `${id}  ${paint.bad("unreadable")}\n  ${short(run.problem)}`;
  const word = run.status === "paused" ? "waiting" : run.status;
  const status = run.status === "completed" ? paint.good(word) : paint.note(word);
  const facts = [
    moment(run.startedAt),
    short(run.agent, 40),
    short(run.model, 40),
    `${run.turns} ${run.turns === 1 ? "turn" : "turns"}`,
    costText(run.cost),
  ];
  const simulated = run.simulated ? `  ${paint.note("SIMULATED")}` : "";
  const question = run.question === undefined ? "" : `\n  ${short(run.question, 100)}`;
  return `${id}  ${status}${simulated}  ${paint.dim(facts.join(" · "))}${question}`;
}
