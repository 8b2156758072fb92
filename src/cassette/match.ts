import { type Canonical, canonicalOf, contentOf, type IsIgnored } from "./canonical.ts";
import { agreement, type Difference, type DifferenceOptions, differences, formatDifference } from "./difference.ts";
import type { RecordedRequest } from "./exchange.ts";
import type { Tape } from "./folder.ts";
import { createMadeIds, isMadeId } from "./made-ids.ts";

/** Finds the recorded exchange that answers a request. */
export interface Matcher {
  /**
   * The first unused exchange, in recorded order, of the same method, path and body. So requests that run in parallel
   * find their own, and the same request again, as in a retry, finds the next. It is used from then on.
   */
  take(request: RecordedRequest): Tape | undefined;
  /** Why there is none, for people; the request is shown, so it must be masked. */
  explain(request: RecordedRequest): string;
  /** In recorded order. */
  unused(): readonly Tape[];
}

interface Waiting {
  tape: Tape;
  canonical: Canonical;
}

export function createMatcher(tapes: readonly Tape[], isIgnored: IsIgnored): Matcher {
  const madeIds = createMadeIds();
  const left = new Set(tapes);
  const all = tapes.map((tape): Waiting => ({ tape, canonical: canonicalOf(tape.exchange.request, isIgnored) }));
  const waiting = Map.groupBy(all, ({ canonical }) => canonical.key);
  const isSame = (recorded: string, now: string): boolean =>
    isMadeId(recorded) && isMadeId(now) && madeIds.fit([recorded], [now]);
  return {
    take(request) {
      const { key, ids } = canonicalOf(request, isIgnored);
      const found = waiting.get(key)?.find(({ tape, canonical }) => left.has(tape) && madeIds.fit(canonical.ids, ids));
      if (found === undefined) return undefined;
      madeIds.learn(found.canonical.ids, ids);
      left.delete(found.tape);
      return found.tape;
    },
    explain(request) {
      const { key } = canonicalOf(request, isIgnored);
      const same = waiting.get(key)?.filter(({ tape }) => !left.has(tape)) ?? [];
      if (same.length > 0 && same.length === waiting.get(key)?.length) return usedUp(same);
      const near = [...left].filter(({ exchange }) => isAlike(exchange.request, request));
      if (near.length === 0) return noneLeft([...left]);
      return describe(nearest(near, request, { isIgnored, isSame }));
    },
    unused: () => [...left],
  };
}

function isAlike(a: RecordedRequest, b: RecordedRequest): boolean {
  return a.method === b.method && a.path === b.path;
}

function usedUp(same: readonly Waiting[]): string {
  const files = same.map(({ tape }) => tape.file).join(", ");
  return `It was asked ${same.length === 1 ? "once" : `${same.length} times`} when the cassette was recorded, and that is used: ${files}.`;
}

function noneLeft(left: readonly Tape[]): string {
  if (left.length === 0) return "All that was recorded is used.";
  const files = left.slice(0, 3).map(({ file }) => file);
  const more = left.length > files.length ? ` and ${left.length - files.length} more` : "";
  return `Nothing that is left was asked there. Left: ${files.join(", ")}${more}.`;
}

interface Nearest {
  file: string;
  found: readonly Difference[];
}

/** Looking for more would not help anybody to see which is meant. */
const MOST_DIFFERENCES = 1000;

/** The one with the fewest differences; of equals the one whose texts agree longest, then the first. */
function nearest(tapes: readonly Tape[], request: RecordedRequest, same: Omit<DifferenceOptions, "limit">): Nearest {
  const now = contentOf(request);
  let best: Nearest | undefined;
  for (const { file, exchange } of tapes) {
    const limit = best === undefined ? MOST_DIFFERENCES : Math.min(best.found.length + 1, MOST_DIFFERENCES);
    const found = differences(contentOf(exchange.request), now, { ...same, limit });
    if (best === undefined || isNearer(found, best.found)) best = { file, found };
  }
  return best ?? { file: "", found: [] };
}

function isNearer(found: readonly Difference[], best: readonly Difference[]): boolean {
  if (found.length !== best.length) return found.length < best.length;
  return agreement(found) > agreement(best);
}

const MOST_LINES = 10;

function describe({ file, found }: Nearest): string {
  const lines = found.slice(0, MOST_LINES).map((difference) => `\n  ${formatDifference(difference)}`);
  const more = found.length - lines.length;
  const many = found.length >= MOST_DIFFERENCES ? "many" : String(more);
  return `The nearest that is left is ${file}:${lines.join("")}${more > 0 ? `\n  … and ${many} more differences` : ""}`;
}
