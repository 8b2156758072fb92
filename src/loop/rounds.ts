import type { ApprovalEntry, LedgerEntry, RunFold, StoredEvent, WaitingCall } from "../event/index.ts";

/** The calls of a turn by what may be done with them. Indexes count from 0. */
export interface Round {
  /** May run at once. */
  free: readonly number[];
  /** Were begun by a process that did not live to say what came of it, and change the world: nobody may run them again unasked. */
  uncertain: readonly UncertainCall[];
  /** Somebody is, or was, asked about them: they run in a second round, if at all. */
  held: readonly number[];
}

export interface UncertainCall {
  index: number;
  /** The attempt whose outcome is not known, from 1. */
  attempt: number;
}

/** A request that nobody has decided on yet. */
export interface OpenRequest {
  index: number;
  /** The step that records the decision. */
  step: string;
  /** The name under which the decision comes. */
  letter: string;
  untilMs?: number;
}

/** Sorts the first `count` calls of a turn. Read from the record alone, so that a replay sorts them alike. */
export function sortCalls(fold: RunFold, turn: number, count: number): Round {
  const free: number[] = [];
  const held: number[] = [];
  const uncertain: UncertainCall[] = [];
  const calls = fold.callsOf(turn);
  for (let index = 0; index < count; index += 1) {
    const attempt = uncertainAttempt(fold, turn, index);
    const approval = calls[index]?.approval;
    if (attempt !== undefined && approval?.request !== outcomeRequest(turn, index, attempt)) {
      uncertain.push({ index, attempt });
    } else if (approval !== undefined) held.push(index);
    else free.push(index);
  }
  return { free, held, uncertain };
}

export function openRequests(fold: RunFold, turn: number): readonly OpenRequest[] {
  return fold.callsOf(turn).flatMap((entry): OpenRequest[] => {
    const { approval, index } = entry;
    if (approval === undefined || approval.decision !== undefined || entry.outcome !== undefined) return [];
    const open = { index, step: decisionStep(approval), letter: letterOf(approval) };
    return [approval.expiresAt === undefined ? open : { ...open, untilMs: approval.expiresAt }];
  });
}

export function waitingCalls(fold: RunFold, turn: number): readonly WaitingCall[] {
  const calls = fold.callsOf(turn);
  return openRequests(fold, turn).flatMap(({ index }) => {
    const entry = calls[index];
    return entry?.approval === undefined ? [] : [waitingCall(entry, entry.approval)];
  });
}

function waitingCall({ call }: LedgerEntry, { reason, request }: ApprovalEntry): WaitingCall {
  return { callId: call.id, tool: call.tool, reason, request };
}

/** Names of requests: by position, since a server may repeat its ids. */
export function approvalRequest(turn: number, index: number): string {
  return `call:${turn}.${index + 1}`;
}

export function outcomeRequest(turn: number, index: number, attempt: number): string {
  return `outcome:${turn}.${index + 1}.${attempt}`;
}

/** `call:3.1` is decided in `approval:3.1`, `outcome:3.1.2` in `approval:3.1.2`. */
export function decisionStep({ request }: Pick<ApprovalEntry, "request">): string {
  return `approval:${request.slice(request.indexOf(":") + 1)}`;
}

/** A decision is for one request and for the arguments that were shown: both are in its name, so that another one is never read. */
export function letterOf({ request, hash }: Pick<ApprovalEntry, "request" | "hash">): string {
  return `${request}/${hash.slice(0, 32)}`;
}

/** The last attempt at a call that a process of an earlier segment began and did not end; only of tools that declare `write`. */
function uncertainAttempt({ steps, state }: RunFold, turn: number, index: number): number | undefined {
  const begun = steps.attemptsAt(`tool:${turn}.${index + 1}`).filter(isBeginning);
  const last = begun.at(-1);
  if (last === undefined || last.effect !== "write" || last.seq >= state.segmentStart) return undefined;
  return begun.length;
}

function isBeginning(event: StoredEvent): event is Extract<StoredEvent, { type: "tool.executing" }> {
  return event.type === "tool.executing";
}
