import { canonicalJson } from "../digest.ts";
import {
  createFold,
  createStepIndex,
  type LedgerEntry,
  type RunFold,
  type StoredEvent,
  type ToolCompletedEvent,
} from "../event/index.ts";
import type { UserMessage } from "../message/index.ts";
import type { Given, Inbox } from "./inbox.ts";

/** What a recorded run gives to one that plays it again, in which no tool runs. */
export interface Recording {
  /** The run it is of. */
  runId: string;
  /**
   * What a call with these arguments had come to. Equal calls take the results in the order in which they were made, and then the last
   * one again. Undefined when no such call was made, or none was answered.
   * @param nth How many equal calls were made before it.
   */
  resultOf(asked: AskedOf, nth: number): RecordedResult | undefined;
  /** What was said to the run while it was under way, in order. */
  said: readonly { as: "steer" | "follow_up"; turn: number; message: UserMessage }[];
}

/** A call by what was asked: keys in any order, numbers by their value. */
export type AskedOf = Pick<LedgerEntry, "call" | "input">;

/** How a call had ended, as its `tool.completed` says again. */
export type RecordedResult = Pick<
  ToolCompletedEvent,
  "outcome" | "content" | "output" | "outputArtifact" | "error" | "external" | "sources"
> & { callId: string };

/** Answers that say how the call was made and not what came of it: they are found out anew. */
const ABOUT_THE_CALL: ReadonlySet<string> = new Set(["too_many_calls", "duplicate_call", "not_recorded"]);

/** Reads a record, also of a run that is still going on: what it has come to so far. */
export function recordingOf(runId: string, events: readonly StoredEvent[]): Recording {
  const { state } = createFold(events);
  const outside = new Map<string, ToolCompletedEvent["external"]>();
  const results = new Map<string, RecordedResult[]>();
  for (const event of events) {
    if (event.type === "tool.completed" && event.external !== undefined) outside.set(event.call.id, event.external);
  }
  for (const entry of state.calls) {
    const result = resultIn(entry);
    if (result === undefined) continue;
    const external = outside.get(entry.call.id);
    const kept = external === undefined ? result : { ...result, external };
    const equal = results.get(keyOf(entry));
    if (equal === undefined) results.set(keyOf(entry), [kept]);
    else equal.push(kept);
  }
  return {
    runId,
    said: wordsIn(countedIn(events)),
    resultOf(asked, nth) {
      const found = results.get(keyOf(asked)) ?? [];
      return found[Math.min(nth, found.length - 1)];
    },
  };
}

/** An attempt at the step before a turn that was not closed said nothing to anybody. */
function countedIn(events: readonly StoredEvent[]): readonly StoredEvent[] {
  const steps = createStepIndex();
  return events.flatMap((event) => steps.add(event));
}

function keyOf({ call, input }: AskedOf): string {
  return `${call.tool} ${canonicalJson(input)}`;
}

function resultIn(entry: LedgerEntry): RecordedResult | undefined {
  const { call, outcome, content = "", output, outputArtifact, error, sources } = entry;
  if (call.executor === "server" || outcome === undefined || !isAnswerable(entry)) return undefined;
  if (outcome === "unknown_tool" || ABOUT_THE_CALL.has(error?.code ?? "")) return undefined;
  if (outcome === "denied" && error?.code === "run_limited") return undefined; // a limit of that run, which may be another one here
  return {
    callId: call.id,
    outcome,
    content,
    ...(output === undefined ? {} : { output }),
    ...(outputArtifact === undefined ? {} : { outputArtifact }),
    ...(error === undefined ? {} : { error }),
    ...(sources === undefined ? {} : { sources }),
  };
}

/** A call whose arguments fit, and that is no other one sent again. */
function isAnswerable({ issues, duplicateOf }: LedgerEntry): boolean {
  return issues === undefined && duplicateOf === undefined;
}

/** Says of each call of a run how many equal ones were made before it. Read from the record alone, each call once. */
export function createOccurrences(fold: RunFold): (callId: string) => number {
  let counts: Map<string, number> | undefined; // asked only where a run is played again
  let nth: Map<string, number> | undefined;
  let seen = 0;
  return (callId) => {
    counts ??= new Map();
    nth ??= new Map();
    const { calls } = fold.state;
    for (; seen < calls.length; seen += 1) {
      const entry = calls[seen];
      if (entry === undefined || entry.call.executor === "server" || !isAnswerable(entry)) continue;
      const key = keyOf(entry);
      const before = counts.get(key) ?? 0;
      nth.set(entry.call.id, before);
      counts.set(key, before + 1);
    }
    return nth.get(callId) ?? 0;
  };
}

/**
 * An inbox in which the words of the recorded run lie beside those of this one: steering before the same turn, follow-ups when the run
 * would be done.
 * @param events What is on the record of this run already, when it is carried on.
 */
export function withRecordedWords(
  inbox: Inbox,
  { said }: Recording,
  { state }: RunFold,
  events: readonly StoredEvent[],
): Inbox {
  const steering = said.filter(({ as }) => as === "steer");
  const followUps = notSaidYet(said, events);
  const due = (turn: number): readonly Given[] => steering.filter((words) => words.turn === turn).map(asGiven);
  const next = (): readonly Given[] => {
    const together = followUps.filter(({ turn }) => turn === followUps[0]?.turn);
    return followUps.splice(0, together.length).map(asGiven);
  };
  return {
    ...inbox,
    hasSteering: () => due(state.turn + 1).length > 0 || inbox.hasSteering(),
    hasFollowUps: () => followUps.length > 0 || inbox.hasFollowUps(),
    takeSteering: (turn) => [...due(turn), ...inbox.takeSteering(turn)],
    takeFollowUps: (turn) => [...next(), ...inbox.takeFollowUps(turn)],
  };
}

type Words = Recording["said"][number];

function asGiven({ message }: Words): Given {
  return { message };
}

/** The recorded follow-ups without those that are on this record. */
function notSaidYet(said: readonly Words[], events: readonly StoredEvent[]): Words[] {
  const before = wordsIn(events).map(({ message }) => canonicalJson(message));
  return said.filter(({ as, message }) => {
    if (as !== "follow_up") return false;
    const at = before.indexOf(canonicalJson(message));
    if (at !== -1) before.splice(at, 1);
    return at === -1;
  });
}

function wordsIn(events: readonly StoredEvent[]): Words[] {
  return events.flatMap((event): Words[] => {
    if (event.type !== "input.injected" || (event.as !== "steer" && event.as !== "follow_up")) return [];
    return [{ as: event.as, turn: event.turn, message: event.message }];
  });
}
