// `npm run bench` measures everything; `npm run bench -- text turns-50 fairwitness ai` the workloads and contenders that are
// named; `npm run bench -- report` draws the table and the chart anew. FAIRWITNESS_BENCH=keep puts what was named into
// results.json beside what is there; FAIRWITNESS_BENCH=small is for CI: see gate.ts.
// How it is kept honest stands in README.md beside this file.
import { cpus, loadavg } from "node:os";
import { measureColdStarts } from "./cold.ts";
import { CONTENDERS } from "./contenders/index.ts";
import { runGate } from "./gate.ts";
import { measureGrowth } from "./growth.ts";
import { installPeers } from "./install.ts";
import { measureWorkload } from "./measuring.ts";
import { contendersOf, type Plan, planOf } from "./plan.ts";
import { startServer } from "./processes.ts";
import { writeReport } from "./report.ts";
import { type Results, readResults, writeResults } from "./results.ts";
import type { Row } from "./statistics.ts";
import { formatTable } from "./table.ts";
import { versionsOf } from "./versions.ts";
import { WORKLOADS } from "./workloads/index.ts";

/** What is measured beside the workloads, by its name. */
const OTHERS: Readonly<Record<string, () => Promise<unknown>>> = {
  cold: measureColdStarts,
  growth: measureGrowth,
};

async function measureAll(plan: Plan): Promise<readonly Row[]> {
  const rows: Row[] = [];
  await using server = await startServer();
  for (const workload of plan.workloads) {
    const entries = contendersOf(workload, plan);
    if (entries.length === 0) continue;
    rows.push(...(await measureWorkload(server, workload, entries)));
    console.log(`\n${formatTable(workload, rows)}`);
  }
  return rows;
}

/** All workloads and contenders but the slow ones, cold starts and growth. */
async function measureEverything(): Promise<void> {
  const loadBefore = load();
  const plan = planOf([]);
  const rows = await measureAll(plan);
  const [cold, growth] = [await measureColdStarts(), await measureGrowth()];
  write({ plan, rows, cold, growth, loadBefore });
}

async function measureNamed(names: readonly string[], isKept: boolean): Promise<void> {
  const loadBefore = load();
  const plan = planOf(names);
  for (const [name, version] of Object.entries(versionsOf(plan.contenders))) console.log(`${name}: ${version}`);
  const rows = await measureAll(plan);
  if (isKept) return write({ plan, rows, cold: [], growth: null, loadBefore });
  console.log("\nA part of the benchmark: results.json was left as it is. FAIRWITNESS_BENCH=keep writes it.");
}

interface Found extends Pick<Results, "rows" | "cold" | "growth"> {
  plan: Plan;
  loadBefore: number;
}

function write({ plan, rows, cold, growth, loadBefore }: Found): void {
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? "unknown", cpus: cpus().length };
  writeResults({
    at: new Date().toISOString(),
    machine: { ...machine, loadBefore, loadAfter: load() },
    versions: versionsOf(plan.contenders),
    workloads: WORKLOADS,
    rows,
    cold,
    growth,
  });
  writeReport(readResults());
}

/** Processes that wanted to run, on average over the last minute. */
function load(): number {
  return loadavg()[0] ?? Number.NaN;
}

async function main(): Promise<void> {
  const names = process.argv.slice(2);
  if (process.env.FAIRWITNESS_BENCH === "small") return await runGate();
  if (names[0] === "report") return writeReport(readResults());
  const others = Object.entries(OTHERS).filter(([name]) => names.includes(name));
  for (const [, measure] of others) console.log(JSON.stringify(await measure(), null, 2));
  if (others.length > 0) return;
  await installPeers(
    CONTENDERS.some(({ kind, name }) => kind === "peer" && (names.length === 0 || names.includes(name))),
  );
  await (names.length === 0 ? measureEverything() : measureNamed(names, process.env.FAIRWITNESS_BENCH === "keep"));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
