import type { ToolKind } from "../message/index.ts";

/** What a call asked for: the words of it, and whatever narrows it. */
export interface Asked {
  /** A query, an address, code or a prompt; absent when the call holds none, or xAI does not disclose it. */
  query?: string;
  /** The rest of the input, by the wire's own names. */
  filters: Readonly<Record<string, unknown>>;
}

/** Where the words of a call stand in its input, the best first. */
const WORDS: Readonly<Record<ToolKind, readonly string[]>> = {
  web_search: ["query", "url"],
  x_search: ["query"],
  code_execution: ["code"],
  collections_search: ["query", "queries"],
  image_generation: ["prompt"],
  mcp: [],
  function: [],
  other: [],
};

/** Tells the words of an input from what narrows it. An empty query is none: xAI leaves it empty where it says nothing. */
export function askedOf(kind: ToolKind, input: unknown): Asked {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return { filters: input === undefined ? {} : { input } };
  }
  const entries = Object.entries(input);
  for (const key of WORDS[kind] ?? []) {
    const query = wordsOf(entries.find(([name]) => name === key)?.[1]);
    if (query !== undefined) return { query, filters: withoutEmpty(entries.filter(([name]) => name !== key)) };
  }
  return { filters: withoutEmpty(entries) };
}

function wordsOf(value: unknown): string | undefined {
  const text = Array.isArray(value) ? value.filter((part) => typeof part === "string").join(" · ") : value;
  return typeof text === "string" && text !== "" ? text : undefined;
}

function withoutEmpty(entries: readonly (readonly [string, unknown])[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(entries.filter(([, value]) => value !== "" && value !== null && value !== undefined));
}

const SEARCHES: ReadonlySet<ToolKind> = new Set<ToolKind>(["web_search", "x_search", "collections_search"]);

/** Whether calls of this kind find sources. */
export function isSearch(kind: ToolKind): boolean {
  return SEARCHES.has(kind);
}
