import { existsSync } from "node:fs";
import type { ContenderEntry } from "./contenders/index.ts";
import type { Measured } from "./measure.ts";
import { type BenchServer, startMeasurer } from "./processes.ts";
import { type Row, rowOf } from "./statistics.ts";
import type { Workload } from "./workload.ts";

/** How often each contender is measured; peers, whose ratios are large, less often than floors and fairwitness. */
const REPETITIONS = { floor: 5, own: 5, peer: 3 } as const;

/** Two repetitions fewer of everything, for a first look: three times, and peers once. */
const isQuick = process.env.FAIRWITNESS_BENCH === "quick";

/** What came of one contender. */
interface Attempt {
  entry: ContenderEntry;
  measured: Measured[];
  refused?: string;
}

let sessions = 0;

/** A measurement in a fresh process, of which the server saw all that it should have. */
export async function measureOnce(server: BenchServer, workload: Workload, contender: string): Promise<Measured> {
  sessions += 1;
  const session = `${contender}-${sessions}`;
  await using measurer = startMeasurer();
  const measured = await measurer.time({ contender, workload, baseURL: await server.open(session, workload) });
  await examineSession(server, session, workload);
  return measured;
}

/** @throws {Error} unless the server saw as many runs as there should have been. */
export async function examineSession(
  server: BenchServer,
  session: string,
  workload: Workload,
  runs: number = workload.warmups + workload.runs,
): Promise<void> {
  const seen = await server.examine(session);
  const expected = runs * workload.agents;
  if (seen !== expected) throw new Error(`the server saw ${seen} runs, not ${expected}`);
}

/** Measures all contenders of a workload in turns, so that a slow minute of the machine hits them alike. */
export async function measureWorkload(
  server: BenchServer,
  workload: Workload,
  entries: readonly ContenderEntry[],
): Promise<readonly Row[]> {
  const attempts = entries.map((entry): Attempt => ({ entry, measured: [], ...refusal(entry, workload) }));
  for (let repetition = 0; repetition < REPETITIONS.floor; repetition++) {
    for (const attempt of attempts) {
      if (attempt.refused === undefined && repetition < repetitionsOf(attempt.entry, workload)) {
        await tryOnce(server, workload, attempt);
      }
    }
  }
  const base = attempts[0]?.measured ?? [];
  return attempts.map(({ entry, measured, refused }) => {
    const names = { workload: workload.name, contender: entry.name, at: new Date().toISOString() };
    return refused === undefined ? rowOf(names, measured, base) : { ...names, refused };
  });
}

function repetitionsOf({ kind, isSlow = false }: ContenderEntry, { isHeavy = false }: Workload): number {
  if (isSlow) return 1;
  return isHeavy || isQuick ? REPETITIONS[kind] - 2 : REPETITIONS[kind];
}

/** What is known before it is tried. */
function refusal({ kind, file, refuses = {} }: ContenderEntry, workload: Workload): { refused?: string } {
  const reason = Object.hasOwn(refuses, workload.name) ? refuses[workload.name] : undefined;
  if (reason !== undefined) return { refused: reason };
  if (kind === "peer" && !existsSync(new URL("./node_modules", import.meta.url))) return { refused: "not installed" };
  if (!existsSync(new URL(file, import.meta.url))) throw new Error(`There is no ${file}.`);
  return {};
}

/** What a peer cannot do is a finding; what we cannot do is a fault of ours. */
async function tryOnce(server: BenchServer, workload: Workload, attempt: Attempt): Promise<void> {
  try {
    attempt.measured.push(await measureOnce(server, workload, attempt.entry.name));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (attempt.entry.kind !== "peer") throw new Error(`${attempt.entry.name} did not do ${workload.name}: ${reason}`);
    attempt.refused = reason.slice(0, 300);
  }
}
