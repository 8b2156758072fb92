import type { LedgerEntry } from "../event/index.ts";
import { isCutShort } from "./answer.ts";
import { createCompactOp, isCompactionDue } from "./compact-op.ts";
import { createApprovalOp, createAskOp, createPauseOp } from "./decision-ops.ts";
import type { LoopOps } from "./loop.ts";
import { createModelOp } from "./model-op.ts";
import { repeatedCall } from "./repeats.ts";
import { openRequests, sortCalls } from "./rounds.ts";
import type { LoopServices } from "./services.ts";
import { createToolOp } from "./tool-op.ts";
import { createTurnOp } from "./turn-op.ts";

/** The ops of one run. */
export function createOps(services: LoopServices): LoopOps {
  return {
    compact: createCompactOp(services),
    compactions: (turn) => services.room.methods.map((method) => ({ turn, method })),
    isDue: (compaction) => isCompactionDue(services, compaction),
    turn: createTurnOp(services),
    model: createModelOp(services),
    tool: createToolOp(services),
    ask: createAskOp(services),
    approval: createApprovalOp(services),
    pause: createPauseOp(services),
    round: (turn, count) => sortCalls(services.record.fold, turn, count),
    openRequests: (turn) => openRequests(services.record.fold, turn),
    allowedCalls: (turn, asked) => allowedCalls(services, turn, asked),
  };
}

/**
 * How many of a turn's calls may begin. None of a turn that was cut short: its calls may be fragments. None of one that asks for
 * the same call once too often. No more than the limit leaves, counted from the calls of earlier turns, so that a replay
 * comes to the same number.
 */
function allowedCalls({ record, limits, loopDetector }: LoopServices, turn: number, asked: number): number {
  const { lastTurn, calls } = record.fold.state;
  if (lastTurn?.turn === turn && isCutShort(lastTurn.finishReason)) return 0;
  if (asked > 0 && loopDetector !== undefined) {
    const repeated = repeatedCall(record.fold, turn, loopDetector);
    if (repeated !== undefined && repeated.used >= repeated.max) return 0;
  }
  if (limits.toolCalls === undefined) return asked;
  const before = calls.filter((entry) => entry.turn < turn && isCarriedOut(entry)).length;
  return Math.max(0, Math.min(asked, limits.toolCalls - before));
}

function isCarriedOut({ call, begun, replayed }: LedgerEntry): boolean {
  return call.executor === "client" && (begun || replayed !== undefined);
}
