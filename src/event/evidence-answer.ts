import type { Span } from "../message/index.ts";
import { markersIn } from "./claim.ts";
import type { EvidenceSource, EvidenceText } from "./evidence-data.ts";
import { fencesIn, tameMarkdown } from "./markdown-text.ts";

/** A footnote and the part of the text it takes the place of: none (`start` is `end`), or xAI's own marker. */
interface Note extends Span {
  number: number;
}

/**
 * A text with `[^n]` where its citations stand: in the place of xAI's `[[n]](url)` where there is one, else behind the
 * cited span. The rest is made safe to stand in a report.
 */
export function withFootnotes({ turn, text }: EvidenceText, sources: readonly EvidenceSource[]): string {
  const markers = markersIn(text);
  const fences = fencesIn(text);
  const notes = sources
    .flatMap(({ number, citedAt }) =>
      citedAt.flatMap((place) => noteFor(place.turn === turn ? place.span : undefined, number)),
    )
    .map((note) => settle(note, text, { markers, fences }))
    .toSorted((a, b) => a.start - b.start || a.end - b.end || a.number - b.number);
  let written = "";
  let position = 0;
  for (const { start, end, number } of notes) {
    if (start > position) {
      written = joined(written, tameMarkdown(text.slice(position, start), fences, position));
      position = start;
    }
    if (!written.endsWith(`[^${number}]`)) written += `[^${number}]`;
    position = Math.max(position, end);
  }
  return joined(written, tameMarkdown(text.slice(position), fences, position));
}

/** Behind a footnote, `(` would make a link of it, and `:` a definition. */
function joined(before: string, after: string): string {
  return before.endsWith("]") && /^[(:]/.test(after) ? `${before}\\${after}` : before + after;
}

/** Numbers of the sources that the turn cites without a place. */
export function withoutPlace(turn: number, sources: readonly EvidenceSource[]): readonly number[] {
  return sources.flatMap(({ number, citedAt }) => {
    const isPlaceless = citedAt.some((place) => place.turn === turn && place.span === undefined);
    return isPlaceless && number !== undefined ? [number] : [];
  });
}

function noteFor(span: Span | undefined, number: number | undefined): readonly Note[] {
  return span === undefined || number === undefined ? [] : [{ ...span, number }];
}

/** Parts of a text that no footnote may stand in. */
interface Whole {
  markers: readonly Span[];
  fences: readonly Span[];
}

/** Onto the marker that the span is; out of code, where a footnote would be read as code, and out of half a character. */
function settle({ start, end, number }: Note, text: string, { markers, fences }: Whole): Note {
  const marker = markers.find((span) => Math.abs(start - span.start) <= 1 && Math.abs(end - span.end) <= 1);
  if (marker !== undefined) return { ...marker, number };
  const inside = [...markers, ...fences].find((span) => end > span.start && end < span.end);
  const place = inside?.end ?? (/^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(end - 1)) ? end + 1 : end);
  return { start: place, end: place, number };
}
