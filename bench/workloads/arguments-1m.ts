import { ORDINARY, type Workload } from "../workload.ts";

/** Sixteen times as much: it shows who is linear. */
export const arguments1m: Workload = {
  ...ORDINARY,
  name: "arguments-1m",
  title: "arguments of 1 MiB in pieces of 16 bytes",
  toolTurns: 1,
  callsPerTurn: 1,
  argumentBytes: 1024 * 1024,
  warmups: 3,
  runs: 3,
  small: { argumentBytes: 64 * 1024, warmups: 1, runs: 2 },
};
