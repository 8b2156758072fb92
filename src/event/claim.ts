import type { Span } from "../message/index.ts";

/** xAI's inline citation: `[[1]](https://…)`. One pair of parentheses may stand in the address. */
const MARKER = /\[\[[^[\]]{1,20}\]\]\((?:[^()\s]|\([^()\s]*\))*\)/g;
/** An address in running text, without what ends the sentence it stands in. */
const ADDRESS = /https?:\/\/[^\s)\]>]*[^\s)\]>.,;:!?]/g;

let segmenter: Intl.Segmenter | undefined;

/** Where inline citations stand in a text. */
export function markersIn(text: string): readonly Span[] {
  return [...text.matchAll(MARKER)].map(({ index, 0: marker }) => ({ start: index, end: index + marker.length }));
}

/**
 * The sentences that a citation stands in or behind, without citation markers: what it is cited for. Undefined when
 * there are no words there.
 * @param span positions in the text, as citations have them.
 */
export function claimAt(text: string, span: Span): string | undefined {
  const { sentences, masked } = splitSentences(text);
  const end = Math.max(span.end, span.start + 1);
  const touched = sentences.filter((sentence) => sentence.start < end && sentence.end > span.start);
  const [first] = touched;
  const last = touched.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (masked.slice(first.start, last.end).trim() !== "") return claimText(text, { start: first.start, end: last.end });
  const before = sentences.findLast(
    ({ start, end: until }) => until <= first.start && masked.slice(start, until).trim() !== "",
  );
  return before === undefined ? undefined : claimText(text, before);
}

/**
 * Sentences as Unicode has them (UAX 29). Markers are blanks for it, so that one behind a full stop belongs to the
 * sentence it closes; addresses are letters, since `?` in one would end the sentence.
 */
function splitSentences(text: string): { sentences: readonly Span[]; masked: string } {
  const masked = text
    .replace(MARKER, (marker) => " ".repeat(marker.length))
    .replace(ADDRESS, (address) => "x".repeat(address.length));
  segmenter ??= new Intl.Segmenter("en", { granularity: "sentence" });
  const sentences = [...segmenter.segment(masked)].map(({ index, segment }) => ({
    start: index,
    end: index + segment.length,
  }));
  return { sentences, masked };
}

function claimText(text: string, { start, end }: Span): string | undefined {
  const claim = text
    .slice(start, end)
    .replace(MARKER, "")
    .replace(/\s+/g, " ")
    .replace(/ (?=[.,;:!?])/g, "")
    .trim();
  return claim === "" ? undefined : claim;
}
