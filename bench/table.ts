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
    range(row.cpuRatio, 2),
    range(row.wallRatio, 2),
    range(row.cpuMs, 1),
    range(row.wallMs, 1),
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

/** A median with the least and the most. */
export function range({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** As many digits as say something. */
export function number(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = headings.map((_, column) => (column === 0 ? "---" : "--:"));
  return [headings, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
