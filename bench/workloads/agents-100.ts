import { ORDINARY, type Workload } from "../workload.ts";

/** A server that runs some agents. Every agent has its own run, and all of them start at once. */
export const agents100: Workload = {
  ...ORDINARY,
  name: "agents-100",
  title: "100 agents at once, 2 turns each",
  toolTurns: 1,
  callsPerTurn: 1,
  agents: 100,
  also: ["floor-64", "fairwitness-unbounded"],
  warmups: 30,
  runs: 10,
  small: { agents: 20, warmups: 2, runs: 2 },
};
