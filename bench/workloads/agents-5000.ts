import { ORDINARY, type Workload } from "../workload.ts";

/** More agents than a process should run: memory counts. Every agent has its own run, and all of them start at once. */
export const agents5000: Workload = {
  ...ORDINARY,
  name: "agents-5000",
  title: "5,000 agents at once, 2 turns each",
  toolTurns: 1,
  callsPerTurn: 1,
  agents: 5_000,
  isHeavy: true,
  also: ["floor-64", "fairwitness-unbounded"],
  warmups: 1,
  runs: 1,
  small: { agents: 100, warmups: 1, runs: 1 },
};
