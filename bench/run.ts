// `npm run bench` measures everything; `npm run bench -- text turns-50 fairwitness ai` the workloads and contenders that are
// named; `npm run bench -- report` draws the table and the chart anew. FAIRWITNESS_BENCH=small is for CI: see gate.ts.
// How it is kept honest stands in README.md beside this file.
import { cpus, loadavg } from "node:os";
import { measureColdStarts } from "./cold.ts";
import { CONTENDERS, type ContenderEntry } from "./contenders/index.ts";
import { runGate } from "./gate.ts";
import { measureGrowth } from "./growth.ts";
import { installPeers } from "./install.ts";
import { measureWorkload } from "./measuring.ts";
import { contendersOf, type Plan, planOf } from "./plan.ts";
import { startServer } from "./processes.ts";
import { writeReport } from "./report.ts";
import { keep, type Machine, readKept, readResults, writeResults } from "./results.ts";
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

async function measureEverything(): Promise<void> {
  const loadBefore = loadavg()[0] ?? Number.NaN;
  const plan = planOf([]);
  const rows = await measureAll(plan);
  const cold = await measureColdStarts();
  const growth = await measureGrowth();
  const kept = readKept(plan.contenders.map(({ name }) => name));
  writeResults({
    at: new Date().toISOString(),
    machine: { ...machine(), loadBefore, loadAfter: loadavg()[0] ?? Number.NaN },
    versions: Object.assign({}, ...kept.map(({ versions }) => versions), versionsOf(plan.contenders)),
    workloads: plan.workloads,
    rows: [...rows, ...kept.flatMap((one) => one.rows)],
    cold,
    growth,
  });
  writeReport(readResults());
}

function machine(): Pick<Machine, "node" | "cpu" | "cpus"> {
  return { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model ?? "unknown" };
}

async function measureNamed(names: readonly string[]): Promise<void> {
  const plan = planOf(names);
  for (const [name, version] of Object.entries(versionsOf(plan.contenders))) console.log(`${name}: ${version}`);
  const rows = await measureAll(plan);
  const slow = plan.contenders.filter(({ isSlow, name }) => isSlow === true && names.includes(name));
  const isWhole = plan.workloads === WORKLOADS; // no workload was named
  if (slow.length === 0 || !isWhole) return console.log("\nA part of the benchmark: results.json was left as it is.");
  for (const contender of slow) keepRows(contender, rows);
}

function keepRows(contender: ContenderEntry, rows: readonly Row[]): void {
  const own = rows.filter((row) => row.contender === contender.name);
  keep(contender.name, { at: new Date().toISOString(), versions: versionsOf([contender]), rows: own });
  console.log(`\nkept/${contender.name}.json has been written: the next whole run takes these rows from there.`);
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
  await (names.length === 0 ? measureEverything() : measureNamed(names));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
