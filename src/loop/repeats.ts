import type { LedgerEntry, LimitUse, RunFold } from "../event/index.ts";

/** What is done about a model that gets nowhere. Turns are counted in a row; a steering or follow-up message starts the count anew. */
export interface LoopDetector {
  /** The same call, same tool and same arguments: the turn of a `limit.warning`. Default 3. */
  warnAt: number;
  /** The same: the turn that ends the run as limited, and in which that call does not run any more. Default 6. */
  stopAt: number;
  /**
   * Calls that differ and tell nothing new: every result of the turn is one that the same tool gave before, and all of the tools declare
   * `read`. `warn` (default): a `limit.warning` at `warnAt`. `stop`: that, and the end of the run as limited at `stopAt`. Off by itself,
   * since a tool may have few answers to many questions, such as yes and no.
   */
  noProgress: "warn" | "stop" | "ignore";
  /** An answer without text and calls: `fail` (default) at once as `empty_answer`, or `ask` once more, within the correction budget. */
  emptyReply: "fail" | "ask";
  /**
   * An answer that is shaped like a call of a registered tool (JSON, `<tool_call>` and the like) and is none. Each is a `warning`
   * (`call_shaped_text`). `correct` (default): the model is told once, within the correction budget, and what it says then counts.
   * `warn`: it is the answer. `ignore`: without the warning. Agents with `output` are not looked at: their answers are JSON.
   */
  callShapedText: "correct" | "warn" | "ignore";
}

export const DEFAULT_LOOP_DETECTOR: LoopDetector = {
  warnAt: 3,
  stopAt: 6,
  noProgress: "warn",
  emptyReply: "fail",
  callShapedText: "correct",
};

/** Turns that get nowhere, up to the last, and what is due of it now. */
export interface Stall {
  use: LimitUse;
  isStopped: boolean;
  isWarned: boolean;
}

/** How the model gets nowhere with its last turn; undefined for a turn without calls. Read from the record alone. */
export function stallAt(fold: RunFold, turn: number, detector: LoopDetector): Stall | undefined {
  const { warnAt, stopAt, noProgress } = detector;
  const repeated = repeatedCall(fold, turn, detector);
  if (repeated === undefined) return undefined;
  const { used } = repeated;
  const { turn: idleTurn, count, tool } = fold.state.idle;
  // A call that is repeated tells nothing new either, from its second time on: what has gone on for longer is what it is called.
  const isRepeated = used >= stopAt || noProgress === "ignore" || idleTurn !== turn || count <= used;
  if (isRepeated) return { use: repeated, isStopped: used >= stopAt, isWarned: used === warnAt };
  const isStopped = noProgress === "stop" && count >= stopAt;
  const use: LimitUse = { limit: "noProgress", used: count, max: stopAt, tool };
  return { use, isStopped, isWarned: count === warnAt };
}

/**
 * The call, same tool and same arguments, that was asked for in this turn and in the most turns right before it; undefined for
 * a turn without calls. Several equal calls in one turn count once: they may be meant. A turn that began with a steering or
 * follow-up message starts the count anew. Read from the record alone and by turn, so that a replay comes to the same; looks
 * back over no more than `stopAt` turns.
 */
export function repeatedCall(
  fold: RunFold,
  turn: number,
  { stopAt }: Pick<LoopDetector, "stopAt">,
): Repeated | undefined {
  const known = lastAsked.get(fold);
  if (known?.turn === turn && known.repeated.max === stopAt) return known.repeated;
  const calls = callsIn(fold, turn);
  if (calls.size === 0) return undefined;
  const repeated = countRepeats(calls, stopAt, (used) => {
    const at = turn - used;
    if (at < 1 || fold.state.steered?.has(at + 1) === true) return undefined;
    return known?.turn === at ? known.calls : callsIn(fold, at);
  });
  lastAsked.set(fold, { turn, calls, repeated });
  return repeated;
}

type Repeated = LimitUse & { limit: "repeatedCall" };

/** Names of tools by what was asked of them. */
type Calls = ReadonlyMap<string, string>;

/** Several ask in each turn, the next one too, and arguments may be long. A turn that has calls is whole, and says the same for good. */
const lastAsked = new WeakMap<RunFold, { turn: number; calls: Calls; repeated: Repeated }>();

/** @param before The calls of the turn so many turns back; undefined where the count ends. */
function countRepeats(calls: Calls, stopAt: number, before: (turns: number) => Calls | undefined): Repeated {
  let common = calls;
  let used = 1;
  while (used < stopAt) {
    const earlier = before(used);
    const both = earlier && inBoth(common, earlier);
    if (both === undefined) break;
    common = both;
    used += 1;
  }
  const [tool = ""] = common.values();
  return { limit: "repeatedCall", used, max: stopAt, tool };
}

function inBoth(calls: Calls, earlier: Calls): Calls | undefined {
  let both: Map<string, string> | undefined;
  for (const [call, tool] of calls) {
    if (!earlier.has(call)) continue;
    both ??= new Map();
    both.set(call, tool);
  }
  return both;
}

function callsIn(fold: RunFold, turn: number): Calls {
  const calls = new Map<string, string>();
  for (const entry of fold.callsOf(turn)) calls.set(asked(entry), entry.call.tool);
  return calls;
}

function asked({ call, input, inputText }: LedgerEntry): string {
  return `${call.tool} ${input === undefined ? inputText : JSON.stringify(input)}`;
}
