// `FAIRWITNESS_BENCH=small npm run bench`, as CI runs it, without peers: every workload is done once, in a small size, by the
// floors and by every form of fairwitness, which shows that all of it works; then what must not become worse is held
// against gate-limits.ts.
import { existsSync } from "node:fs";
import { CONTENDERS } from "./contenders/index.ts";
import { countSlopes } from "./gate-counts.ts";
import { COUNT_LIMITS, TIME_LIMITS } from "./gate-limits.ts";
import { examineSession } from "./measuring.ts";
import { contendersOf } from "./plan.ts";
import { type BenchServer, type Measurer, startMeasurer, startServer } from "./processes.ts";
import { spread } from "./statistics.ts";
import type { Workload } from "./workload.ts";
import { small, WORKLOADS } from "./workloads/index.ts";

/** How often the ratios are taken: the best of them is what counts, since noise only ever adds. */
const REPETITIONS = 3;

/** @throws {Error} on what is not done right, and on what has become worse, with all of it in the message. */
export async function runGate(): Promise<void> {
  await using server = await startServer();
  await using processes = startProcesses();
  for (const workload of WORKLOADS.map(small)) await doOnce(server, processes, workload);
  const worse = [...(await slower(server, processes)), ...(await heavier(server, processes))];
  if (worse.length === 0) return console.log("Nothing has become worse. Small sizes: no figure of this run is kept.");
  throw new Error(["The benchmark's gate (bench/gate-limits.ts) was not passed:", ...worse].join("\n  "));
}

/** One process for each contender whose time is taken, and one in which all of the work is tried. */
interface Processes extends AsyncDisposable {
  of(name: string): Measurer;
}

function startProcesses(): Processes {
  const started = new Map<string, Measurer>();
  return {
    of(name) {
      const known = started.get(name) ?? startMeasurer();
      started.set(name, known);
      return known;
    },
    async [Symbol.asyncDispose]() {
      for (const measurer of started.values()) await measurer[Symbol.asyncDispose]();
    },
  };
}

/** Those that need no peers. */
const PRESENT = CONTENDERS.filter(({ kind, file }) => kind !== "peer" && existsSync(new URL(file, import.meta.url)));

async function doOnce(server: BenchServer, processes: Processes, workload: Workload): Promise<void> {
  const once = { ...workload, warmups: 0, runs: 1 };
  const entries = contendersOf(workload, { workloads: [workload], contenders: PRESENT });
  for (const { name } of entries) await timeOf(server, processes.of("all"), { contender: name, workload: once });
  console.log(`ok  ${workload.name}: ${entries.map(({ name }) => name).join(", ")} did all of the work`);
}

interface Ask {
  contender: string;
  workload: Workload;
}

/** CPU milliseconds of a run. */
async function timeOf(server: BenchServer, measurer: Measurer, { contender, workload }: Ask): Promise<number> {
  const session = `${contender}-${workload.name}`;
  const baseURL = await server.open(session, workload);
  try {
    const { cpuMs } = await measurer.time({ contender, workload, baseURL });
    await examineSession(server, session, workload);
    return cpuMs;
  } catch (error) {
    throw new Error(`${contender} did not do ${workload.name}: ${error instanceof Error ? error.message : error}`);
  }
}

async function slower(server: BenchServer, processes: Processes): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { workload: name, contender, most } of TIME_LIMITS) {
    const workload = WORKLOADS.map(small).find((known) => known.name === name);
    if (workload === undefined) throw new Error(`gate-limits.ts names a workload that there is not: ${name}.`);
    const ratios: number[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      const floor = await timeOf(server, processes.of("floor"), { contender: "floor", workload });
      ratios.push((await timeOf(server, processes.of(contender), { contender, workload })) / floor);
    }
    const { min } = spread(ratios);
    console.log(
      `${min <= most ? "ok " : "BAD"} ${name}: ${contender} takes ${min.toFixed(2)} × the floor's CPU, at most ${most}`,
    );
    if (min > most) {
      const all = ratios.map((ratio) => ratio.toFixed(2)).join(", ");
      found.push(`${name}: ${contender} took ${all} times the floor's CPU time, where at most ${most} is allowed.`);
    }
  }
  return found;
}

async function heavier(server: BenchServer, processes: Processes): Promise<readonly string[]> {
  const found: string[] = [];
  for (const limit of COUNT_LIMITS) {
    const slope = await countSlopes(server, processes.of(limit.contender), limit);
    const what = `${limit.count} for each ${limit.unit} of ${limit.contender}`;
    console.log(`${slope <= limit.most ? "ok " : "BAD"} ${what}: ${slope.toFixed(2)}, at most ${limit.most}`);
    if (slope > limit.most)
      found.push(`${what}: ${slope.toFixed(2)}, where at most ${limit.most} is allowed. ${limit.why}`);
  }
  return found;
}
