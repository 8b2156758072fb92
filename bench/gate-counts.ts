import type { Counts } from "./counting.ts";
import type { CountLimit } from "./gate-limits.ts";
import type { Job } from "./measure.ts";
import type { BenchServer, Measurer } from "./processes.ts";
import { ORDINARY, type Workload } from "./workload.ts";

let sessions = 0;

/** What one more chunk or turn adds: two sizes are counted, so that what a run costs anyway falls out. */
export async function countSlopes(server: BenchServer, measurer: Measurer, limit: CountLimit): Promise<number> {
  const { contender, count, unit, between } = limit;
  const [few, many] = between;
  const counted: number[] = [];
  for (const size of [few, many]) {
    const counts = await countOf(server, measurer, { contender, workload: workloadOf(unit, size) });
    counted.push(counts[count]);
  }
  const [first = Number.NaN, second = Number.NaN] = counted;
  return (second - first) / (many - few);
}

function workloadOf(unit: CountLimit["unit"], size: number): Workload {
  const base = { ...ORDINARY, name: `counted-${unit}s`, title: "counted", warmups: 3, runs: 1, small: {} };
  if (unit === "chunk of text") return { ...base, textChunks: size };
  if (unit === "turn") return { ...base, toolTurns: size, callsPerTurn: 1 };
  return { ...base, toolTurns: 1, callsPerTurn: 1, argumentBytes: size * 16 };
}

async function countOf(
  server: BenchServer,
  measurer: Measurer,
  asked: Pick<Job, "contender" | "workload">,
): Promise<Counts> {
  sessions += 1;
  const session = `counted-${sessions}`;
  return await measurer.counts({ ...asked, baseURL: await server.open(session, asked.workload) });
}
