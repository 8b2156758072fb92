import { askedOf, closesStep, type EvidenceCall, type StoredEvent } from "../event/index.ts";
import type { InputIssue } from "../message/index.ts";

/** One tool call as it went, taken from events and not from the ledger: those of open and of void attempts are shown too. */
export interface CallActivity
  extends Pick<EvidenceCall, "callId" | "executor" | "kind" | "tool" | "action" | "query" | "filters" | "inputText"> {
  /** The input has been told; before that nothing can be said of it. */
  isAsked: boolean;
  issues?: readonly InputIssue[];
  /** The server's last word for where it is. */
  phase?: string;
  hasBegun: boolean;
  requested?: Extract<StoredEvent, { type: "tool.approval.requested" }>;
  resolved?: Extract<StoredEvent, { type: "tool.approval.resolved" }>;
  completed?: Extract<StoredEvent, { type: "tool.completed" }>;
  /** What its handler came to after that. */
  late?: Extract<StoredEvent, { type: "tool.late" }>;
}

/** What there is to show of a turn, in the order it happened. */
export type Entry = { isVoid: boolean } & (
  | { type: "call"; call: CallActivity }
  | { type: "event"; event: Exclude<StoredEvent, CallEvent> }
);

export interface TurnActivity {
  /** 0 is what came before the first. */
  turn: number;
  entries: Entry[];
}

type CallEvent = Extract<StoredEvent, { call: unknown }>;

/** What a run did, turn by turn, as far as its record goes. */
export function activityOf(events: readonly StoredEvent[]): readonly TurnActivity[] {
  const isVoid = voidEpochs(events);
  const turns = new Map<number, TurnActivity>();
  const calls = new Map<string, CallActivity>();
  const add = (turn: number, entry: Entry): void => {
    const activity = turns.get(turn) ?? { turn, entries: [] };
    activity.entries.push(entry);
    turns.set(turn, activity);
  };
  for (const event of events) {
    if (!("call" in event)) {
      add(event.turn, { type: "event", event, isVoid: event.epoch !== undefined && isVoid.has(event.epoch) });
      continue;
    }
    if (event.type === "tool.started") {
      const call = begin(event);
      calls.set(event.call.id, call); // a later attempt may use the id again: what follows is of the later call
      add(event.turn, { type: "call", call, isVoid: event.epoch !== undefined && isVoid.has(event.epoch) });
    }
    const call = calls.get(event.call.id);
    if (call !== undefined) tell(call, event);
  }
  return [...turns.values()].toSorted((a, b) => a.turn - b.turn);
}

function begin({ call }: CallEvent): CallActivity {
  const { id, executor, kind, tool } = call;
  return { callId: id, executor, kind, tool, filters: {}, isAsked: false, hasBegun: false };
}

function tell(activity: CallActivity, event: CallEvent): void {
  const { call } = event;
  if ("action" in call && call.action !== undefined) activity.action = call.action;
  switch (event.type) {
    case "tool.started":
      return;
    case "tool.input":
      activity.isAsked = true;
      Object.assign(activity, askedOf(call.kind, call.input));
      if (call.inputText !== undefined) activity.inputText = call.inputText;
      if (event.issues !== undefined) activity.issues = event.issues;
      return;
    case "tool.approval.requested":
      activity.requested = event;
      delete activity.resolved;
      return;
    case "tool.approval.resolved":
      activity.resolved ??= event;
      return;
    case "tool.executing":
      activity.hasBegun = true;
      if (event.phase !== undefined) activity.phase = event.phase;
      return;
    case "tool.completed":
      activity.completed = event;
      return;
    case "tool.late":
      activity.late = event;
      return;
    default:
      event satisfies never;
  }
}

/** Epochs that count for nothing: all but the one that closed their step, and failed ones of steps that are still open. */
function voidEpochs(events: readonly StoredEvent[]): ReadonlySet<string> {
  const live = new Map<string, string>();
  const closed = new Set<string>();
  const dead = new Set<string>();
  for (const event of events) {
    const { step, epoch, type } = event;
    if (step === undefined || epoch === undefined || closed.has(step)) continue;
    const before = live.get(step);
    if (before !== undefined && before !== epoch) dead.add(before);
    live.set(step, epoch);
    if (type === "turn.retrying" || type === "turn.failed") dead.add(epoch);
    if (closesStep(event)) closed.add(step);
  }
  return dead;
}
