import type { SimCitation } from "./server-calls.ts";

/** An annotation of the text (xai-wire 2.4); the last three fields came in 2026. */
export interface Annotation {
  readonly type: "url_citation";
  readonly url: string;
  readonly start_index?: number;
  readonly end_index?: number;
  readonly title?: string;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** The text as it is handed over, and its annotations with places that are true for it. */
export function annotate(
  text: string,
  citations: readonly SimCitation[],
  options: { readonly inline: boolean },
): { text: string; annotations: readonly Annotation[] } {
  const numbers = numbersOf(citations);
  const found = places(text, citations, numbers);
  if (options.inline)
    return { text, annotations: citations.map((citation, at) => toAnnotation(citation, found[at], numbers)) };
  const cuts = found
    .filter((place) => place !== undefined)
    .filter(({ start, end }) => isLink(text.slice(start, end)))
    .map((place) => withSpace(text, place))
    .toSorted((a, b) => a.start - b.start);
  const moved = found.map((place) => (place === undefined ? undefined : movedPlace(text, place, cuts)));
  return {
    text: without(text, cuts),
    annotations: citations.map((citation, at) => toAnnotation(citation, moved[at], numbers)),
  };
}

/** The number each address is shown by, from 1. */
function numbersOf(citations: readonly SimCitation[]): ReadonlyMap<string, number> {
  return new Map([...new Set(citations.map(({ url }) => url))].map((url, at) => [url, at + 1]));
}

function places(
  text: string,
  citations: readonly SimCitation[],
  numbers: ReadonlyMap<string, number>,
): readonly (Place | undefined)[] {
  const from = new Map<string, number>();
  return citations.map((citation) => {
    const marker = citation.marker ?? `[[${numbers.get(citation.url)}]](${citation.url})`;
    const start = text.indexOf(marker, from.get(marker) ?? 0);
    if (start < 0 || marker === "") return undefined;
    from.set(marker, start + marker.length);
    return { start, end: start + marker.length };
  });
}

function toAnnotation(
  citation: SimCitation,
  place: Place | undefined,
  numbers: ReadonlyMap<string, number>,
): Annotation {
  const { url, title, start = place?.start, end = place?.end } = citation;
  const bare = { type: "url_citation", url } as const;
  if (title === null) return bare;
  const where = start === undefined || end === undefined ? {} : { start_index: start, end_index: end };
  return { ...bare, ...where, title: title ?? String(numbers.get(url)) };
}

const isLink = (marker: string): boolean => /^\[\[[^\]]*\]\]\([^)]*\)$/.test(marker);

/** A marker is cut with the one space before it, so that none is left over. */
function withSpace(text: string, { start, end }: Place): Place {
  return { start: text[start - 1] === " " ? start - 1 : start, end };
}

function without(text: string, cuts: readonly Place[]): string {
  return cuts.reduceRight((rest, cut) => rest.slice(0, cut.start) + rest.slice(cut.end), text);
}

/** A place in the text without its cuts. That of a cut is the sentence before it, if there is one. */
function movedPlace(text: string, place: Place, cuts: readonly Place[]): Place | undefined {
  const cut = cuts.find(({ end }) => end === place.end);
  const { start, end } = cut === undefined ? place : claimBefore(text, cut, cuts);
  const shift = (position: number): number =>
    position - cuts.filter((each) => each.end <= position).reduce((sum, each) => sum + each.end - each.start, 0);
  return start === end ? undefined : { start: shift(start), end: shift(end) };
}

/** The sentence that ends where `cut` begins; markers in a row stand at the same one. */
function claimBefore(text: string, cut: Place, cuts: readonly Place[]): Place {
  const neighbour = cuts.find(({ end }) => end === cut.start);
  if (neighbour !== undefined) return claimBefore(text, neighbour, cuts);
  const from = cuts.findLast(({ end }) => end < cut.start)?.end ?? 0;
  const head = text.slice(from, cut.start).trimEnd();
  const boundary = [...head.matchAll(/[.!?]\s|\n/g)].at(-1);
  const start = boundary === undefined ? 0 : boundary.index + boundary[0].length;
  const spaces = head.length - start - head.slice(start).trimStart().length;
  return { start: from + start + spaces, end: from + head.length };
}
