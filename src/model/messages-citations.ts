import type { Citation, Source } from "../message/index.ts";
import { type Finders, foundBy } from "./citations.ts";
import { isObject, type Json, textOf } from "./json.ts";
import type { MessageTexts } from "./messages-text.ts";
import { sourceOf, sourceOfFile } from "./sources.ts";

/**
 * What the text rests on: each source once for each place. A citation is of the whole text block that carries it. What names
 * neither an address nor a file stays in the raw items.
 */
export function messageCitations({ pieces }: MessageTexts, finders: Finders): readonly Citation[] {
  const citations = new Map<string, Citation>();
  for (const { block, offset } of pieces) {
    const span = { start: offset, end: offset + block.text.length };
    for (const cited of block.citations ?? []) {
      const source = isObject(cited) ? citedSource(cited) : undefined;
      if (source === undefined) continue;
      citations.set(`${source.id} ${offset}`, { source, span, foundBy: foundBy(source, finders) });
    }
  }
  return [...citations.values()];
}

/** `source` is what a search result of the caller's own says of itself, which may be an address. */
function citedSource(cited: Json): Source | undefined {
  const fileId = textOf(cited.file_id);
  if (fileId !== undefined) return sourceOfFile(fileId, cited.document_title);
  const named = textOf(cited.source);
  return sourceOf(named !== undefined && URL.canParse(named) ? { url: named, title: cited.title } : cited);
}
