import { ORDINARY, type Workload } from "../workload.ts";

/** A server that runs many agents. Every agent has its own run, and all of them start at once. */
export const agents1000: Workload = {
  ...ORDINARY,
  name: "agents-1000",
  title: "1,000 agents at once, 2 turns each",
  toolTurns: 1,
  callsPerTurn: 1,
  agents: 1_000,
  also: ["floor-64", "fairwitness-unbounded"],
  warmups: 3,
  runs: 2,
  small: { agents: 50, warmups: 1, runs: 1 },
};
