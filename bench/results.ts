import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ColdStart } from "./cold.ts";
import type { Growth } from "./growth.ts";
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
}

export interface Machine {
  node: string;
  cpu: string;
  cpus: number;
  /** Processes that wanted to run, on average over a minute: at the beginning, and at the end with our own. */
  loadBefore: number;
  loadAfter: number;
}

/** Rows of a contender that is too slow to be measured with the others. */
export interface Kept {
  at: string;
  versions: Readonly<Record<string, string>>;
  rows: readonly Row[];
}

const RESULTS = new URL("./results.json", import.meta.url);
const KEPT = new URL("./kept/", import.meta.url);

export function readResults(): Results {
  return JSON.parse(readFileSync(RESULTS, "utf8")) as Results; // written below
}

export function writeResults(results: Results): void {
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
}

export function keep(contender: string, kept: Kept): void {
  writeFileSync(new URL(`${contender}.json`, KEPT), `${JSON.stringify(kept, null, 2)}\n`);
}

/** The kept rows of those who have not been measured now. */
export function readKept(measured: readonly string[]): readonly Kept[] {
  const files = readdirSync(KEPT).filter((name) => name.endsWith(".json") && !measured.includes(name.slice(0, -5)));
  return files.map((name) => JSON.parse(readFileSync(new URL(name, KEPT), "utf8")) as Kept); // written above
}
