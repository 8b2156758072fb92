import { fetchTransport } from "../../src/index.ts";
import type { Contender } from "../work.ts";
import { fairwitness } from "./fairwitness-agent.ts";

/** Every event iterated one by one, over `fetch`. */
export const contender: Contender = fairwitness({ transport: fetchTransport() });
