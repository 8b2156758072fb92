import type { Outcome, Source, ToolKind } from "../message/index.ts";

/** A call at xAI, as far as it matters for what it may have found. */
export interface SearchCall {
  id: string;
  kind: ToolKind;
  input?: unknown;
  outcome?: Outcome;
  /** What it says it found; absent where xAI does not disclose it. */
  sources?: readonly Source[];
}

/** What kind of call finds a source of this type. */
const FINDERS: Readonly<Record<Source["type"], ToolKind>> = {
  web: "web_search",
  x_post: "x_search",
  x_user: "x_search",
  file: "collections_search",
};

/** Whether a call searches for sources of this type; one that opens a page it was given finds nothing new. */
export function mayFind(source: Source, { kind, input }: SearchCall): boolean {
  const opensAddress = typeof input === "object" && input !== null && "url" in input && !("query" in input);
  return kind === FINDERS[source.type] && !opensAddress;
}

/**
 * The one call that must have found a source which no call says it found: there is exactly one that could have, it went
 * well, and xAI does not disclose what it found. One more search, or one that lists what it found, and nobody can say.
 * @param calls Every call at xAI of the conversation up to the answer.
 */
export function inferFinder(source: Source, calls: readonly SearchCall[]): SearchCall | undefined {
  const [only, ...others] = calls.filter((call) => mayFind(source, call));
  if (only === undefined || others.length > 0) return undefined;
  return only.outcome === "ok" && only.sources === undefined ? only : undefined;
}
