import type { Citation, FoundBy, Source } from "../message/index.ts";
import { beginWith, compact, tellAnew } from "./compaction.ts";
import { isClosing, type StoredEvent } from "./event.ts";
import { inferFinder, type SearchCall } from "./finders.ts";
import { added, applyToCall, createDraft, type Draft } from "./ledger.ts";
import type { CitationEvent, RunResumedEvent, RunStartedEvent } from "./run-events.ts";
import { contextAfter, countAttempt, countFailedAttempt } from "./spending.ts";
import type { LedgerEntry, RunState } from "./state.ts";
import { createStepIndex, type StepIndex } from "./step.ts";
import { addTaint, untrustedIn } from "./taint.ts";
import type { TurnCompletedEvent } from "./turn-events.ts";

/** The fold of a record, kept up to date as events are appended. */
export interface RunFold {
  readonly state: RunState;
  readonly steps: StepIndex;
  add(event: StoredEvent): void;
  /** The calls of our own tools in a turn, in call order. */
  callsOf(turn: number): readonly LedgerEntry[];
  /** How many handlers had begun when the turn did. */
  begunBefore(turn: number): number;
  /**
   * The calls that a source came from: those of earlier turns whose own sources hold it (`reported`), else the only one
   * of the conversation that can have found it (`inferred`).
   * @param current The calls at xAI of the turn under way.
   */
  findersOf(source: Source, current: readonly SearchCall[]): readonly FoundBy[];
  /** Whether a call of the run or of its history has this id. */
  hasCallId(id: string): boolean;
}

/** Folds a record, event by event. Parallel steps are ordered by call, so the order of a record does not matter. */
export function createFold(events: readonly StoredEvent[] = []): RunFold {
  const draft = createDraft();
  const steps = createStepIndex();
  const add = (event: StoredEvent): void => {
    if (event.type === "turn.retrying" || event.type === "turn.failed") countFailedAttempt(draft.state, event);
    for (const counted of steps.add(event)) apply(draft, counted);
  };
  for (const event of events) add(event);
  return {
    state: draft.state,
    steps,
    add,
    callsOf: (turn) => draft.rounds?.get(turn) ?? [],
    begunBefore: (turn) => (turn > draft.state.turn ? draft.state.begun : (draft.begunBefore?.get(turn) ?? 0)),
    findersOf: (source, current) => findersOf(draft, source, current),
    hasCallId: (id) => draft.entries?.has(id) === true || draft.pastIds?.has(id) === true,
  };
}

function apply(draft: Draft, event: StoredEvent): void {
  const { state } = draft;
  if (isClosing(event)) {
    state.closing = event;
    if (event.type === "run.cancelled" && event.letter !== undefined)
      state.letters = added(state.letters, event.letter);
    return;
  }
  switch (event.type) {
    case "run.started":
      start(draft, event);
      return;
    case "run.resumed":
      resume(state, event);
      return;
    case "turn.started":
      state.turn = event.turn;
      if (state.begun > 0) noteBegun(draft, event.turn);
      if (event.final === true) state.final = event;
      return;
    case "input.injected":
      state.messages.push(event.message);
      addTaint(state.taint, untrustedIn(event.message));
      if (event.as === "steer" || event.as === "follow_up") state.steered = added(state.steered, event.turn);
      if (event.as === "correction") correct(state, event.turn);
      if (event.letter !== undefined) state.letters = added(state.letters, event.letter);
      return;
    case "context.compacted":
      compact(state, event);
      return;
    case "turn.completed":
      completeTurn(state, event);
      return;
    case "citation":
      state.citations.push(citationOf(event));
      addTaint(state.taint, [{ by: "server_tool" }]); // also where no call is told of: something was searched
      return;
    case "limit.warning":
      state.warned = added(state.warned, event.limit);
      return;
    case "warning":
      state.warnings.push({ code: event.code, message: event.message });
      if (event.code === "limit_unenforced") state.unenforced = added(state.unenforced, event.message);
      if (event.failed !== undefined) countFailedAttempt(state, event.failed);
      return;
    case "tool.started":
    case "tool.input":
    case "tool.approval.requested":
    case "tool.approval.resolved":
    case "tool.executing":
    case "tool.completed":
      applyToCall(draft, event);
      return;
    case "turn.retrying": // both were counted when they came, since their epochs are void
    case "turn.failed":
    case "tool.late": // evidence alone: its call was answered for before
    case "policy.violation":
    case "cache.missed":
    case "protection":
    case "wire":
      return;
    default:
      event satisfies never;
  }
}

function noteBegun(draft: Draft, turn: number): void {
  draft.begunBefore ??= new Map();
  draft.begunBefore.set(turn, draft.state.begun);
}

function start(draft: Draft, event: RunStartedEvent): void {
  const { state } = draft;
  state.started = event;
  state.segmentStart = event.seq;
  addTaint(state.taint, event.taint ?? []);
  state.messages.push(...beginWith(event.instructions, event.messages));
  for (const message of event.messages) {
    addTaint(state.taint, untrustedIn(message));
    if (message.role !== "assistant") continue;
    if (message.raw !== undefined) draft.historySearched = true;
    for (const call of message.toolCalls ?? []) draft.pastIds = added(draft.pastIds, call.id);
  }
}

/** The run is open again. What was warned of is warned of anew, since its limits may be others. */
function resume(state: RunState, event: RunResumedEvent): void {
  const had = state.resumed?.instructions ?? state.started?.instructions;
  state.resumed = { ...event, ...(event.instructions === undefined && had !== undefined ? { instructions: had } : {}) };
  state.segmentStart = event.seq;
  delete state.closing;
  state.warned = undefined;
  if (event.instructions === undefined || event.instructions === had) return;
  tellAnew(state, event.instructions, had);
}

/** An answer that does not fit the schema was counted when it was checked. */
function correct(state: RunState, turn: number): void {
  state.corrected = turn;
  if (state.lastTurn?.outputIssues === undefined) state.corrections += 1;
}

function findersOf(draft: Draft, source: Source, current: readonly SearchCall[]): readonly FoundBy[] {
  const reported = draft.finders?.get(source.id);
  if (reported !== undefined) return [...reported];
  if (draft.historySearched) return []; // what was searched before this run is not on its record
  const only = inferFinder(source, [...draft.searches, ...current]);
  return only === undefined ? [] : [{ callId: only.id, basis: "inferred" }];
}

function citationOf({ source, span, foundBy, turn }: CitationEvent): Citation & { turn: number } {
  return span === undefined ? { source, foundBy, turn } : { source, span, foundBy, turn };
}

function completeTurn(state: RunState, event: TurnCompletedEvent): void {
  state.lastTurn = event;
  state.messages.push(event.message);
  delete state.before;
  const tokens = contextAfter(event);
  if (tokens !== undefined) state.size = { tokens, messages: state.messages.length };
  if (event.simulated === true) state.simulated = true;
  state.serverTurns += event.serverTurns ?? 0;
  countAttempt(state, event.usage, event.cost);
  state.mostReasoning = Math.max(state.mostReasoning, event.usage?.reasoningTokens ?? 0);
  // Only what was checked is counted here: calls are counted by their round, other text not at all.
  if (event.outputIssues !== undefined) state.corrections += 1;
  else if (event.output !== undefined) state.corrections = 0;
}
