import type { Citation, FoundBy, ServerToolKind, Source, Span } from "../message/index.ts";
import { findInlineLinks, type InlineLink, type Placing, placesOf, type Unit, unitsOf } from "./citation-places.ts";
import { type Json, textOf } from "./json.ts";
import type { ServerCallResult } from "./model.ts";
import { openedUrls } from "./server-call.ts";
import { sourceOf, sourceOfUrl } from "./sources.ts";

/** A piece of the answer's text with what the server says of it. */
export interface AnnotatedText {
  text: string;
  /** Where the piece begins in the whole text. */
  offset: number;
  annotations: readonly Json[];
}

/** What the sources may have been found by. */
export interface Finders {
  results: readonly ServerCallResult[];
  /** Kinds that were also called in earlier answers of the conversation, which the citations may rest on as well. */
  earlier: ReadonlySet<ServerToolKind>;
}

interface Placed {
  source: Source;
  span?: Span;
}

/**
 * What the text rests on: each source once for each place. From the annotations, and from links in the text that nothing
 * annotates. Reads only what the whole answer holds, so that a streamed and an awaited answer agree.
 */
export function citationsOf(texts: readonly AnnotatedText[], finders: Finders): readonly Citation[] {
  const placed = new Map<string, Placed>();
  const pieces = texts.map(annotated);
  const units = unitsOf(pieces.flatMap(({ annotations }) => annotations.map(({ placing }) => placing)));
  for (const piece of pieces) {
    for (const { source, span } of placedIn(piece, units)) {
      const at = span === undefined ? undefined : { start: span.start + piece.offset, end: span.end + piece.offset };
      const key = `${source.id} ${at === undefined ? "" : `${at.start}-${at.end}`}`;
      if (!placed.has(key)) placed.set(key, at === undefined ? { source } : { source, span: at });
    }
  }
  const all = [...placed.values()];
  const withPlace = new Set(all.flatMap(({ source, span }) => (span === undefined ? [] : [source.id])));
  const kept = all.filter(({ source, span }) => span !== undefined || !withPlace.has(source.id));
  return kept.map((citation) => ({ ...citation, foundBy: foundBy(citation.source, finders) }));
}

interface ReadPiece {
  offset: number;
  links: readonly InlineLink[];
  annotations: readonly { source: Source; placing: Placing }[];
}

function annotated({ text, offset, annotations }: AnnotatedText): ReadPiece {
  const links = findInlineLinks(text);
  const linksTo = Map.groupBy(links, ({ sourceId }) => sourceId);
  const isPlain = !/[\u0080-\uffff]/.test(text);
  const read = annotations.flatMap((annotation) => {
    const source = sourceOf(annotation);
    if (source === undefined) return []; // names nothing that could be cited; it stays in the raw items
    const own = linksTo.get(source.id) ?? [];
    const { start_index: start, end_index: end, title: number } = annotation;
    return [{ source, placing: { text, isPlain, stated: { start, end, number, url: textOf(annotation.url) }, own } }];
  });
  return { offset, links, annotations: read };
}

function placedIn({ links, annotations }: ReadPiece, units: readonly Unit[]): readonly Placed[] {
  const placed: Placed[] = [];
  for (const { source, placing } of annotations) {
    const spans = placesOf(placing, units);
    placed.push(...(spans.length === 0 ? [{ source }] : spans.map((span) => ({ source, span }))));
  }
  const bySource = Map.groupBy(placed, ({ source }) => source.id);
  for (const { url, sourceId, span } of links) {
    const known = bySource.get(sourceId) ?? [];
    if (known.some((cited) => isNear(cited.span, span))) continue;
    // The same source everywhere: with what an annotation said of it.
    const added = { source: known[0]?.source ?? sourceOfUrl(url), span };
    placed.push(added);
    bySource.set(sourceId, [...known, added]);
  }
  return placed;
}

function isNear(cited: Span | undefined, link: Span): boolean {
  return cited !== undefined && cited.end >= link.start && cited.start <= link.end;
}

/** Calls that name the source themselves; else the one search that could have found it, if there is but one. */
export function foundBy(source: Source, { results, earlier }: Finders): readonly FoundBy[] {
  const reporting = results.filter((result) => names(result, source));
  if (reporting.length > 0) return reporting.map(({ call }) => ({ callId: call.id, basis: "reported" }));
  const kind = finderOf(source);
  if (earlier.has(kind)) return [];
  const searches = results.filter(({ call }) => call.kind === kind && openedUrls(call).length === 0);
  const [only, ...others] = searches;
  if (only === undefined || others.length > 0 || only.sources !== undefined || only.outcome !== "ok") return [];
  return [{ callId: only.call.id, basis: "inferred" }];
}

function names({ call, sources = [] }: ServerCallResult, source: Source): boolean {
  return (
    sources.some(({ id }) => id === source.id) || openedUrls(call).some((url) => sourceOfUrl(url).id === source.id)
  );
}

function finderOf({ type }: Source): ServerToolKind {
  if (type === "file") return "collections_search";
  return type === "web" ? "web_search" : "x_search";
}
