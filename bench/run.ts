// Measures fairwitness against a loop written by hand for the same work. `npm run bench`, or by name:
// `npm run bench -- text turns fairwitness` (workloads and contenders; the floor is always in).
// FAIRWITNESS_BENCH=small does everything once in small sizes, to see that it works, and keeps no figures.
//
// How it is kept honest: the endpoint runs in a process of its own and sends the same bytes to all. Each measurement is a
// fresh process that warms up first. Repetitions are interleaved and ratios taken within one. Time is the CPU time of the
// whole process, garbage collection and compiling included. Every run is checked here (text, chunks, tools, validated
// arguments) and at the server (requests, results), so nobody is fast by leaving something out. The floor is no framework:
// it has no retry, record, limits or events, and a ratio of 1 would mean that all of these cost nothing.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { CONTENDERS, type ContenderEntry } from "./contenders/index.ts";
import type { Measured } from "./measure.ts";
import { type BenchServer, startMeasurer, startServer } from "./processes.ts";
import { type Row, rowOf } from "./statistics.ts";
import { formatTable } from "./table.ts";
import { small, WORKLOADS, type Workload } from "./workloads.ts";

const REPETITIONS = 5;

interface Plan {
  workloads: readonly Workload[];
  contenders: readonly ContenderEntry[];
  isSmall: boolean;
}

/** @throws {Error} on a name that is neither a workload's nor a contender's. */
function plan(names: readonly string[], isSmall: boolean): Plan {
  const [floor] = CONTENDERS;
  const known = [...WORKLOADS, ...CONTENDERS].map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`Nothing here is called "${unknown}". There are: ${known.join(", ")}.`);
  const chosen = <T extends { name: string }>(all: readonly T[]): readonly T[] => {
    const named = all.filter(({ name }) => names.includes(name));
    return named.length === 0 ? all : named;
  };
  const contenders = [floor, ...chosen(CONTENDERS).filter((entry) => entry !== floor)];
  const workloads = chosen(WORKLOADS);
  return { workloads: isSmall ? workloads.map(small) : workloads, contenders, isSmall };
}

let sessions = 0;

/** A measurement in a fresh process, of which the server saw all that it should have. */
async function measureOnce(server: BenchServer, workload: Workload, contender: string): Promise<Measured> {
  sessions += 1;
  const session = `${contender}-${sessions}`;
  await using measurer = startMeasurer(contender);
  const measured = await measurer.measure({ workload, baseURL: await server.open(session, workload) });
  const runs = await server.examine(session);
  const expected = workload.warmups + workload.runs;
  if (runs !== expected) throw new Error(`${contender} made ${runs} runs of ${workload.name}, not ${expected}.`);
  return measured;
}

async function measureWorkload(
  server: BenchServer,
  workload: Workload,
  { contenders, isSmall }: Plan,
): Promise<readonly Row[]> {
  const measured = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let repetition = 0; repetition < (isSmall ? 1 : REPETITIONS); repetition++) {
    for (const { name } of contenders) measured.get(name)?.push(await measureOnce(server, workload, name));
  }
  const [floor = []] = measured.values();
  return [...measured].map(([contender, own]) => rowOf({ workload: workload.name, contender }, own, floor));
}

async function main(): Promise<void> {
  const chosen = plan(process.argv.slice(2), process.env.FAIRWITNESS_BENCH === "small");
  const rows: Row[] = [];
  await using server = await startServer();
  for (const workload of chosen.workloads) {
    const found = await measureWorkload(server, workload, chosen);
    rows.push(...found);
    const contenders = chosen.contenders.map(({ name }) => name).join(", ");
    console.log(
      chosen.isSmall ? `ok  ${workload.name}: ${contenders} did all of the work` : `\n${formatTable(workload, rows)}`,
    );
  }
  if (chosen.isSmall) return console.log("Small sizes, once: nothing was measured that would say anything.");
  if (process.argv.length > 2) return console.log("\nA part of the benchmark: results.json was left as it is.");
  const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model ?? "unknown" };
  const results = {
    at: new Date().toISOString(),
    ...machine,
    repetitions: REPETITIONS,
    workloads: chosen.workloads,
    rows,
  };
  writeFileSync(new URL("./results.json", import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
