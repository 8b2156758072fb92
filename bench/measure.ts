// Measures one contender in a process of its own: `measure.ts <contender>`, then a job at a time from the parent.
import { CONTENDERS } from "./contenders/index.ts";
import { checkDone } from "./work.ts";
import type { Workload } from "./workloads.ts";

export interface Job {
  workload: Workload;
  baseURL: string;
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
export type MeasureReply = Measured | { mistake: string };

async function measure({ workload, baseURL }: Job): Promise<Measured> {
  const entry = CONTENDERS.find(({ name }) => name === process.argv[2]);
  if (entry === undefined) throw new Error(`No contender is called ${process.argv[2]}.`);
  const work = (await entry.load()).contender(workload, baseURL);
  for (let run = 0; run < workload.warmups; run++) checkDone(await work(), workload);
  globalThis.gc?.();
  const before = process.resourceUsage();
  const startedMs = performance.now();
  for (let run = 0; run < workload.runs; run++) checkDone(await work(), workload);
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
    (error: unknown) =>
      process.send?.({ mistake: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on("disconnect", () => process.exit());
