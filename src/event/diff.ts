import { canonicalJson } from "../digest.ts";
import { callDifferences } from "./diff-calls.ts";
import { type DifferenceKind, difference, type RunDifference } from "./diff-data.ts";
import { type RunView, type TurnView, viewOf } from "./diff-view.ts";
import type { StoredEvent } from "./event.ts";

/**
 * What two runs did differently, turn by turn: first how they began, then the turns of one number against each other, then how they
 * ended. Only what counts is compared: no ids, times, deltas, void attempts, reasoning, or order of the calls of a turn. Empty when they
 * did the same. A usage or cost that is not known differs from one that is.
 */
export function diffRuns(a: readonly StoredEvent[], b: readonly StoredEvent[]): readonly RunDifference[] {
  const [first, second] = [viewOf(a), viewOf(b)];
  const last = Math.max(first.turns.length, second.turns.length);
  const turns = Array.from({ length: last }, (_, index) => index + 1);
  return [
    ...fieldDifferences(beginningOf(first), beginningOf(second)),
    ...turns.flatMap((turn) => turnDifferences(turn, first.turns[turn - 1], second.turns[turn - 1])),
    ...fieldDifferences(endOf(first), endOf(second)),
  ];
}

/** What is compared of one side, in the order in which it is told. */
type Fields = Readonly<Partial<Record<DifferenceKind, unknown>>>;

function fieldDifferences(a: Fields, b: Fields, turn?: number): readonly RunDifference[] {
  // Both have the same keys: they are made by one function.
  const kinds = Object.keys(a) as DifferenceKind[];
  return kinds.flatMap((what) => difference({ what, ...(turn === undefined ? {} : { turn }) }, a[what], b[what]));
}

function beginningOf({ started }: RunView): Fields {
  return {
    agent: started?.agent,
    model: started?.model,
    api: started?.api,
    instructions: started?.instructions,
    input: started?.messages,
    tools: started?.tools,
    settings: started?.settings,
    limits: started?.limits,
    effects: started?.effects,
  };
}

function endOf({ models, simulated, output, ending, usage, cost }: RunView): Fields {
  return { models, simulated, output, ending, usage, cost };
}

function turnDifferences(turn: number, a: TurnView | undefined, b: TurnView | undefined): readonly RunDifference[] {
  if (a === undefined || b === undefined) return difference({ turn, what: "turn" }, summaryOf(a), summaryOf(b));
  const before = { told: toldOf(a), compacted: a.compacted };
  const after = spokenOf(a, b);
  return [
    ...fieldDifferences(before, { told: toldOf(b), compacted: b.compacted }, turn),
    ...callDifferences(turn, a.calls, b.calls),
    ...fieldDifferences(after.a, after.b, turn),
  ];
}

function toldOf({ told }: TurnView): unknown {
  return told.length === 0 ? undefined : told;
}

/** Where a source stands in the text says something only where the texts are one. */
function spokenOf(a: TurnView, b: TurnView): { a: Fields; b: Fields } {
  const hasPlaces = a.text === b.text;
  const of = ({ text, refusal, finishReason, citations, usage, cost }: TurnView): Fields => {
    const cited = hasPlaces ? citations : citations.map(({ source }) => ({ source }));
    return { text, refusal, finishReason, citations: sorted(cited), usage, cost };
  };
  return { a: of(a), b: of(b) };
}

function sorted(items: readonly unknown[]): readonly unknown[] | undefined {
  if (items.length === 0) return undefined;
  return items
    .map((item) => ({ item, key: canonicalJson(item) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ item }) => item);
}

/** What a turn did that the other run has not. */
function summaryOf(view: TurnView | undefined): unknown {
  if (view === undefined) return undefined;
  const { told, calls, text, finishReason } = view;
  return {
    ...(told.length === 0 ? {} : { told }),
    calls: calls.map(({ call, input, outcome }) => ({
      tool: call.tool,
      ...(input === undefined ? {} : { input }),
      ...(outcome === undefined ? {} : { outcome }),
    })),
    ...(text === undefined ? {} : { text }),
    ...(finishReason === undefined ? {} : { finishReason }),
  };
}
