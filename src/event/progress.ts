import type { Idle, LedgerEntry, RunState } from "./state.ts";

/** What each tool has told so far. */
export type Told = Map<string, Set<string>>;

/**
 * Counts a turn whose results are there. It told nothing new when all it did was to read, and every result, as the model was shown
 * it, is one that the same tool gave in an earlier turn. A turn that called any other than tools that declare `read` is never one of
 * these: what changes the world gets somewhere, whatever it answers. Nor is one in which xAI ran tools, or with a result that is more
 * than text. A turn that began with a steering or follow-up message starts the count anew.
 */
export function countIdle(state: RunState, told: Told, round: readonly LedgerEntry[], served: number): void {
  const [first] = round;
  if (first === undefined) return;
  const { turn, call } = first;
  const isIdle = served === 0 && round.every((entry) => isKnown(told, entry));
  for (const entry of round) note(told, entry);
  const { idle } = state;
  if (!isIdle) state.idle = NOT_IDLE;
  else {
    const before = idle.turn === turn - 1 && state.steered?.has(turn) !== true ? idle.count : 0;
    state.idle = { turn, count: before + 1, tool: call.tool };
  }
}

const NOT_IDLE: Idle = { turn: 0, count: 0, tool: "" };

function isKnown(told: Told, { call, effect, content }: LedgerEntry): boolean {
  return effect === "read" && typeof content === "string" && told.get(call.tool)?.has(content) === true;
}

function note(told: Told, { call, effect, content }: LedgerEntry): void {
  if (effect !== "read" || typeof content !== "string") return;
  const results = told.get(call.tool);
  if (results === undefined) told.set(call.tool, new Set([content]));
  else results.add(content);
}
