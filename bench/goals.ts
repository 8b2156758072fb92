import { CONTENDERS } from "./contenders/index.ts";
import { isMeasured, type MeasuredRow, type Row } from "./statistics.ts";
import { WORKLOADS } from "./workloads/index.ts";

/** What we want to reach: so many times the CPU time of another contender, at most. */
interface Goal {
  workload: string;
  contender: string;
  against: string;
  most: number;
}

const GOALS: readonly Goal[] = [
  { workload: "text", contender: "fairwitness", against: "floor", most: 1.5 },
  { workload: "text", contender: "fairwitness-batches", against: "floor", most: 1.3 },
  { workload: "calls", contender: "fairwitness", against: "floor", most: 1.7 },
  { workload: "turns-50", contender: "fairwitness", against: "floor", most: 1.4 },
  { workload: "turns-400", contender: "fairwitness", against: "floor", most: 0.5 },
  { workload: "agents-100", contender: "fairwitness", against: "floor", most: 2 },
  { workload: "agents-1000", contender: "fairwitness", against: "floor", most: 2 },
  { workload: "agents-5000", contender: "fairwitness", against: "floor", most: 2 },
  { workload: "arguments-64k", contender: "fairwitness", against: "floor", most: 1.5 },
  { workload: "arguments-1m", contender: "fairwitness", against: "floor", most: 1.3 },
  { workload: "responses", contender: "fairwitness", against: "floor", most: 1.5 },
  { workload: "records", contender: "fairwitness-files", against: "fairwitness", most: 1.25 },
  { workload: "text", contender: "fairwitness-fetch", against: "floor-fetch", most: 1.1 },
  { workload: "calls", contender: "fairwitness-fetch", against: "floor-fetch", most: 1.1 },
];

/** A goal and what was measured; undefined where nothing was. */
export interface Reached {
  what: string;
  goal: string;
  found: string | undefined;
  isReached: boolean | undefined;
}

export function reached(rows: readonly Row[]): readonly Reached[] {
  const measured = rows.filter(isMeasured);
  return [
    ...GOALS.map((goal) => againstOther(measured, goal)),
    memory(measured),
    ...WORKLOADS.flatMap((workload) => peers(measured, workload.name)),
  ];
}

function againstOther(rows: readonly MeasuredRow[], { workload, contender, against, most }: Goal): Reached {
  const own = cpuOf(rows, workload, contender);
  const other = cpuOf(rows, workload, against);
  const found = own === undefined || other === undefined ? undefined : own / other;
  return judged(`${workload}: ${contender} to ${against}`, found, { most, unit: "×" });
}

/** Ratios to the base where there are several repetitions, since they are taken within one. */
function cpuOf(rows: readonly MeasuredRow[], workload: string, contender: string): number | undefined {
  return rows.find((row) => row.workload === workload && row.contender === contender)?.cpuRatio.median;
}

function memory(rows: readonly MeasuredRow[]): Reached {
  const row = rows.find(({ workload, contender }) => workload === "agents-5000" && contender === "fairwitness");
  return judged("agents-5000: peak memory of fairwitness", row?.peakRssMiB.median, { most: 500, unit: " MiB" });
}

/** At least twice as fast as the fastest peer, and five times as fast as `ai`. */
function peers(rows: readonly MeasuredRow[], workload: string): readonly Reached[] {
  const own = cpuOf(rows, workload, "fairwitness");
  const names = CONTENDERS.filter(({ kind, file }) => kind === "peer" && !file.includes("/floor-")).map(
    ({ name }) => name,
  );
  const measured = rows.filter((row) => row.workload === workload && names.includes(row.contender));
  const [fastest] = measured.toSorted((a, b) => a.cpuRatio.median - b.cpuRatio.median);
  const ai = cpuOf(rows, workload, "ai");
  if (own === undefined || fastest === undefined) return [];
  const times = fastest.cpuRatio.median / own;
  const first = judged(`${workload}: the fastest peer (${fastest.contender}) to fairwitness`, times, {
    least: 2,
    unit: "×",
  });
  return ai === undefined
    ? [first]
    : [first, judged(`${workload}: ai to fairwitness`, ai / own, { least: 5, unit: "×" })];
}

interface Bound {
  most?: number;
  least?: number;
  unit: string;
}

function judged(what: string, found: number | undefined, { most, least, unit }: Bound): Reached {
  const goal = most === undefined ? `at least ${least}${unit}` : `at most ${most}${unit}`;
  if (found === undefined) return { what, goal, found: undefined, isReached: undefined };
  const isReached = most === undefined ? found >= (least ?? 0) : found <= most;
  return { what, goal, found: `${found.toFixed(unit === "×" ? 2 : 0)}${unit}`, isReached };
}
