import type { Results } from "./results.ts";
import { isMeasured, type MeasuredRow } from "./statistics.ts";
import { markdownTable, number, titleOf } from "./table.ts";
import { turnsOf } from "./workload.ts";

/** What the record costs for each step: a turn, a question to the model, a call of a tool. */
export function recordsSection({ rows, workloads }: Results): string {
  const workload = workloads.find(({ name }) => name === "records");
  const measured = rows.filter((row): row is MeasuredRow => row.workload === "records" && isMeasured(row));
  const base = measured.find(({ contender }) => contender === workload?.base);
  if (workload === undefined || base === undefined) return "## Records\n\nNot measured.";
  const steps = 2 * turnsOf(workload) + workload.toolTurns * workload.callsPerTurn;
  const each = (own: number, other: number): string => ((own - other) / steps).toFixed(3);
  const cells = measured.map((row) => [
    titleOf(row.contender),
    number(row.cpuRatio.median),
    each(row.cpuMs.median, base.cpuMs.median),
    each(row.wallMs.median, base.wallMs.median),
  ]);
  return `## Records, and further readers

A run of ${steps} steps (${workload.title}), against the same run with its record in memory alone. The goal: less than 0.3 ms a
step with fsync off.

${markdownTable(["", "CPU ratio", "more CPU ms a step", "more wall ms a step"], cells)}`;
}

export function coldSection({ cold }: Pick<Results, "cold">): string {
  const zod = cold.find(({ contender }) => contender === "floor")?.cpuMs.median ?? Number.NaN;
  const cells = cold.map(({ contender, title, wallMs, cpuMs, packages, megabytes }) => [
    contender === "floor" ? "zod alone" : title,
    wallMs.median.toFixed(0),
    cpuMs.median.toFixed(0),
    number(cpuMs.median / zod),
    String(packages),
    megabytes.toFixed(1),
  ]);
  return `## Cold start

Installed from packed tarballs into an empty project. The time is that of a process that does nothing but import it, and zod;
Node's own start is in it.

${markdownTable(["", "wall ms", "CPU ms", "CPU, × zod alone", "packages", "MB"], cells)}`;
}

export function growthSection({ growth }: Pick<Results, "growth">): string {
  if (growth === null) return "## Growth\n\nNot measured.";
  const { fold, resume, types } = growth;
  const resumed = resume.map(({ store, events, ms, firstMs, heapMiB }) => [
    `${store}, ${events.toLocaleString("en")} events`,
    ...[ms, firstMs, heapMiB].map((value) => value.toFixed(0)),
  ]);
  const cells = types.map(({ tools, zodAlone, instantiations, checkMs, totalMs }) => [
    String(tools),
    instantiations.toLocaleString("en"),
    zodAlone.toLocaleString("en"),
    checkMs.toFixed(0),
    totalMs.toFixed(0),
  ]);
  return `## Growth

Folding a record of ${fold.events.toLocaleString("en")} events: ${fold.medianMs.toFixed(0)} ms, and ${fold.firstMs.toFixed(0)} ms the first time in a process (goal: under 100 ms).
Carrying on a long record: from the call of \`resume\` to the end of the turn that is left (goal for 100,000 events: linear, under 2 s):

${markdownTable(["", "ms", "ms the first time", "heap MiB"], resumed)}

\`tsc\` on an agent (goals for 100 tools: under 2 s, and under 50,000 instantiations):

${markdownTable(["tools", "instantiations", "zod alone, with z.input and z.output", "check ms", "total ms"], cells)}`;
}
