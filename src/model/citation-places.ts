import type { Span } from "../message/index.ts";
import { sourceOfUrl } from "./sources.ts";

/** A link as xAI writes citations into the text: `[[1]](https://example.com)`. */
export interface InlineLink {
  number: string;
  url: string;
  sourceId: string;
  span: Span;
}

/** Addresses may hold brackets in pairs, as those of Wikipedia do. */
const INLINE_LINK = /\[\[(\d+)\]\]\(((?:[^\s()]|\([^\s()]*\))+)\)/g;

export function findInlineLinks(text: string): readonly InlineLink[] {
  if (!text.includes("]](")) return [];
  return [...text.matchAll(INLINE_LINK)].map((match) => {
    const [whole, number = "", url = ""] = match;
    const span = { start: match.index, end: match.index + whole.length };
    return { number, url, sourceId: sourceOfUrl(url).id, span };
  });
}

/** Where an annotation says it stands, in the server's own count. */
export interface StatedPlace {
  start: unknown;
  end: unknown;
  /** The number in the text, where the annotation has one. */
  number: unknown;
  url: string | undefined;
}

/**
 * The places of an annotation that are true for the text. What the server states is held against the text, since nothing
 * says whether it counts UTF-16 units, characters or bytes: a place is taken when the link or the address stands there, or
 * when the text has neither and units and characters agree. With no stated place it stands where its links do. Empty when
 * no place is true.
 * @param own The links in the text to the annotation's source.
 */
export function placesOf(text: string, stated: StatedPlace, own: readonly InlineLink[]): readonly Span[] {
  const candidates = readings(text, stated, { inBytes: true });
  if (candidates.length === 0)
    return own.length > 0 && !isStated(stated) ? own.map(({ span }) => span) : numbered(own, stated);
  if (own.length > 0) {
    const fits = candidates.find((span) => own.some((link) => isAt(span, link.span)));
    return fits === undefined ? numbered(own, stated) : [fits];
  }
  const { url } = stated;
  if (url !== undefined && text.includes(url)) {
    const fits = candidates.find(({ start, end }) => text.slice(start, end).includes(url));
    return fits === undefined ? [] : [fits];
  }
  return unanimous(readings(text, stated, { inBytes: false }));
}

/** Nothing in the text tells which reading is right: so there must be but one. */
function unanimous([first, ...others]: readonly Span[]): readonly Span[] {
  const isOnly = others.every(({ start, end }) => start === first?.start && end === first.end);
  return first !== undefined && isOnly ? [first] : [];
}

function isStated({ start, end }: StatedPlace): boolean {
  return typeof start === "number" && typeof end === "number" && end > start;
}

/** On the link, around it, or right before it. */
function isAt(span: Span, link: Span): boolean {
  return (span.start <= link.start && span.end >= link.end) || span.end === link.start;
}

/** The link of that number, or the only one. */
function numbered(own: readonly InlineLink[], { number }: StatedPlace): readonly Span[] {
  const link = own.find((candidate) => candidate.number === number) ?? (own.length === 1 ? own[0] : undefined);
  return link === undefined ? [] : [link.span];
}

/** The place read as UTF-16 units, as characters and, where it can be checked, as bytes; only what is inside the text. */
function readings(text: string, { start, end }: StatedPlace, { inBytes }: { inBytes: boolean }): readonly Span[] {
  if (typeof start !== "number" || typeof end !== "number") return [];
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end <= start) return [];
  const spans = [{ start, end }];
  if (/[\u0080-\uffff]/.test(text)) {
    spans.push(...readAs(text, start, end, () => 1));
    if (inBytes) spans.push(...readAs(text, start, end, utf8Length));
  }
  return spans.filter((span) => span.end <= text.length && isWhole(text, span.start) && isWhole(text, span.end));
}

/** The span whose ends lie after so many units, by the size of each character; none where an end falls inside one. */
function readAs(text: string, start: number, end: number, size: (character: string) => number): readonly Span[] {
  let units = 0;
  let index = 0;
  let from: number | undefined = start === 0 ? 0 : undefined;
  for (const character of text) {
    units += size(character);
    index += character.length;
    if (units === start) from = index;
    if (units === end) return from === undefined ? [] : [{ start: from, end: index }];
    if (units > end) return [];
  }
  return [];
}

function utf8Length(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

/** Not in the middle of a character. */
function isWhole(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  const before = text.charCodeAt(index - 1);
  return !(unit >= 0xdc00 && unit <= 0xdfff && before >= 0xd800 && before <= 0xdbff);
}
