import { AgentError } from "../errors.ts";
import { distribute } from "./reads.ts";

/** What stands where a secret stood; the same mark as in errors. */
export const MARK = "[redacted]";

/** Takes secrets out of what is written or shown. */
export interface Mask {
  text(text: string): string;
  /** Every text in it, names of fields included. */
  json(value: unknown): unknown;
  /** Network reads, as many as before: a secret may lie across two of them. */
  reads(reads: readonly Uint8Array[]): readonly Uint8Array[];
}

/** A whole key of xAI, known or not. Shorter ones are no keys: `xai-sdk-python` is the name of a program. */
const LIKE_A_KEY = "\\bxai-[A-Za-z0-9]{20,}";

/** @param secrets As they are; they are also found as JSON, PHP's JSON and URLs write them. */
export function createMask(secrets: Iterable<string>): Mask {
  const known = [...secrets].flatMap(spellings);
  const inText = patternOf(known);
  // Bytes are searched as Latin-1, a character for each: UTF-8 that is cut anywhere can still be searched and put back.
  const inBytes = patternOf(known.map((secret) => Buffer.from(secret).toString("latin1")));
  const text = (given: string): string => given.replace(inText, MARK);
  return { text, json: (value) => maskJson(value, text), reads: (reads) => maskReads(reads, inBytes) };
}

/** A mask of secrets that become known as time goes on. */
export interface GrowingMask {
  add(secrets: readonly string[]): void;
  mask(): Mask;
}

export function growingMask(secrets: readonly string[]): GrowingMask {
  const known = new Set(secrets);
  let mask: Mask | undefined;
  return {
    add(more) {
      const size = known.size;
      for (const secret of more) known.add(secret);
      if (known.size > size) mask = undefined;
    },
    mask() {
      mask ??= createMask(known);
      return mask;
    },
  };
}

function spellings(secret: string): readonly string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, inJson, inJson.replaceAll("/", "\\/"), encodeURIComponent(secret.toWellFormed())];
}

function patternOf(secrets: readonly string[]): RegExp {
  // Longest first: a secret may be part of another. A server that shows a key shortened shows its beginning.
  const sorted = [...new Set(secrets)].sort((a, b) => b.length - a.length);
  const starts = sorted.flatMap((secret) =>
    /^xai-.{12}/.test(secret) ? [`${escaped(secret.slice(0, 10))}[\\w-]*`] : [],
  );
  return new RegExp([...sorted.map(escaped), ...starts, LIKE_A_KEY].join("|"), "g");
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function maskJson(value: unknown, text: (given: string) => string): unknown {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map((item) => maskJson(item, text));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [text(name), maskJson(item, text)]));
}

function maskReads(reads: readonly Uint8Array[], pattern: RegExp): readonly Uint8Array[] {
  const whole = Buffer.concat(reads).toString("latin1");
  const spans = [...whole.matchAll(pattern)].map(({ 0: found, index }) => ({ from: index, to: index + found.length }));
  if (spans.length === 0) return reads;
  const lengths = reads.map((read) => read.byteLength);
  return distribute(whole, { lengths, spans, mark: MARK }).map((text) => Buffer.from(text, "latin1"));
}

/** Shorter values would take ordinary words out of what is recorded. */
const SHORTEST = 4;

/** @throws {AgentError} `invalid_option`, without the value: it may be a secret all the same. */
export function checkSecrets(secrets: unknown, who: string): readonly string[] {
  const isFine = (secret: unknown): boolean => typeof secret === "string" && secret.trim().length >= SHORTEST;
  if (Array.isArray(secrets) && secrets.every(isFine)) return secrets;
  const place = Array.isArray(secrets) ? `secrets[${secrets.findIndex((secret) => !isFine(secret))}]` : "secrets";
  const message = `${place} of ${who} cannot be masked: pass a list of texts of at least ${SHORTEST} characters.`;
  throw new AgentError("invalid_option", message);
}
