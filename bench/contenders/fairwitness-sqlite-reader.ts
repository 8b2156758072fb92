import { join } from "node:path";
import { createSqliteStore } from "../../src/store/index.ts";
import type { Contender } from "../work.ts";
import { fairwitness, ownFolder, readTwice } from "./fairwitness-agent.ts";

/** The record kept in SQLite, and a second reader beside the first. */
export const contender: Contender = fairwitness({
  store: () => createSqliteStore(join(ownFolder(), "records.db")),
  read: readTwice,
});
