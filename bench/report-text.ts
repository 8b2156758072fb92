import { CONTENDERS } from "./contenders/index.ts";
import { reached } from "./goals.ts";
import { layersSection } from "./layers/index.ts";
import { coldSection, growthSection, recordsSection } from "./report-others.ts";
import type { Results } from "./results.ts";
import { isMeasured, type MeasuredRow, type RefusedRow } from "./statistics.ts";
import { markdownTable, number, range, titleOf } from "./table.ts";
import type { Workload } from "./workload.ts";

/** All that was found, for people. */
export function formatReport(results: Results): string {
  const sections = [
    head(results),
    ratios(results),
    goals(results),
    layersSection(results.layers),
    recordsSection(results),
    coldSection(results),
    growthSection(results),
    notDone(results),
    ...results.workloads.map((workload) => details(results, workload)),
  ];
  return `${sections.join("\n\n")}\n`;
}

function head({ at, machine, versions }: Results): string {
  const { node, cpu, cpus, loadBefore, loadAfter } = machine;
  const rows = Object.entries(versions).map(([name, packages]) => [titleOf(name), packages]);
  return `# Results

Written by \`npm run bench\` from [results.json](results.json); how they are measured stands in [README.md](README.md).
Ended ${at.slice(0, 16).replace("T", " ")} UTC; Node ${node}, ${cpus} × ${cpu}; load before ${number(loadBefore)}, at the end ${number(loadAfter)}.

${markdownTable(["contender", "made of"], rows)}`;
}

/** One table of all workloads that have the floor as their base. */
function ratios({ rows, workloads }: Results): string {
  const shown = workloads.filter(({ base }) => base === undefined);
  const cells = CONTENDERS.filter(({ isSpecial }) => isSpecial !== true).map(({ name, title }) => [
    title,
    ...shown.map((workload) => {
      const row = rows.find((one) => one.workload === workload.name && one.contender === name);
      if (row === undefined) return "?";
      return isMeasured(row) ? number(row.cpuRatio.median) : "–";
    }),
  ]);
  return `## CPU time, as a ratio to the floor

Medians; smaller is better. "–": did not do all of the work, see below. "?": not measured since the workload was made.

${markdownTable(["", ...shown.map(({ name }) => name)], cells)}`;
}

function goals({ rows }: Results): string {
  const cells = reached(rows).map(({ what, goal, found, isReached }) => [
    what,
    goal,
    found ?? "not measured",
    isReached === undefined ? "" : isReached ? "reached" : "**not reached**",
  ]);
  return `## Goals\n\n${markdownTable(["", "goal", "found", ""], cells)}`;
}

function notDone({ rows }: Results): string {
  const refused = rows.filter((row): row is RefusedRow => !isMeasured(row));
  const cells = refused.map(({ workload, contender, refused: why }) => [titleOf(contender), workload, oneLine(why)]);
  const notes = CONTENDERS.flatMap(({ title, note }) => (note === undefined ? [] : [[title, "all", note]]));
  return `## What was not done, and what was done for a contender\n\n${markdownTable(["", "workload", "what"], [...cells, ...notes])}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").slice(0, 160);
}

/** A workload with everything that was measured of it. */
function details({ rows }: Results, workload: Workload): string {
  const measured = rows.filter((row): row is MeasuredRow => row.workload === workload.name && isMeasured(row));
  const cells = measured.map((row) => [
    titleOf(row.contender),
    range(row.cpuRatio, 2),
    range(row.wallRatio, 2),
    range(row.cpuMs, 1),
    range(row.wallMs, 1),
    row.peakRssMiB.median.toFixed(0),
    String(row.repetitions),
    row.at.slice(0, 10),
  ]);
  const headings = ["", "CPU ratio", "wall ratio", "CPU ms a run", "wall ms a run", "peak MiB", "times", "measured"];
  return `## \`${workload.name}\`: ${workload.title}

${workload.runs} runs after ${workload.warmups} to warm up, in each process. Medians, with the least and the most in brackets.

${markdownTable(headings, cells)}`;
}
