import { AgentError, type ErrorCode } from "../errors.ts";
import { isClosing, type StoredEvent } from "../event/index.ts";
import type { Boxed, Durable, Journal, Op } from "../journal/index.ts";
import type { CompactionMethod } from "./compact-room.ts";
import type { OpenRequest, Round, UncertainCall } from "./rounds.ts";

/** Where a step stands: all that an op is given. */
export interface TurnPosition {
  turn: number;
}

/** Where a compaction stands: before its turn. */
export interface CompactPosition extends TurnPosition {
  method: CompactionMethod;
}

/** Where a tool call stands: `index` counts the calls of its turn from 0. */
export interface CallPosition extends TurnPosition {
  index: number;
}

/** What came for a request, as whoever sent it wrote it; null when its time has passed. */
export interface DecisionPosition extends CallPosition {
  decision: unknown;
}

/** The work the loop orders. */
export interface LoopOps {
  /** Makes the conversation shorter before a turn, by one method. */
  compact: Op<CompactPosition>;
  /** Lets the turn begin, or ends the run. */
  turn: Op<TurnPosition>;
  /** Asks the model, until the turn is whole. */
  model: Op<TurnPosition>;
  /** Carries out one tool call of the turn. */
  tool: Op<CallPosition>;
  /** Asks what became of a call that was begun and not ended. */
  ask: Op<CallPosition & UncertainCall>;
  /** Takes a decision on a call. */
  approval: Op<DecisionPosition>;
  /** Ends the segment, because somebody has to decide. */
  pause: Op<TurnPosition>;
  /** Compactions that may be due before a turn, in their order. Each is asked for when those before it are done. */
  compactions(turn: number): readonly CompactPosition[];
  isDue(compaction: CompactPosition): boolean;
  /** How many of the turn's calls may run; decided from the record alone, as is all below. */
  allowedCalls(turn: number, asked: number): number;
  round(turn: number, count: number): Round;
  openRequests(turn: number): readonly OpenRequest[];
}

/**
 * Turns until the run ends. Deterministic: everything it knows came from a step, so running it again over the record
 * leads to where the record ends. It appends nothing; whatever ends the run is an event that a step gave back.
 */
export async function runLoop(journal: Journal, ops: LoopOps): Promise<void> {
  for (let turn = 1; ; turn += 1) {
    for (const compaction of ops.compactions(turn)) {
      if (ops.isDue(compaction)) await journal.step(compactStep(compaction), ops.compact, compaction);
    }
    if (hasEnded(await journal.step(`turn:${turn}`, ops.turn, { turn }))) return;
    const answer = await journal.step(`model:${turn}`, ops.model, { turn });
    if (hasEnded(answer)) return;
    const count = ops.allowedCalls(turn, clientCalls(answer));
    if (count > 0 && (await carryOut(journal, ops, { turn, count })) === "ended") return;
  }
}

/** The calls of a turn: what may run runs at once, and what somebody has to decide on in a second round. */
async function carryOut(
  journal: Journal,
  ops: LoopOps,
  { turn, count }: { turn: number; count: number },
): Promise<"done" | "ended"> {
  const run = (index: number): Durable<readonly StoredEvent[]> =>
    journal.step(`tool:${turn}.${index + 1}`, ops.tool, { turn, index });
  const { free, held, uncertain } = ops.round(turn, count);
  const asked = uncertain.map(({ index, attempt }) =>
    journal.step(`ask:${turn}.${index + 1}.${attempt}`, ops.ask, { turn, index, attempt }),
  );
  throwFirst(await journal.all([...free.map(run), ...asked]));
  if ((await decide(journal, ops, turn)) === "ended") return "ended";
  if (held.length + uncertain.length > 0) {
    throwFirst(await journal.all([...held, ...uncertain.map(({ index }) => index)].sort((a, b) => a - b).map(run)));
  }
  return "done";
}

async function decide(journal: Journal, ops: LoopOps, turn: number): Promise<"done" | "ended"> {
  const open = ops.openRequests(turn);
  if (open.length === 0) return "done";
  const came = await journal.all(open.map(({ letter, step, untilMs }) => journal.waitFor(letter, { step, untilMs })));
  const taken = open.flatMap(({ index, step }, position) => {
    const item = came[position];
    if (item === undefined || !("ok" in item)) return [];
    return [journal.step(step, ops.approval, { turn, index, decision: item.ok })];
  });
  throwFirst(await journal.all(taken));
  throwFirst(came.filter((item) => !leaves(item)));
  if (!came.some(leaves)) return "done";
  await journal.step(`pause:${turn}`, ops.pause, { turn });
  return "ended";
}

/** The journal leaves the process instead of waiting. */
function leaves(item: Boxed<unknown>): boolean {
  return "err" in item && item.err.code === "run_paused";
}

export function compactStep({ turn, method }: CompactPosition): string {
  return `compact:${turn}.${method}`;
}

function hasEnded(events: readonly StoredEvent[]): boolean {
  const last = events.at(-1);
  return last !== undefined && isClosing(last);
}

/** Server tools have run by the time we hear of them; only our own are carried out here. */
function clientCalls(answer: readonly StoredEvent[]): number {
  let count = 0;
  for (const event of answer) if (event.type === "tool.started" && event.call.executor === "client") count += 1;
  return count;
}

function throwFirst(items: readonly Boxed<unknown>[]): void {
  for (const item of items) {
    // The code of an error as data is a string; what a step of this process throws has one of ours, or `internal`.
    if ("err" in item) throw new AgentError(item.err.code as ErrorCode, `A tool step failed: ${item.err.message}`);
  }
}
