export { createFileStore } from "./files.ts";
export { createMemoryStore } from "./memory.ts";
export { createMemoryArtifacts } from "./memory-artifacts.ts";
export type { LocalStore, RunStore, StoredRun } from "./store.ts";
