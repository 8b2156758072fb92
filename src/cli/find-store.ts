import { statSync } from "node:fs";
import { AgentError } from "../errors.ts";
import { createFileStore, createSqliteStore, type RunStore } from "../store/index.ts";

/** A store that was named on the command line. */
export interface FoundStore {
  store: RunStore;
  /** As it was named. */
  where: string;
  close(): void;
}

/**
 * The store at a path: SQLite for a file, or a name that ends like one; a folder otherwise. Nothing is made by looking.
 * @throws {AgentError} `not_found` for a file that is not there.
 */
export function findStore(path: string): FoundStore {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined && /\.(sqlite3?|db)$/.test(path)) {
    throw new AgentError(
      "not_found",
      `There is no file ${path}. Name the file of createSqliteStore, or a folder, with --store.`,
    );
  }
  if (found?.isFile() !== true) return { store: createFileStore(path), where: path, close: () => {} };
  const store = createSqliteStore(path);
  return { store, where: path, close: store.close };
}
