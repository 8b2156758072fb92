export type { RunStore, StoredRun } from "./store.ts";
