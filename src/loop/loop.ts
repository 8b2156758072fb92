import { AgentError, type ErrorCode } from "../errors.ts";
import { isClosing, type StoredEvent } from "../event/index.ts";
import type { Boxed, Journal, Op } from "../journal/index.ts";

/** Where a step stands: all that an op is given. */
export interface TurnPosition {
  turn: number;
}

/** Where a tool call stands: `index` counts the calls of its turn from 0. */
export interface CallPosition extends TurnPosition {
  index: number;
}

/** The work the loop orders. */
export interface LoopOps {
  /** Lets the turn begin, or ends the run. */
  turn: Op<TurnPosition>;
  /** Asks the model, until the turn is whole. */
  model: Op<TurnPosition>;
  /** Carries out one tool call of the turn. */
  tool: Op<CallPosition>;
  /** How many of the turn's calls may run; decided from the record alone. */
  allowedCalls(turn: number, asked: number): number;
}

/**
 * Turns until the run ends. Deterministic: everything it knows came from a step, so running it again over the record
 * leads to where the record ends. It appends nothing; whatever ends the run is an event that a step gave back.
 */
export async function runLoop(journal: Journal, ops: LoopOps): Promise<void> {
  for (let turn = 1; ; turn += 1) {
    if (hasEnded(await journal.step(`turn:${turn}`, ops.turn, { turn }))) return;
    const answer = await journal.step(`model:${turn}`, ops.model, { turn });
    if (hasEnded(answer)) return;
    const calls = ops.allowedCalls(turn, clientCalls(answer));
    const steps = Array.from({ length: calls }, (_, index) =>
      journal.step(`tool:${turn}.${index + 1}`, ops.tool, { turn, index }),
    );
    throwFirst(await journal.all(steps));
  }
}

function hasEnded(events: readonly StoredEvent[]): boolean {
  const last = events.at(-1);
  return last !== undefined && isClosing(last);
}

/** Server tools have run by the time we hear of them; only our own are carried out here. */
function clientCalls(answer: readonly StoredEvent[]): number {
  return answer.filter((event) => event.type === "tool.started" && event.call.executor === "client").length;
}

function throwFirst(items: readonly Boxed<unknown>[]): void {
  for (const item of items) {
    // The code of an error as data is a string; what a step of this process throws has one of ours, or `internal`.
    if ("err" in item) throw new AgentError(item.err.code as ErrorCode, `A tool step failed: ${item.err.message}`);
  }
}
