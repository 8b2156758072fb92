import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { ColdStart } from "./cold.ts";
import type { Growth } from "./growth.ts";
import type { LayerCost } from "./layers/index.ts";
import type { Row } from "./statistics.ts";
import type { Workload } from "./workload.ts";

/** What `npm run bench` found, as bench/results.json has it. */
export interface Results {
  /** When the run ended, as ISO 8601. */
  at: string;
  machine: Machine;
  /** Of contenders' packages, by contender. */
  versions: Readonly<Record<string, string>>;
  workloads: readonly Workload[];
  rows: readonly Row[];
  cold: readonly ColdStart[];
  growth: Growth | null;
  layers: readonly LayerCost[];
}

export interface Machine {
  node: string;
  cpu: string;
  cpus: number;
  /** Processes that wanted to run, on average over a minute: at the beginning, and at the end with our own. */
  loadBefore: number;
  loadAfter: number;
}

const RESULTS = new URL("./results.json", import.meta.url);

export function readResults(): Results {
  return JSON.parse(readFileSync(RESULTS, "utf8")) as Results; // written below
}

/**
 * Writes what was found now beside what was found before and not measured again: each row says when it was. What was measured
 * of a workload that has changed since is dropped.
 */
export function writeResults(found: Results): void {
  const before = existsSync(RESULTS) ? readResults() : undefined;
  writeFileSync(RESULTS, `${JSON.stringify(before === undefined ? found : merged(before, found), null, 2)}\n`);
}

export function merged(before: Results, found: Results): Results {
  const isAgain = ({ workload, contender }: Row): boolean =>
    found.rows.some((row) => row.workload === workload && row.contender === contender);
  const isSame = ({ workload }: Row): boolean => definition(before, workload) === definition(found, workload);
  const kept = before.rows.filter((row) => !isAgain(row) && isSame(row));
  return {
    ...found,
    versions: { ...before.versions, ...found.versions },
    rows: [...found.rows, ...kept],
    cold: found.cold.length > 0 ? found.cold : before.cold,
    growth: found.growth ?? before.growth,
    layers: found.layers.length > 0 ? found.layers : before.layers,
  };
}

/** What is done in a workload: what it is called and who does it may change. */
function definition({ workloads }: Results, name: string): string {
  const found = workloads.find((workload) => workload.name === name);
  const named = { ...found, title: "", small: {}, isHeavy: false, contenders: [], also: [] };
  return JSON.stringify(Object.entries(named).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
