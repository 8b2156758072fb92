import type { Contender } from "../work.ts";
import { fairwitness } from "./fairwitness-agent.ts";

/** As many requests in flight as there are agents, as those have who know no bound. */
export const contender: Contender = fairwitness({ isUnbounded: true });
