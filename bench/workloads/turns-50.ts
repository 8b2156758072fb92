import { ORDINARY, type Workload } from "../workload.ts";

/** A long run. */
export const turns50: Workload = {
  ...ORDINARY,
  name: "turns-50",
  title: "50 turns of 1 call",
  toolTurns: 50,
  callsPerTurn: 1,
  warmups: 80,
  runs: 20,
  small: { warmups: 4, runs: 4 },
};
