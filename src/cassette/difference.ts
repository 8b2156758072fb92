import { fieldIn, type IsIgnored, placeIn } from "./canonical.ts";

/** A place in two bodies where they are not the same. Undefined: nothing is there. */
export interface Difference {
  path: string;
  recorded: unknown;
  now: unknown;
}

export interface DifferenceOptions {
  isIgnored: IsIgnored;
  /** True for texts that differ and mean the same. */
  isSame(recorded: string, now: string): boolean;
  /** No more are looked for. */
  limit: number;
}

export function differences(recorded: unknown, now: unknown, options: DifferenceOptions): readonly Difference[] {
  const found: Difference[] = [];
  compare({ path: "", recorded, now }, options, found);
  return found;
}

function compare(pair: Difference, options: DifferenceOptions, found: Difference[]): void {
  const { path, recorded, now } = pair;
  if (found.length >= options.limit || options.isIgnored(path)) return;
  if (Array.isArray(recorded) && Array.isArray(now)) {
    for (let place = 0; place < Math.max(recorded.length, now.length); place += 1) {
      compare({ path: placeIn(path, place), recorded: recorded[place], now: now[place] }, options, found);
    }
    return;
  }
  if (isObject(recorded) && isObject(now)) {
    for (const name of new Set([...Object.keys(recorded), ...Object.keys(now)])) {
      compare({ path: fieldIn(path, name), recorded: own(recorded, name), now: own(now, name) }, options, found);
    }
    return;
  }
  if (recorded === now) return;
  if (typeof recorded === "string" && typeof now === "string" && options.isSame(recorded, now)) return;
  found.push(pair);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** One line for people: `messages[2].content: recorded "…in Lisbon?", now "…in Oslo?"`. */
export function formatDifference({ path, recorded, now }: Difference): string {
  const place = path === "" ? "the body" : path;
  if (typeof recorded !== "string" || typeof now !== "string")
    return `${place}: recorded ${show(recorded)}, now ${show(now)}`;
  const from = Math.max(0, firstDifference(recorded, now) - BEFORE);
  return `${place}: recorded ${excerpt(recorded, from)}, now ${excerpt(now, from)}`;
}

/** Characters shown before the first that differs, and in all. */
const BEFORE = 24;
const SHOWN = 72;

function firstDifference(a: string, b: string): number {
  let place = 0;
  while (place < a.length && a[place] === b[place]) place += 1;
  return place;
}

/** Characters that the differing texts begin with alike, in all. */
export function agreement(found: readonly Difference[]): number {
  return found.reduce((sum, { recorded, now }) => {
    const areTexts = typeof recorded === "string" && typeof now === "string";
    return areTexts ? sum + firstDifference(recorded, now) : sum;
  }, 0);
}

function excerpt(text: string, from: number): string {
  const part = text.slice(from, from + SHOWN);
  return JSON.stringify(`${from > 0 ? "…" : ""}${part}${from + SHOWN < text.length ? "…" : ""}`);
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return excerpt(value, 0);
  const text = JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
