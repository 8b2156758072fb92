import type { Counts } from "./counting.ts";

/** How much of the floor's CPU time a contender may take, in small sizes, on a machine that does other things as well. */
export interface TimeLimit {
  workload: string;
  contender: string;
  most: number;
}

/** About one and a half times what was measured when they were set: tighten them when it becomes faster. */
export const TIME_LIMITS: readonly TimeLimit[] = [
  { workload: "text", contender: "fairwitness", most: 2.8 },
  { workload: "text", contender: "fairwitness-batches", most: 2.8 },
  { workload: "calls", contender: "fairwitness", most: 3.6 },
  { workload: "turns-50", contender: "fairwitness", most: 3.6 },
  { workload: "agents-100", contender: "fairwitness", most: 4.8 },
  { workload: "arguments-64k", contender: "fairwitness", most: 2.8 },
  { workload: "responses", contender: "fairwitness", most: 5.6 },
];

/** What one more chunk or turn may add. No clock is in it. */
export interface CountLimit {
  contender: string;
  count: keyof Counts;
  unit: "chunk of text" | "turn" | "piece of arguments";
  /** The two sizes that are counted. */
  between: readonly [number, number];
  most: number;
  /** What a reader who broke it should look for. */
  why: string;
}

const TEXT: Pick<CountLimit, "unit" | "between"> = { unit: "chunk of text", between: [2_000, 6_000] };
const PIECES: Pick<CountLimit, "unit" | "between"> = { unit: "piece of arguments", between: [2_000, 6_000] };
const TURNS: Pick<CountLimit, "unit" | "between"> = { unit: "turn", between: [20, 60] };
const LATE_TURNS: Pick<CountLimit, "unit" | "between"> = { unit: "turn", between: [100, 140] };

const PER_READ =
  "Inside, one await for each network read is enough: look for an await, or an async function, for each event.";
const ONE_PARSE =
  "Each event is parsed once, and arguments once more when they are whole: look for a second JSON.parse.";
const PLAIN = "Look for a spread, a closure, a copy or a string that grows with each chunk.";
const ENCODED_ONCE = "A message is encoded when it joins the history, and never again: look for who encodes it anew.";

/**
 * One of the 5 calls of `JSON.stringify` for each turn is the loop detector's (`asked` in src/loop/repeats.ts). `batches()` shows what happens inside; each event by itself adds the promises
 * that `for await` asks for.
 */
export const COUNT_LIMITS: readonly CountLimit[] = [
  { contender: "fairwitness", count: "promises", ...TEXT, most: 2.5, why: PER_READ },
  { contender: "fairwitness-batches", count: "promises", ...TEXT, most: 0.5, why: PER_READ },
  { contender: "fairwitness-batches", count: "parses", ...TEXT, most: 1.05, why: ONE_PARSE },
  { contender: "fairwitness-batches", count: "stringifies", ...TEXT, most: 0.05, why: ENCODED_ONCE },
  { contender: "fairwitness-batches", count: "allocatedBytes", ...TEXT, most: 1_700, why: PLAIN },
  { contender: "fairwitness-batches", count: "promises", ...PIECES, most: 0.5, why: PER_READ },
  { contender: "fairwitness-batches", count: "parses", ...PIECES, most: 1.05, why: ONE_PARSE },
  { contender: "fairwitness-batches", count: "allocatedBytes", ...PIECES, most: 2_200, why: PLAIN },
  { contender: "fairwitness-batches", count: "promises", ...TURNS, most: 115, why: PER_READ },
  { contender: "fairwitness-batches", count: "stringifies", ...TURNS, most: 6.5, why: ENCODED_ONCE },
  { contender: "fairwitness-batches", count: "stringifiedChars", ...TURNS, most: 450, why: ENCODED_ONCE },
  { contender: "fairwitness-batches", count: "stringifiedChars", ...LATE_TURNS, most: 450, why: ENCODED_ONCE },
  { contender: "fairwitness-batches", count: "parses", ...TURNS, most: 7, why: ONE_PARSE },
  { contender: "fairwitness-batches", count: "allocatedBytes", ...LATE_TURNS, most: 125_000, why: PLAIN },
];
