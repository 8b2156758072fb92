import { CONTENDERS } from "./contenders/index.ts";
import type { Row, Spread } from "./statistics.ts";
import type { Workload } from "./workloads.ts";

const HEADINGS = ["", "CPU, × floor", "wall, × floor", "CPU ms a run", "wall ms a run", "peak MiB"] as const;

/** The rows of a workload, for people: ratios first, each with the least and the most in brackets. */
export function formatTable(workload: Workload, rows: readonly Row[]): string {
  const cells = rows
    .filter((row) => row.workload === workload.name)
    .map((row) => [
      CONTENDERS.find(({ name }) => name === row.contender)?.title ?? row.contender,
      formatSpread(row.cpuRatio, 2),
      formatSpread(row.wallRatio, 2),
      formatSpread(row.cpuMs, 1),
      formatSpread(row.wallMs, 1),
      row.peakRssMiB.median.toFixed(0),
    ]);
  const lines = [HEADINGS, ...cells];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]): string =>
    line.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join("  ");
  return [`${workload.title}`, ...lines.map(format)].join("\n");
}

/** Names to the left, numbers to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function formatSpread({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
