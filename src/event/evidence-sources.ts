import type { Citation, FoundBy, Source } from "../message/index.ts";
import { claimAt } from "./claim.ts";
import type { CitedPlace, EvidenceSource, EvidenceText } from "./evidence-data.ts";
import { inferFinder, type SearchCall } from "./finders.ts";
import type { LedgerEntry } from "./state.ts";

type PlacedCitation = Citation & { turn: number };

interface Gathered {
  source: Source;
  foundBy: Map<string, FoundBy["basis"]>;
  citedAt: CitedPlace[];
  isInResult: boolean;
}

/** Every source that a call found or a text cites, each once. The cited come first, numbered by where they first stand. */
export function gatherSources(
  calls: readonly LedgerEntry[],
  citations: readonly PlacedCitation[],
  texts: readonly EvidenceText[],
): readonly EvidenceSource[] {
  const gathered = new Map<string, Gathered>();
  const gather = (source: Source): Gathered => {
    const known = gathered.get(source.id);
    const merged = known ?? { source, foundBy: new Map(), citedAt: [], isInResult: false };
    merged.source = { ...source, ...merged.source }; // a title may come later than the address
    gathered.set(source.id, merged);
    return merged;
  };
  for (const citation of byPlace(citations)) cite(gather(citation.source), citation, texts);
  for (const { call, sources } of calls) {
    for (const source of sources ?? []) {
      const found = gather(source);
      found.isInResult = true;
      found.foundBy.set(call.id, "reported");
    }
  }
  for (const found of gathered.values()) infer(found, calls);
  const isHidden = calls.some(mayHideSources);
  return [...gathered.values()].map((found, index) => asEvidence(found, index, isHidden));
}

/** In the order of the texts; at one place, in the order they came; without a place, at the end of their turn. */
function byPlace(citations: readonly PlacedCitation[]): readonly PlacedCitation[] {
  const startOf = ({ span }: PlacedCitation): number => span?.start ?? Number.POSITIVE_INFINITY;
  return citations.toSorted((a, b) => {
    if (a.turn !== b.turn) return a.turn - b.turn;
    const [first, second] = [startOf(a), startOf(b)];
    return first === second ? 0 : first - second;
  });
}

function cite(gathered: Gathered, { span, turn, foundBy }: PlacedCitation, texts: readonly EvidenceText[]): void {
  const text = texts.find((candidate) => candidate.turn === turn)?.text;
  const claim = text === undefined || span === undefined ? undefined : claimAt(text, span);
  gathered.citedAt.push({
    turn,
    ...(span === undefined ? {} : { span }),
    ...(claim === undefined ? {} : { claim }),
  });
  for (const { callId, basis } of foundBy) {
    if (gathered.foundBy.get(callId) !== "reported") gathered.foundBy.set(callId, basis);
    if (basis === "reported") gathered.isInResult = true;
  }
}

/** The one search that must have found a cited source: a turn alone does not see the searches of the turns before it. */
function infer({ source, foundBy, citedAt }: Gathered, calls: readonly LedgerEntry[]): void {
  const [first] = citedAt;
  if (first === undefined || foundBy.size > 0) return;
  const only = inferFinder(
    source,
    calls.flatMap((entry) => (entry.turn <= first.turn ? [asSearch(entry)] : [])),
  );
  if (only !== undefined) foundBy.set(only.id, "inferred");
}

function asSearch({ call, input, outcome, sources }: LedgerEntry): SearchCall {
  const search: SearchCall = { id: call.id, kind: call.kind, input };
  if (outcome !== undefined) search.outcome = outcome;
  if (sources !== undefined) search.sources = sources;
  return search;
}

/** A call at xAI that ran, or still runs, and whose sources we are not shown. */
function mayHideSources({ call, outcome, sources }: LedgerEntry): boolean {
  return call.executor === "server" && sources === undefined && (outcome === undefined || outcome === "ok");
}

function asEvidence(
  { source, foundBy, citedAt, isInResult }: Gathered,
  index: number,
  isHidden: boolean,
): EvidenceSource {
  return {
    source,
    ...(citedAt.length === 0 ? {} : { number: index + 1 }),
    foundBy: [...foundBy].map(([callId, basis]) => ({ callId, basis })),
    citedAt,
    seen: isInResult ? "reported" : isHidden ? "undisclosed" : "never",
  };
}
