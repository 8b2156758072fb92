export { createFileStore } from "./files.ts";
export { createMemoryStore } from "./memory.ts";
export type { RunStore, StoredRun } from "./store.ts";
