import { join } from "node:path";
import { createSqliteStore } from "../../src/store/index.ts";
import type { Contender } from "../work.ts";
import { fairwitness, ownFolder } from "./fairwitness-agent.ts";

/** The record kept in SQLite, so that it survives a power cut. */
export const contender: Contender = fairwitness({
  store: () => createSqliteStore(join(ownFolder(), "records.db"), { fsync: "always" }),
});
