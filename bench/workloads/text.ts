import { ORDINARY, type Workload } from "../workload.ts";

/** What each token costs. */
export const text: Workload = {
  ...ORDINARY,
  name: "text",
  title: "one answer of 20,000 chunks",
  textChunks: 20_000,
  warmups: 10,
  runs: 10,
  small: { textChunks: 2_000, warmups: 10, runs: 20 },
};
