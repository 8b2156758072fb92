// In a process of its own: what one layer of one workload costs. Arguments: workload, layer, base URL. Prints microseconds of CPU a turn.
import { doRun } from "../work.ts";
import { turnsOf } from "../workload.ts";
import { WORKLOADS } from "../workloads/index.ts";
import { LAYERS } from "./layers.ts";

/** Stretches of runs; the middle one counts. */
const STRETCHES = 5;

async function measure(workloadName: string, layerName: string, baseURL: string): Promise<number> {
  const workload = WORKLOADS.find(({ name }) => name === workloadName);
  const layer = LAYERS.find(({ name }) => name === layerName);
  if (workload === undefined || layer === undefined) throw new Error(`No ${workloadName} or no ${layerName}.`);
  const work = await layer.contender(workload, baseURL);
  for (let run = 0; run < workload.warmups; run++) await doRun(work, workload);
  const found: number[] = [];
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    const before = process.cpuUsage();
    for (let run = 0; run < workload.runs; run++) await doRun(work, workload);
    const { user, system } = process.cpuUsage(before);
    found.push((user + system) / workload.runs / workload.agents / turnsOf(workload));
  }
  return found.toSorted((a, b) => a - b)[Math.floor(STRETCHES / 2)] ?? Number.NaN;
}

const [workload = "", layer = "", baseURL = ""] = process.argv.slice(2);
console.log(await measure(workload, layer, baseURL));
process.exit();
