import { allowedCalls, hasFragments } from "./allowed.ts";
import { createCompactOp, isCompactionDue } from "./compact-op.ts";
import { createApprovalOp, createAskOp, createPauseOp } from "./decision-ops.ts";
import type { LoopOps } from "./loop.ts";
import { createModelOp } from "./model-op.ts";
import { openRequests, type Round, sortCalls } from "./rounds.ts";
import type { LoopServices } from "./services.ts";
import { createToolOp } from "./tool-op.ts";
import { createTurnOp } from "./turn-op.ts";

/** The ops of one run. */
export function createOps(services: LoopServices): LoopOps {
  const { fold } = services.record;
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
    allowedCalls: (turn, asked) => steppingCalls(services, turn, asked),
    round: (turn, count) => roundOf(services, turn, count),
    openRequests(turn) {
      const open = openRequests(fold, turn);
      if (open.length === 0) return open;
      const { begin } = allowedCalls(services, turn);
      return open.filter(({ index }) => index < begin); // nobody is asked about what may not begin
    },
  };
}

/** How many of a turn's calls have a step: those that may begin, and those that are told that they may not. */
function steppingCalls(services: LoopServices, turn: number, asked: number): number {
  if (hasFragments(services.record.fold.state, turn)) return 0;
  const { begin, isTold } = allowedCalls(services, turn);
  return isTold ? asked : Math.min(asked, begin);
}

function roundOf(services: LoopServices, turn: number, count: number): Round {
  const begin = Math.min(count, allowedCalls(services, turn).begin);
  const round = sortCalls(services.record.fold, turn, begin);
  if (begin === count) return round;
  const told = Array.from({ length: count - begin }, (_, index) => begin + index);
  return { ...round, free: [...round.free, ...told] };
}
