import type { Contender } from "../work.ts";
import { fairwitness } from "./fairwitness-agent.ts";

/** Every event iterated one by one, over the transport that is the default. */
export const contender: Contender = fairwitness();
