import type { Workload } from "../workload.ts";
import { calls } from "./calls.ts";

/** What a record costs that outlives the run, and a second reader: the turns and calls of `calls`, against fairwitness without. */
export const records: Workload = {
  ...calls,
  name: "records",
  title: "20 turns of 4 calls, recorded",
  base: "fairwitness",
  contenders: [
    "fairwitness",
    "fairwitness-files",
    "fairwitness-sqlite",
    "fairwitness-files-fsync",
    "fairwitness-sqlite-fsync",
    "fairwitness-reader",
    "fairwitness-files-reader",
    "fairwitness-sqlite-reader",
  ],
  small: { warmups: 1, runs: 1 },
};
