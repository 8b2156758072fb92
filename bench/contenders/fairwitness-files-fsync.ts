import { createFileStore } from "../../src/store/index.ts";
import type { Contender } from "../work.ts";
import { fairwitness, ownFolder } from "./fairwitness-agent.ts";

/** The record kept in files that survive a power cut. */
export const contender: Contender = fairwitness({ store: () => createFileStore(ownFolder(), { fsync: "always" }) });
