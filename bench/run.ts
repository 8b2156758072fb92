// `npm run bench` measures everything; `npm run bench -- text turns-50 fairwitness ai` the workloads and contenders that are
// named; `npm run bench -- report` draws the table and the chart anew. FAIRWITNESS_BENCH=keep puts what was named into
// results.json beside what is there; =quick measures everything less often; =small is for CI: see gate.ts.
// How it is kept honest stands in README.md beside this file.
import { cpus, loadavg } from "node:os";
import { measureColdStarts } from "./cold.ts";
import { runGate } from "./gate.ts";
import { measureGrowth } from "./growth.ts";
import { installPeers } from "./install.ts";
import { layersSection, measureLayers } from "./layers/index.ts";
import { measureWorkload } from "./measuring.ts";
import { contendersOf, type Plan, planOf } from "./plan.ts";
import { startServer } from "./processes.ts";
import { writeReport } from "./report.ts";
import { coldSection, growthSection } from "./report-others.ts";
import { type Results, readResults, writeResults } from "./results.ts";
import { formatTable } from "./table.ts";
import { versionsOf } from "./versions.ts";
import { WORKLOADS } from "./workloads/index.ts";

/** Puts what was found into results.json beside what is there, so that a run that is cut loses only what was not done. */
type Keep = (found: Partial<Pick<Results, "rows" | "cold" | "growth" | "layers">>) => void;

async function measureAll(plan: Plan, keep: Keep): Promise<void> {
  await using server = await startServer();
  for (const workload of plan.workloads) {
    const entries = contendersOf(workload, plan);
    if (entries.length === 0) continue;
    const rows = await measureWorkload(server, workload, entries);
    keep({ rows });
    console.log(`\n${formatTable(workload, rows)}`);
  }
}

/** What is measured beside the workloads, by its name. */
const OTHERS: Readonly<Record<string, (keep: Keep) => Promise<void>>> = {
  async cold(keep) {
    const cold = await measureColdStarts();
    keep({ cold });
    console.log(`\n${coldSection({ cold })}`);
  },
  async growth(keep) {
    const growth = await measureGrowth();
    keep({ growth });
    console.log(`\n${growthSection({ growth })}`);
  },
  async layers(keep) {
    const layers = await measureLayers();
    keep({ layers });
    console.log(`\n${layersSection(layers)}`);
  },
};

function keeper(plan: Plan): Keep {
  const loadBefore = load();
  return ({ rows = [], cold = [], growth = null, layers = [] }) => {
    const machine = { node: process.version, cpu: cpus()[0]?.model ?? "unknown", cpus: cpus().length };
    writeResults({
      at: new Date().toISOString(),
      machine: { ...machine, loadBefore, loadAfter: load() },
      versions: versionsOf(plan.contenders),
      workloads: WORKLOADS,
      rows,
      cold,
      growth,
      layers,
    });
  };
}

/** Processes that wanted to run, on average over the last minute. */
function load(): number {
  return loadavg()[0] ?? Number.NaN;
}

async function measure(names: readonly string[], isKept: boolean): Promise<void> {
  const others = Object.keys(OTHERS).filter((name) => names.length === 0 || names.includes(name));
  const rest = names.filter((name) => !others.includes(name));
  const plan = planOf(rest);
  const keep = isKept ? keeper(plan) : () => {};
  if (rest.length > 0 || names.length === 0) {
    installPeers(plan.contenders.some(({ kind }) => kind === "peer"));
    for (const [name, packages] of Object.entries(versionsOf(plan.contenders))) console.log(`${name}: ${packages}`);
    await measureAll(plan, keep);
  }
  for (const name of others) await OTHERS[name]?.(keep);
  if (isKept) return writeReport(readResults());
  console.log("\nA part of the benchmark: results.json was left as it is. FAIRWITNESS_BENCH=keep writes it.");
}

async function main(): Promise<void> {
  const names = process.argv.slice(2);
  const mode = process.env.FAIRWITNESS_BENCH;
  if (mode === "small") return await runGate();
  if (names[0] === "report") return writeReport(readResults());
  await measure(names, mode === "keep" || names.length === 0);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
