import { createFileStore } from "../../src/store/index.ts";
import type { Contender } from "../work.ts";
import { fairwitness, ownFolder, readTwice } from "./fairwitness-agent.ts";

/** The record kept in files, and a second reader beside the first. */
export const contender: Contender = fairwitness({ store: () => createFileStore(ownFolder()), read: readTwice });
