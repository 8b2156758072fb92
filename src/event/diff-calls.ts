import { canonicalJson } from "../digest.ts";
import { difference, type RunDifference } from "./diff-data.ts";
import type { LedgerEntry } from "./state.ts";

type Pair = readonly [a: LedgerEntry, b: LedgerEntry];

/** What the calls of a turn have in common, and what not: equal ones are held against each other, then those of one tool, in order. */
export function callDifferences(
  turn: number,
  a: readonly LedgerEntry[],
  b: readonly LedgerEntry[],
): readonly RunDifference[] {
  const equal = pairUp(a, b, (entry) => `${nameOf(entry)} ${askedOf(entry)}`);
  const alike = pairUp(equal.onlyA, equal.onlyB, nameOf);
  const pairs = [...equal.pairs, ...alike.pairs].toSorted(([one], [other]) => a.indexOf(one) - a.indexOf(other));
  return [
    ...pairs.flatMap((pair) => pairDifferences(turn, pair)),
    ...alike.onlyA.flatMap((entry) => difference({ turn, what: "call", call: called(entry) }, asked(entry), undefined)),
    ...alike.onlyB.flatMap((entry) => difference({ turn, what: "call", call: called(entry) }, undefined, asked(entry))),
  ];
}

/** Each entry of one side with the first of the other that has the same key and is not taken. */
function pairUp(
  a: readonly LedgerEntry[],
  b: readonly LedgerEntry[],
  keyOf: (entry: LedgerEntry) => string,
): { pairs: readonly Pair[]; onlyA: readonly LedgerEntry[]; onlyB: readonly LedgerEntry[] } {
  const waiting = Map.groupBy(b, keyOf);
  const pairs: Pair[] = [];
  const onlyA = a.filter((entry) => {
    const other = waiting.get(keyOf(entry))?.shift();
    if (other !== undefined) pairs.push([entry, other]);
    return other === undefined;
  });
  const left = new Set([...waiting.values()].flat());
  return { pairs, onlyA, onlyB: b.filter((entry) => left.has(entry)) };
}

function pairDifferences(turn: number, [a, b]: Pair): readonly RunDifference[] {
  const call = called(a);
  const [shownA, shownB] = resultsOf(a, b);
  return [
    ...difference({ turn, what: "arguments", call }, asked(a), asked(b)),
    ...difference({ turn, what: "approval", call }, approvalOf(a), approvalOf(b)),
    ...difference({ turn, what: "outcome", call }, a.outcome, b.outcome),
    ...difference({ turn, what: "result", call }, shownA, shownB),
    ...difference({ turn, what: "sources", call }, sourcesOf(a), sourcesOf(b)),
  ];
}

/** What came back; where that is the same, what the model was told of it. */
function resultsOf(a: LedgerEntry, b: LedgerEntry): readonly [unknown, unknown] {
  const whole = [resultOf(a), resultOf(b)] as const;
  return canonicalJson(whole[0]) === canonicalJson(whole[1]) ? [a.content, b.content] : whole;
}

function resultOf({ output, outputArtifact, error, content }: LedgerEntry): unknown {
  if (error !== undefined) return { code: error.code, message: error.message };
  if (outputArtifact !== undefined) return { sha256: outputArtifact.sha256, bytes: outputArtifact.bytes };
  return output ?? content;
}

function approvalOf({ approval }: LedgerEntry): unknown {
  if (approval === undefined) return undefined;
  const { reason, decision, by, why, input } = approval;
  return JSON.parse(JSON.stringify({ reason, decision, by, why, input })); // without what nobody said
}

/** The order in which a search lists what it found is no deed of the run. */
function sourcesOf({ sources }: LedgerEntry): readonly string[] | undefined {
  return sources?.map(({ id }) => id).toSorted();
}

function called({ call }: LedgerEntry): NonNullable<RunDifference["call"]> {
  const { executor, tool, kind } = call;
  return { executor, tool, kind, ...("action" in call && call.action !== undefined ? { action: call.action } : {}) };
}

function nameOf(entry: LedgerEntry): string {
  return canonicalJson(called(entry));
}

function askedOf(entry: LedgerEntry): string {
  return canonicalJson(asked(entry));
}

function asked({ input, inputText }: LedgerEntry): unknown {
  return input ?? inputText ?? null;
}
