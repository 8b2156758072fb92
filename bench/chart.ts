import { CONTENDERS, type ContenderEntry } from "./contenders/index.ts";
import type { Results } from "./results.ts";
import { isMeasured, type Row } from "./statistics.ts";
import { number } from "./table.ts";
import type { Workload } from "./workload.ts";

const COLUMNS = 3;
const PANEL = { width: 360, left: 160, bar: 140, line: 15, top: 34, gap: 18 } as const;
const MARGIN = 14;
const HEAD = 46;

/** Colours for a white ground, which the chart brings along: it is shown on dark pages too. */
const COLOURS: Readonly<Record<ContenderEntry["kind"], string>> = { own: "#0f766e", floor: "#9ca3af", peer: "#93a8c9" };

/** The table of ratios as bars, a panel for each workload. */
export function drawChart({ rows, workloads, at, machine }: Results): string {
  const shown = workloads.filter(({ base }) => base === undefined);
  const entries = CONTENDERS.filter(({ isSpecial }) => isSpecial !== true);
  const height = PANEL.top + entries.length * PANEL.line + PANEL.gap;
  const size = {
    width: COLUMNS * PANEL.width + 2 * MARGIN,
    height: HEAD + Math.ceil(shown.length / COLUMNS) * height + MARGIN,
  };
  const panels = shown.map((workload, index) => {
    const x = MARGIN + (index % COLUMNS) * PANEL.width;
    const y = HEAD + Math.floor(index / COLUMNS) * height;
    return `<g transform="translate(${x} ${y})">${panel(workload, entries, rows)}</g>`;
  });
  const said = `${at.slice(0, 10)}, Node ${machine.node}, ${machine.cpus} × ${machine.cpu}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" font-family="system-ui, sans-serif" font-size="11" role="img">`,
    `<title>CPU time of each contender as a ratio to a loop written by hand on node:http</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${MARGIN}" y="22" font-size="15" font-weight="600" fill="#111827">CPU time, × a loop written by hand on node:http (shorter is better)</text>`,
    `<text x="${MARGIN}" y="38" fill="#6b7280">${xmlText(said)}. Each panel has a scale of its own.</text>`,
    ...panels,
    "</svg>\n",
  ].join("\n");
}

function panel(workload: Workload, entries: readonly ContenderEntry[], rows: readonly Row[]): string {
  const found = entries.map((entry) => ({
    entry,
    row: rows.find(({ workload: name, contender }) => name === workload.name && contender === entry.name),
  }));
  const most = Math.max(...found.map(({ row }) => (row !== undefined && isMeasured(row) ? row.cpuRatio.median : 0)));
  const title = `<text y="20" font-weight="600" fill="#111827">${xmlText(workload.title)}</text>`;
  const bars = found.map(({ entry, row }, index) => bar(entry, row, { y: PANEL.top + index * PANEL.line, most }));
  return [title, ...bars].join("");
}

function bar(
  { title, kind, file }: ContenderEntry,
  row: Row | undefined,
  { y, most }: { y: number; most: number },
): string {
  const isOwn = kind === "own";
  const label = `<text x="${PANEL.left - 6}" y="${y + 10}" text-anchor="end" fill="#111827"${isOwn ? ' font-weight="600"' : ""}>${xmlText(title)}</text>`;
  if (row === undefined) return `${label}${words(PANEL.left, y, "not measured")}`;
  if (!isMeasured(row)) return `${label}${words(PANEL.left, y, "did not do all of it")}`;
  const { median } = row.cpuRatio;
  const width = Math.max(1, (median / most) * PANEL.bar);
  const colour = file.includes("/floor-") ? COLOURS.floor : COLOURS[kind];
  const rect = `<rect x="${PANEL.left}" y="${y}" width="${width.toFixed(1)}" height="${PANEL.line - 4}" rx="1.5" fill="${colour}"/>`;
  return `${label}${rect}${words(PANEL.left + width + 4, y, number(median))}`;
}

function words(x: number, y: number, text: string): string {
  return `<text x="${x.toFixed(1)}" y="${y + 10}" fill="#4b5563">${text}</text>`;
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
