import { ORDINARY, type Workload } from "../workload.ts";

/** Arguments that grow piece by piece: whoever parses them anew at each piece pays for it. */
export const arguments64k: Workload = {
  ...ORDINARY,
  name: "arguments-64k",
  title: "arguments of 64 KiB in pieces of 16 bytes",
  toolTurns: 1,
  callsPerTurn: 1,
  argumentBytes: 64 * 1024,
  warmups: 40,
  runs: 15,
  small: { argumentBytes: 16 * 1024, warmups: 10, runs: 20 },
};
