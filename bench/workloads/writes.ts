import { ORDINARY, type Workload } from "../workload.ts";

/** What each network read costs: a real server writes its tokens as it makes them, and not twenty at a time. */
export const writes: Workload = {
  ...ORDINARY,
  name: "writes",
  title: "5,000 chunks, each written on its own",
  textChunks: 5_000,
  writes: "events",
  warmups: 8,
  runs: 6,
  small: { textChunks: 500, warmups: 3, runs: 6 },
};
