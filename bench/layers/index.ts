import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startServer } from "../processes.ts";
import { markdownTable } from "../table.ts";
import { WORKLOADS } from "../workloads/index.ts";
import { LAYERS } from "./layers.ts";

/** What each layer of ours adds to the cost of a turn, on the workloads of chat completions. */
export interface LayerCost {
  workload: string;
  layer: string;
  /** CPU time of a turn with this layer and all before it, in microseconds. */
  microseconds: number;
}

const NAMES: readonly string[] = ["text", "calls", "turns-50", "agents-100", "arguments-64k"];
const run = promisify(execFile);

/** Each layer of each workload in a fresh process, three times: the middle one counts. */
export async function measureLayers(): Promise<readonly LayerCost[]> {
  await using server = await startServer();
  const costs: LayerCost[] = [];
  for (const workload of WORKLOADS.filter(({ name }) => NAMES.includes(name))) {
    for (const { name: layer } of LAYERS) {
      const found: number[] = [];
      for (let repetition = 0; repetition < 3; repetition++) {
        const baseURL = await server.open(`${workload.name}-${layer}-${repetition}`, workload);
        found.push(await measureInChild([workload.name, layer, baseURL]));
      }
      costs.push({ workload: workload.name, layer, microseconds: found.toSorted((a, b) => a - b)[1] ?? Number.NaN });
    }
  }
  return costs;
}

async function measureInChild(argv: readonly string[]): Promise<number> {
  const script = fileURLToPath(new URL("./measure.ts", import.meta.url));
  const { stdout } = await run(process.execPath, ["--conditions=fairwitness-dev", script, ...argv]);
  return Number(stdout);
}

export function layersSection(costs: readonly LayerCost[]): string {
  if (costs.length === 0) return "## Where the time goes\n\nNot measured.";
  const of = (workload: string, layer: string): string =>
    costs.find((cost) => cost.workload === workload && cost.layer === layer)?.microseconds.toFixed(0) ?? "?";
  const cells = LAYERS.map(({ name, title }) => [title, ...NAMES.map((workload) => of(workload, name))]);
  return `## Where the time goes

Microseconds of CPU for each turn, warm. The first rows have no network: answers lie in memory, and each row has one layer of ours more
than the row above it. The two rows with a sleep are the same work as the first and the fifth: what they have more is the timer, and
what it costs to begin anew after a sleep. The last two rows have the network as well: undici, the kernel.

${markdownTable(["", ...NAMES], cells)}`;
}
