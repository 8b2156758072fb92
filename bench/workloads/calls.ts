import { ORDINARY, type Workload } from "../workload.ts";

/** What turns and tool calls cost. */
export const calls: Workload = {
  ...ORDINARY,
  name: "calls",
  title: "20 turns of 4 calls",
  toolTurns: 20,
  callsPerTurn: 4,
  warmups: 200,
  runs: 40,
  small: { warmups: 8, runs: 8 },
};
