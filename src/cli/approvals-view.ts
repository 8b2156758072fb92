import { visibleText } from "../event/index.ts";
import type { OpenApproval } from "../resume/index.ts";
import type { Paint } from "./paint.ts";
import { answerText, duration, REASONS, short } from "./words.ts";

/** A run of which somebody has to decide something. */
export interface WaitingRun {
  runId: string;
  agent?: string;
  approvals: readonly OpenApproval[];
}

/** What waits for a decision, with all that is needed to make one. */
export function approvalsView(runs: readonly WaitingRun[], now: number, paint: Paint): string {
  return `${runs.map((run) => runLines(run, now, paint).join("\n")).join("\n\n")}\n`;
}

function runLines({ runId, agent, approvals }: WaitingRun, now: number, paint: Paint): readonly string[] {
  const who = agent === undefined ? "" : `  ${paint.dim(short(agent, 40))}`;
  return [`${paint.strong(short(runId))}${who}`, ...approvals.flatMap((approval) => callLines(approval, now, paint))];
}

function callLines(approval: OpenApproval, now: number, paint: Paint): readonly string[] {
  const { runId, callId, tool, reason, shown, taint, askedAt } = approval;
  const head = `  ${paint.strong(short(tool))}  ${short(callId)}  ${paint.note(`waits for ${duration(Math.max(0, now - askedAt))}`)}`;
  return [
    "",
    head,
    `    because ${REASONS[reason]}${taint === undefined ? "" : `: ${short(taint)}`}`,
    ...expiryLine(approval, now),
    // Escaped already, but for what a store of somebody else's may hold.
    ...visibleText(shown)
      .split("\n")
      .map((line) => `    ${line}`.trimEnd()),
    ...whatNow(approval, `${short(runId)} ${short(callId)}`, paint),
  ];
}

function expiryLine({ expiresAt }: OpenApproval, now: number): readonly string[] {
  if (expiresAt === undefined) return [];
  return [
    expiresAt <= now
      ? "    its time has passed: it counts as denied"
      : `    counts as denied in ${duration(expiresAt - now)}`,
  ];
}

function whatNow({ answer, runId }: OpenApproval, target: string, paint: Paint): readonly string[] {
  if (answer === undefined) {
    return [
      `    ${paint.dim(`fairwitness runs approve ${target}`)}`,
      `    ${paint.dim(`fairwitness runs deny ${target}`)}`,
    ];
  }
  return [`    ${paint.good(answerText(answer))}; not read yet: agent.resume("${short(runId)}")`];
}
