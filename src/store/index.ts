export type { FileCalls } from "./file-calls.ts";
export { createFileStore, type FileStoreOptions } from "./files.ts";
export type { Inbox, Letter, SentLetter } from "./inbox.ts";
export { type Lease, type LeaseOptions, type Repair, RunLockedError } from "./lease.ts";
export { createMemoryStore, type MemoryStoreOptions } from "./memory.ts";
export { createMemoryArtifacts } from "./memory-artifacts.ts";
export { isOwnerGone, processOwner } from "./owner.ts";
export { createSqliteStore, type SqliteStore, type SqliteStoreOptions } from "./sqlite.ts";
export type {
  AppendOptions,
  LocalStore,
  ReadOptions,
  RunFilter,
  RunStatus,
  RunStore,
  StoredRun,
} from "./store.ts";
