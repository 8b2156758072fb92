import type { Contender } from "../work.ts";
import { fairwitness, readTwice } from "./fairwitness-agent.ts";

/** A second reader beside the first. */
export const contender: Contender = fairwitness({ read: readTwice });
