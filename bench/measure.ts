// Measures contenders in a process of its own: a job at a time from the parent, and the next when it has answered.
import { CONTENDERS } from "./contenders/index.ts";
import { type Counts, countIn } from "./counting.ts";
import { type Contender, doRun } from "./work.ts";
import type { Workload } from "./workload.ts";

export interface Job {
  contender: string;
  workload: Workload;
  baseURL: string;
  /** `time`: what the runs cost. `counts`: what one run does, which does not depend on the machine. */
  what: "time" | "counts";
}

/** What one run cost, averaged over the measured runs, without the warm-up. */
export interface Measured {
  /** User and system time of the whole process: collecting garbage and compiling are in it. */
  cpuMs: number;
  wallMs: number;
  /** The most memory the process ever held, loading and warm-up included. */
  peakRssMiB: number;
}

/** The measurement, or why there is none. */
export type MeasureReply = Measured | Counts | { mistake: string };

async function load(name: string): Promise<Contender> {
  const entry = CONTENDERS.find((known) => known.name === name);
  if (entry === undefined) throw new Error(`No contender is called ${name}.`);
  const found: { contender?: unknown } = await import(new URL(entry.file, import.meta.url).href);
  if (typeof found.contender !== "function") throw new Error(`${entry.file} exports no contender.`);
  return found.contender as Contender; // each file's own types say so; a peer's file is not compiled with ours
}

async function measure({ contender, workload, baseURL, what }: Job): Promise<Measured | Counts> {
  const work = await (await load(contender))(workload, baseURL);
  const run = (): Promise<void> => doRun(work, workload);
  // A full collection throws compiled code away too, of closures that each run makes: what comes after it warms up again.
  const beforeCollecting = workload.warmups < 2 ? workload.warmups : Math.floor(workload.warmups * 0.75);
  for (let warmup = 0; warmup < beforeCollecting; warmup++) await run();
  globalThis.gc?.();
  for (let warmup = beforeCollecting; warmup < workload.warmups; warmup++) await run();
  if (what === "counts") return await countIn(run);
  const before = process.resourceUsage();
  const startedMs = performance.now();
  for (let measured = 0; measured < workload.runs; measured++) await run();
  const wallMs = performance.now() - startedMs;
  const after = process.resourceUsage();
  const cpuMicros = after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime;
  return {
    cpuMs: cpuMicros / 1000 / workload.runs,
    wallMs: wallMs / workload.runs,
    peakRssMiB: after.maxRSS / 1024,
  };
}

process.on("message", (job) => {
  // Only our own parent speaks on this channel, in jobs.
  measure(job as Job).then(
    (measured) => process.send?.(measured satisfies MeasureReply),
    (error: unknown) => process.send?.({ mistake: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit());
