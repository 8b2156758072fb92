import type { FoundBy, ToolCall } from "../message/index.ts";
import { askedOf } from "./asked.ts";
import type { StoredEvent } from "./event.ts";
import type { SearchCall } from "./finders.ts";
import { countIdle, type Told } from "./progress.ts";
import { type ApprovalEntry, emptyState, type LedgerEntry, type RunState } from "./state.ts";
import { addTaint, addTaintOfCall, bringsText, type TaintSource } from "./taint.ts";
import { visibleLine } from "./visible-text.ts";

/**
 * What `apply` writes to: the state, and indexes that keep its cost independent of the run's length. Each is made with the first that it
 * holds: thousands of runs may wait for their first answer.
 */
export interface Draft {
  state: RunState;
  rounds: Map<number, LedgerEntry[]> | undefined;
  /** Server calls of each turn so far. */
  served: Map<number, number> | undefined;
  /** Handlers begun when each turn began; no entry where there were none. */
  begunBefore: Map<number, number> | undefined;
  /** What our own tools have told so far. */
  told: Told | undefined;
  entries: Map<string, LedgerEntry> | undefined;
  /** Ids of calls in the history that the run began with. */
  pastIds: Set<string> | undefined;
  /** Calls by the id of a source that they say they found. */
  finders: Map<string, FoundBy[]> | undefined;
  /** Every call at xAI that has ended. */
  searches: SearchCall[];
  /** Whether the server worked in the history that the run began with. */
  historySearched: boolean;
}

export function createDraft(): Draft {
  return {
    state: emptyState(),
    rounds: undefined,
    served: undefined,
    begunBefore: undefined,
    told: undefined,
    entries: undefined,
    pastIds: undefined,
    finders: undefined,
    searches: [],
    historySearched: false,
  };
}

/** The set with one more in it: made where there is none. */
export function added<T>(set: Set<T> | undefined, value: T): Set<T> {
  return (set ?? new Set<T>()).add(value);
}

export type CallEvent = Exclude<Extract<StoredEvent, { type: `tool.${string}` }>, { type: "tool.late" }>;

/** Brings the ledger up to date with an event of a call. */
export function applyToCall(draft: Draft, event: CallEvent): void {
  if (event.type === "tool.started") {
    startCall(draft, event);
    return;
  }
  const entry = draft.entries?.get(event.call.id);
  if (entry === undefined) return;
  switch (event.type) {
    case "tool.approval.requested":
      entry.approval = requested(event, entry.approval);
      return;
    case "tool.approval.resolved":
      resolve(draft.state, entry, event);
      return;
    case "tool.input":
      if (event.call.executor === "server") {
        entry.call = namedOnly(event.call); // its sub-tool may be known only now
        sayWhatWasAsked(draft.state, event.call);
      }
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
      if (event.replayed !== undefined) {
        entry.replayed = event.replayed;
        draft.state.begun += 1;
      }
      if (event.external !== undefined) {
        entry.external = event.external;
        taintByCall(draft, entry, event.external);
      }
      if (event.call.executor === "server") noteSearch(draft, entry);
      else closeRound(draft, draft.rounds?.get(entry.turn) ?? []);
      return;
    default:
      event satisfies never;
  }
}

/** The calls of our own tools of a turn make a round: their results go back together. Server calls are done already. */
function startCall(draft: Draft, event: Extract<CallEvent, { type: "tool.started" }>): void {
  const { call, turn } = event;
  const entry: LedgerEntry = { call, turn, index: 0, begun: false };
  if (call.executor === "client") {
    draft.rounds ??= new Map();
    const round = draft.rounds.get(turn);
    entry.index = round?.length ?? 0;
    if (round === undefined) draft.rounds.set(turn, [entry]);
    else round.push(entry);
  } else {
    draft.served ??= new Map();
    entry.index = draft.served.get(turn) ?? 0;
    draft.served.set(turn, entry.index + 1);
    if (bringsText(call.kind)) taintBy(draft.state, call);
  }
  draft.state.calls.push(entry);
  draft.entries ??= new Map();
  draft.entries.set(call.id, entry);
}

function noteSearch(draft: Draft, { call, input, outcome, sources }: LedgerEntry): void {
  const search: SearchCall = { id: call.id, kind: call.kind, input };
  if (outcome !== undefined) search.outcome = outcome;
  if (sources !== undefined) search.sources = sources;
  draft.searches.push(search);
  if (sources === undefined) return;
  draft.finders ??= new Map();
  const { finders } = draft;
  for (const source of sources) {
    const found: FoundBy = { callId: call.id, basis: "reported" };
    const known = finders.get(source.id);
    if (known === undefined) finders.set(source.id, [found]);
    else known.push(found);
  }
}

function taintByCall({ state, rounds }: Draft, { turn, index }: LedgerEntry, source: TaintSource): void {
  const later = rounds?.get(turn)?.slice(index + 1) ?? [];
  addTaintOfCall(state.taint, source, new Set(later.map(({ call }) => call.id)));
}

function taintBy({ taint }: RunState, { id, tool }: ToolCall): void {
  addTaint(taint, [{ by: "server_tool", tool, callId: id }]);
}

function sayWhatWasAsked({ taint }: RunState, { id, kind, input }: ToolCall): void {
  const source = taint.find(({ callId }) => callId === id);
  const { query } = askedOf(kind, input);
  if (source !== undefined && query !== undefined) source.asked = visibleLine(query).slice(0, 120);
}

/** Arguments that a person changed stay changed when the call is asked about once more. */
function requested(
  event: Extract<CallEvent, { type: "tool.approval.requested" }>,
  before: ApprovalEntry | undefined,
): ApprovalEntry {
  const { request, reason, hash, shown, expiresAt } = event;
  return { request, reason, hash, shown, ...changedIn(before), ...(expiresAt === undefined ? {} : { expiresAt }) };
}

function changedIn(approval: ApprovalEntry | undefined): Pick<ApprovalEntry, "input"> {
  return approval?.input === undefined ? {} : { input: approval.input };
}

/** Of a request that nobody had to be asked: `outcome:3.1.2` is about an attempt, `call:3.1` was ruled out by the agent's options. */
function unaskedReason(request: string): ApprovalEntry["reason"] {
  return request.startsWith("outcome:") ? "unknown_outcome" : "untrusted";
}

/** The first decision on a request counts; one that was made without a request makes its own entry. */
function resolve(
  state: RunState,
  entry: LedgerEntry,
  event: Extract<CallEvent, { type: "tool.approval.resolved" }>,
): void {
  const { request, decision, by, who, reason: why, input, output, sticky } = event;
  const asked = entry.approval?.request === request ? entry.approval : undefined;
  if (asked?.decision !== undefined) return;
  entry.approval = {
    ...(asked ?? { request, reason: unaskedReason(request), hash: "", shown: "", ...changedIn(entry.approval) }),
    decision,
    by,
    ...(who === undefined ? {} : { who }),
    ...(why === undefined ? {} : { why }),
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
  };
  if (sticky === true && decision === "approved" && asked?.reason === "approval")
    state.sticky = added(state.sticky, entry.call.tool);
}

function namedOnly(call: ToolCall): ToolCall {
  const { input: _input, inputText: _text, ...named } = call;
  return named;
}

/** Results join the conversation together, in call order, once the last of the round is there. */
function closeRound(draft: Draft, round: readonly LedgerEntry[]): void {
  if (round.some((entry) => entry.outcome === undefined)) return;
  const { state } = draft;
  for (const { call, content, external } of round) {
    const result = { role: "tool", callId: call.id, tool: call.tool, content: content ?? "" } as const;
    state.messages.push(external === undefined ? result : { ...result, untrusted: true });
  }
  state.corrections = round.some(isMendable) ? state.corrections + 1 : 0;
  draft.told ??= new Map();
  countIdle(state, draft.told, round, draft.served?.get(round[0]?.turn ?? 0) ?? 0);
}

/** Failed, so that the model should call differently or do without. */
function isMendable({ outcome }: LedgerEntry): boolean {
  return outcome === "invalid_input" || outcome === "unknown_tool" || outcome === "error" || outcome === "timeout";
}
