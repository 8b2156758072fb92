import type { Citation, FoundBy, Source, ToolCall } from "../message/index.ts";
import { isClosing, type StoredEvent } from "./event.ts";
import { inferFinder, type SearchCall } from "./finders.ts";
import type { CitationEvent } from "./run-events.ts";
import { countAttempt, countFailedAttempt } from "./spending.ts";
import { emptyState, type LedgerEntry, type RunState } from "./state.ts";
import { createStepIndex, type StepIndex } from "./step.ts";
import type { TurnCompletedEvent } from "./turn-events.ts";

/** The fold of a record, kept up to date as events are appended. */
export interface RunFold {
  readonly state: RunState;
  readonly steps: StepIndex;
  add(event: StoredEvent): void;
  /** The calls of our own tools in a turn, in call order. */
  callsOf(turn: number): readonly LedgerEntry[];
  /**
   * The calls that a source came from: those of earlier turns whose own sources hold it (`reported`), else the only one
   * of the conversation that can have found it (`inferred`).
   * @param current The calls at xAI of the turn under way.
   */
  findersOf(source: Source, current: readonly SearchCall[]): readonly FoundBy[];
  /** Whether a call of the run or of its history has this id. */
  hasCallId(id: string): boolean;
}

/** What `apply` writes to: the state, and indexes that keep its cost independent of the run's length. */
interface Draft {
  state: RunState;
  rounds: Map<number, LedgerEntry[]>;
  /** Server calls of each turn so far. */
  served: Map<number, number>;
  entries: Map<string, LedgerEntry>;
  callIds: Set<string>;
  /** Calls by the id of a source that they say they found. */
  finders: Map<string, FoundBy[]>;
  /** Every call at xAI that has ended. */
  searches: SearchCall[];
  /** Whether the server worked in the history that the run began with. */
  historySearched: boolean;
}

/** Folds a record, event by event. Parallel steps are ordered by call, so the order of a record does not matter. */
export function createFold(events: readonly StoredEvent[] = []): RunFold {
  const draft: Draft = {
    state: emptyState(),
    rounds: new Map(),
    served: new Map(),
    entries: new Map(),
    callIds: new Set(),
    finders: new Map(),
    searches: [],
    historySearched: false,
  };
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
    callsOf: (turn) => draft.rounds.get(turn) ?? [],
    findersOf: (source, current) => findersOf(draft, source, current),
    hasCallId: (id) => draft.callIds.has(id),
  };
}

function apply(draft: Draft, event: StoredEvent): void {
  const { state } = draft;
  if (isClosing(event)) {
    state.closing = event;
    return;
  }
  switch (event.type) {
    case "run.started":
      state.started = event;
      if (event.instructions !== undefined) state.messages.push({ role: "system", content: event.instructions });
      for (const message of event.messages) {
        state.messages.push(message);
        if (message.role !== "assistant") continue;
        if (message.raw !== undefined) draft.historySearched = true;
        for (const call of message.toolCalls ?? []) draft.callIds.add(call.id);
      }
      return;
    case "turn.started":
      state.turn = event.turn;
      return;
    case "input.injected":
      state.messages.push(event.message);
      if (event.as !== "correction") state.steered.add(event.turn);
      return;
    case "turn.completed":
      completeTurn(state, event);
      return;
    case "citation":
      state.citations.push(citationOf(event));
      return;
    case "limit.warning":
      state.warned.add(event.limit);
      return;
    case "warning":
      state.warnings.push({ code: event.code, message: event.message });
      return;
    case "tool.started":
    case "tool.input":
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

type CallEvent = Exclude<Extract<StoredEvent, { type: `tool.${string}` }>, { type: "tool.late" }>;

function applyToCall(draft: Draft, event: CallEvent): void {
  if (event.type === "tool.started") {
    startCall(draft, event);
    return;
  }
  const entry = draft.entries.get(event.call.id);
  if (entry === undefined) return;
  switch (event.type) {
    case "tool.input":
      entry.call = namedOnly(event.call); // a server tool's sub-tool may be known only now
      if (event.call.input !== undefined) entry.input = event.call.input;
      if (event.call.inputText !== undefined) entry.inputText = event.call.inputText;
      if (event.issues !== undefined) entry.issues = event.issues;
      if (event.duplicateOf !== undefined) entry.duplicateOf = event.duplicateOf;
      return;
    case "tool.executing":
      if (event.call.executor === "client") draft.state.begun += 1;
      entry.begun = true;
      if (event.effect !== undefined && Object.hasOwn(event, "effect")) entry.effect = event.effect;
      return;
    case "tool.completed":
      entry.outcome = event.outcome;
      entry.visibility = event.visibility;
      entry.content = event.content;
      if (event.output !== undefined) entry.output = event.output;
      if (event.outputArtifact !== undefined) entry.outputArtifact = event.outputArtifact;
      if (event.error !== undefined) entry.error = event.error;
      if (event.durationMs !== undefined) entry.durationMs = event.durationMs;
      if (event.sources !== undefined) entry.sources = event.sources;
      entry.timing = event.timing;
      if (event.call.executor === "server") noteSearch(draft, entry);
      else closeRound(draft.state, draft.rounds.get(entry.turn) ?? []);
      return;
    default:
      event satisfies never;
  }
}

/** The calls of our own tools of a turn make a round: their results go back together. Server calls are done already. */
function startCall(draft: Draft, event: Extract<CallEvent, { type: "tool.started" }>): void {
  const round = draft.rounds.get(event.turn) ?? [];
  const isOurs = event.call.executor === "client";
  const served = draft.served.get(event.turn) ?? 0;
  const entry: LedgerEntry = {
    call: event.call,
    turn: event.turn,
    index: isOurs ? round.length : served,
    begun: false,
  };
  if (!isOurs) draft.served.set(event.turn, served + 1);
  if (isOurs) {
    round.push(entry);
    draft.rounds.set(event.turn, round);
  }
  draft.state.calls.push(entry);
  draft.entries.set(event.call.id, entry);
  draft.callIds.add(event.call.id);
}

function noteSearch({ finders, searches }: Draft, { call, input, outcome, sources }: LedgerEntry): void {
  const search: SearchCall = { id: call.id, kind: call.kind, input };
  if (outcome !== undefined) search.outcome = outcome;
  if (sources !== undefined) search.sources = sources;
  searches.push(search);
  for (const source of sources ?? []) {
    const found: FoundBy = { callId: call.id, basis: "reported" };
    const known = finders.get(source.id);
    if (known === undefined) finders.set(source.id, [found]);
    else known.push(found);
  }
}

function findersOf(draft: Draft, source: Source, current: readonly SearchCall[]): readonly FoundBy[] {
  const reported = draft.finders.get(source.id);
  if (reported !== undefined) return [...reported];
  if (draft.historySearched) return []; // what was searched before this run is not on its record
  const only = inferFinder(source, [...draft.searches, ...current]);
  return only === undefined ? [] : [{ callId: only.id, basis: "inferred" }];
}

function namedOnly(call: ToolCall): ToolCall {
  const { input: _input, inputText: _text, ...named } = call;
  return named;
}

function citationOf({ source, span, foundBy, turn }: CitationEvent): Citation & { turn: number } {
  return span === undefined ? { source, foundBy, turn } : { source, span, foundBy, turn };
}

function completeTurn(state: RunState, event: TurnCompletedEvent): void {
  state.lastTurn = event;
  state.messages.push(event.message);
  if (event.simulated === true) state.simulated = true;
  state.serverTurns += event.serverTurns ?? 0;
  countAttempt(state, event.usage, event.cost);
  // Only what was checked is counted here: calls are counted by their round, other text not at all.
  if (event.outputIssues !== undefined) state.corrections += 1;
  else if (event.output !== undefined) state.corrections = 0;
}

/** Results join the conversation together, in call order, once the last of the round is there. */
function closeRound(state: RunState, round: readonly LedgerEntry[]): void {
  if (round.some((entry) => entry.outcome === undefined)) return;
  for (const { call, content } of round) {
    state.messages.push({ role: "tool", callId: call.id, tool: call.tool, content: content ?? "" });
  }
  state.corrections = round.some(isMendable) ? state.corrections + 1 : 0;
}

/** Failed, so that the model should call differently or do without. */
function isMendable({ outcome }: LedgerEntry): boolean {
  return outcome === "invalid_input" || outcome === "unknown_tool" || outcome === "error" || outcome === "timeout";
}
