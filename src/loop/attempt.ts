import type { LimitUse } from "../event/index.ts";
import type { StepInfo } from "../journal/index.ts";
import type { ModelEvent } from "../model/index.ts";
import { createServedCalls, type ServedCalls } from "./served.ts";
import type { LoopServices } from "./services.ts";

/** One attempt at a turn and what it has shown so far. */
export interface Attempt {
  info: StepInfo;
  turn: number;
  number: number;
  /** The same for all attempts at the turn, so that xAI can tell a repeated request from a new one. */
  requestId: string;
  shown: { text: number; reasoning: number };
  /** What the server said the attempt used, before it was whole. */
  used?: Extract<ModelEvent, { type: "usage" }>;
  /** The calls of server tools that it told of: most turns have none. */
  served?: ServedCalls;
  /** The tool of the last call to an MCP server that xAI made in it. */
  calledMcp?: string;
  /** The limit that has no room for another attempt after this one. */
  full?: LimitUse | undefined;
  /** A simulator answers. */
  simulated?: true;
  startedMs: number;
  firstDeltaMs?: number;
  /** Not made yet, under way, or on the record: as given up for another attempt, or as a turn. */
  stage: "waiting" | "open" | "void" | "whole";
}

export function firstAttempt({ createId }: LoopServices, info: StepInfo, turn: number): Attempt {
  return {
    info,
    turn,
    number: 1,
    requestId: createId(),
    shown: { text: 0, reasoning: 0 },
    startedMs: 0,
    stage: "waiting",
  };
}

/** Made with the first call, or citation, that it is asked about. */
export function servedIn(attempt: Attempt, { record }: LoopServices): ServedCalls {
  attempt.served ??= createServedCalls(attempt.turn, record.fold);
  return attempt.served;
}

/** The next attempt at the same turn: an epoch of its own. */
export function nextAttempt(services: LoopServices, { info, turn, requestId }: Attempt, number: number): Attempt {
  return { ...firstAttempt(services, info.nextEpoch(), turn), requestId, number };
}
