import type { Contender } from "../work.ts";
import { count, fairwitness } from "./fairwitness-agent.ts";

/** Every event seen, in the arrays they arrive in. */
export const contender: Contender = fairwitness({
  async read(run, seen) {
    for await (const events of run.batches()) for (const event of events) count(event, seen);
  },
});
