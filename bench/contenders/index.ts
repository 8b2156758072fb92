import type { Contender } from "../work.ts";

/** A contender's file, loaded only in the process that measures it. */
export interface ContenderEntry {
  name: string;
  /** For the table. */
  title: string;
  load: () => Promise<{ contender: Contender }>;
}

/** Ratios are taken to the first. A new contender is a file and a line here. */
export const CONTENDERS: readonly [ContenderEntry, ...ContenderEntry[]] = [
  { name: "floor", title: "by hand, node:http (floor)", load: () => import("./floor.ts") },
  { name: "floor-fetch", title: "by hand, fetch", load: () => import("./floor-fetch.ts") },
  { name: "fairwitness", title: "fairwitness, each event", load: () => import("./fairwitness.ts") },
  { name: "fairwitness-batches", title: "fairwitness, batches()", load: () => import("./fairwitness-batches.ts") },
];
