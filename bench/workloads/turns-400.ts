import { ORDINARY, type Workload } from "../workload.ts";

/** A run so long that whoever touches the whole history in each turn pays for it. */
export const turns400: Workload = {
  ...ORDINARY,
  name: "turns-400",
  title: "400 turns of 1 call",
  toolTurns: 400,
  callsPerTurn: 1,
  warmups: 6,
  runs: 3,
  small: { toolTurns: 100, warmups: 1, runs: 1 },
};
