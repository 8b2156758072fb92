import type { LedgerEntry, LimitName, RunFold } from "../event/index.ts";

/** When a model that asks again and again for the same call is warned of, and stopped. Turns in a row. */
export interface LoopDetector {
  warnAt: number;
  stopAt: number;
}

export const DEFAULT_LOOP_DETECTOR: LoopDetector = { warnAt: 3, stopAt: 6 };

/** The call that the last turns have in common. */
export interface RepeatedCall {
  limit: Extract<LimitName, "repeatedCall">;
  used: number;
  max: number;
  tool: string;
}

/**
 * The call, same tool and same arguments, that was asked for in this turn and in the most turns right before it; undefined for
 * a turn without calls. Several equal calls in one turn count once: they may be meant. A turn that began with a steering or
 * follow-up message starts the count anew. Read from the record alone and by turn, so that a replay comes to the same; looks
 * back over no more than `stopAt` turns.
 */
export function repeatedCall(fold: RunFold, turn: number, { stopAt }: LoopDetector): RepeatedCall | undefined {
  let common = callsIn(fold, turn);
  if (common.size === 0) return undefined;
  let used = 1;
  for (let at = turn; used < stopAt && at > 1 && !fold.state.steered.has(at); at -= 1) {
    const before = callsIn(fold, at - 1);
    const both = new Map([...common].filter(([call]) => before.has(call)));
    if (both.size === 0) break;
    common = both;
    used += 1;
  }
  const [tool = ""] = common.values();
  return { limit: "repeatedCall", used, max: stopAt, tool };
}

/** Names of tools by what was asked of them. */
function callsIn(fold: RunFold, turn: number): ReadonlyMap<string, string> {
  return new Map(fold.callsOf(turn).map((entry) => [asked(entry), entry.call.tool]));
}

function asked({ call, input, inputText }: LedgerEntry): string {
  return `${call.tool} ${input === undefined ? inputText : JSON.stringify(input)}`;
}
