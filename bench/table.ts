import { CONTENDERS } from "./contenders/index.ts";
import { isMeasured, type Row, type Spread } from "./statistics.ts";
import type { Workload } from "./workload.ts";

const HEADINGS = ["", "CPU ratio", "wall ratio", "CPU ms a run", "wall ms a run", "peak MiB"] as const;

/** The rows of a workload, for people at a terminal: medians, with the least and the most in brackets. */
export function formatTable(workload: Workload, rows: readonly Row[]): string {
  const cells = rows.filter((row) => row.workload === workload.name).map(cellsOf);
  const lines = [HEADINGS, ...cells];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...lines.map((line) => (line.length > 2 ? (line[column]?.length ?? 0) : 0))),
  );
  const format = (line: readonly string[]): string =>
    line.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join("  ");
  const base = workload.base === undefined ? "" : `, ratios to ${titleOf(workload.base)}`;
  return [`${workload.title}${base}`, ...lines.map(format)].join("\n");
}

function cellsOf(row: Row): readonly string[] {
  if (!isMeasured(row)) return [titleOf(row.contender), row.refused];
  return [
    titleOf(row.contender),
    formatSpread(row.cpuRatio, 2),
    formatSpread(row.wallRatio, 2),
    formatSpread(row.cpuMs, 1),
    formatSpread(row.wallMs, 1),
    row.peakRssMiB.median.toFixed(0),
  ];
}

export function titleOf(contender: string): string {
  return CONTENDERS.find(({ name }) => name === contender)?.title ?? contender;
}

/** Names to the left, numbers to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function formatSpread({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
