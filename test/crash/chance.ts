import { type ScriptCall, type ScriptTurn, TOOL_NAMES } from "./job.ts";

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}

/** One to three turns of one to four calls, and an answer. */
export function randomScript(random: () => number): readonly ScriptTurn[] {
  const call = (): ScriptCall => ({
    tool: TOOL_NAMES[below(random, TOOL_NAMES.length)] ?? "look",
    n: below(random, 8),
  });
  const turns = Array.from({ length: 1 + below(random, 3) }, () => ({
    calls: Array.from({ length: 1 + below(random, 4) }, call),
  }));
  return [...turns, { text: "All is done." }];
}
