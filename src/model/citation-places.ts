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

/** An annotation and the text it is of. */
export interface Placing {
  text: string;
  /** All readings of a place in it are the same: true of a text that is ASCII. */
  isPlain: boolean;
  stated: StatedPlace;
  /** The links in the text to the annotation's source. */
  own: readonly InlineLink[];
}

/** What a server may count by; nothing says which. */
export type Unit = "utf16" | "characters" | "bytes";

const SIZES: Readonly<Record<Unit, (character: string) => number>> = {
  utf16: (character) => character.length,
  characters: () => 1,
  bytes: utf8Length,
};
const UNITS: readonly Unit[] = ["utf16", "characters", "bytes"];

/**
 * What the server of an answer may count by: an annotation whose stated place is its link in one reading, and not in
 * another, settles it for the whole answer. All units where nothing does.
 */
export function unitsOf(placings: readonly Placing[]): readonly Unit[] {
  let units = UNITS;
  for (const placing of placings) {
    const { isPlain, stated, own } = placing;
    if (isPlain || own.length === 0) continue;
    const fits = UNITS.filter((unit) => isLink(readIn(unit, placing), own, stated));
    if (fits.length > 0) units = units.filter((unit) => fits.includes(unit));
  }
  return units.length > 0 ? units : UNITS; // annotations that contradict each other teach nothing
}

/**
 * The places of an annotation that are true for the text. What the server states is held against the text: a place is
 * taken when the link or the address stands exactly there, and else when all readings are the same. One that lies outside
 * of the text is no such reading: the server may still count that way, and be wrong. With no stated place it stands where
 * its links do. Empty when no place is sure.
 */
export function placesOf(placing: Placing, units: readonly Unit[]): readonly Span[] {
  const { text, isPlain, stated, own } = placing;
  if (own.length > 0 && !isStated(stated)) return own.map(({ span }) => span);
  const readings = (isPlain ? units.slice(0, 1) : units).map((unit) => readIn(unit, placing));
  const agreed = unanimous(readings);
  if (own.length > 0) {
    const exact = onlyOne(readings.filter((span) => isLink(span, own, stated)));
    const near = agreed !== undefined && own.some((link) => isAt(agreed, link.span)) ? agreed : undefined;
    const place = exact ?? near;
    return place === undefined ? numbered(own, stated) : [place];
  }
  const { url } = stated;
  if (url === undefined || !text.includes(url)) return agreed === undefined ? [] : [agreed];
  const exact = onlyOne(readings.filter((span) => span !== undefined && text.slice(span.start, span.end) === url));
  const around = agreed !== undefined && text.slice(agreed.start, agreed.end).includes(url) ? agreed : undefined;
  const place = exact ?? around;
  return place === undefined ? [] : [place];
}

/** What all readings are. */
function unanimous(readings: readonly (Span | undefined)[]): Span | undefined {
  return readings.includes(undefined) ? undefined : onlyOne(readings);
}

/** The one place that these are, if it is one. */
function onlyOne([first, ...others]: readonly (Span | undefined)[]): Span | undefined {
  return others.every((span) => span?.start === first?.start && span?.end === first?.end) ? first : undefined;
}

function isStated({ start, end }: StatedPlace): boolean {
  return typeof start === "number" && typeof end === "number" && end > start;
}

/** Exactly a link of the annotation's, and the one of its number where it has one. */
function isLink(span: Span | undefined, own: readonly InlineLink[], { number }: StatedPlace): boolean {
  const isNumbered = typeof number === "string" && /^\d+$/.test(number);
  return own.some(
    (link) => span?.start === link.span.start && span.end === link.span.end && (!isNumbered || link.number === number),
  );
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

/** The stated place read in a unit; undefined where it is none, not in the text, or in the middle of a character. */
function readIn(unit: Unit, { text, isPlain, stated: { start, end } }: Placing): Span | undefined {
  if (typeof start !== "number" || typeof end !== "number") return undefined;
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end <= start) return undefined;
  if (isPlain) return end <= text.length ? { start, end } : undefined;
  const size = SIZES[unit];
  let units = 0;
  let index = 0;
  let from: number | undefined = start === 0 ? 0 : undefined;
  for (const character of text) {
    units += size(character);
    index += character.length;
    if (units === start) from = index;
    if (units === end) return from === undefined ? undefined : { start: from, end: index };
    if (units > end) return undefined;
  }
  return undefined;
}

function utf8Length(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}
