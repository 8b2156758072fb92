import { createHash } from "node:crypto";
import { isRecord, parseJson } from "./request.ts";

/** Not a secret: it only tells what a simulator has made from what it has not. */
const SALT = "fairwitness simulator";

/**
 * Models that can read each other's encrypted content: `grok-4` for grok-4.3 and grok-4.7. xAI does not say which can;
 * the simulator draws the line at the major version.
 */
export function familyOf(model: string): string {
  return /^[a-z]+-(?:\d+|[a-z]+)/.exec(model)?.[0] ?? model;
}

/** Content as only a simulator can read it. It holds nothing but whose it is, so that a mistaken replay is noticed. */
export function seal(model: string, itemId: string): string {
  const family = familyOf(model);
  const text = JSON.stringify({ sim_enc: 1, family, of: itemId, hash: hashOf(family, itemId) });
  return Buffer.from(text).toString("base64");
}

/** The signature of thinking on Messages: content sealed for this very text, so that a changed text is noticed. */
export function signThinking(model: string, thinking: string): string {
  return seal(model, createHash("sha256").update(thinking).digest("hex"));
}

/** True for a signature of this text, made for a model of the same family. */
export function isSigned(thinking: unknown, signature: unknown, model: string): boolean {
  if (typeof thinking !== "string" || !canUnseal(signature, model)) return false;
  const { of } = JSON.parse(Buffer.from(String(signature), "base64").toString("utf8")) as { of: string }; // as: unsealed
  return of === createHash("sha256").update(thinking).digest("hex");
}

/** True when a simulator has sealed this for a model of the same family. */
export function canUnseal(content: unknown, model: string): boolean {
  if (typeof content !== "string") return false;
  const value = parseJson(Buffer.from(content, "base64").toString("utf8"));
  if (!isRecord(value) || typeof value.of !== "string" || typeof value.family !== "string") return false;
  return value.family === familyOf(model) && value.hash === hashOf(value.family, value.of);
}

/** A conversation in short, as only a simulator can read it: for any model, since xAI lets a smaller one make it. */
export function sealCompaction(text: string): string {
  return Buffer.from(JSON.stringify({ sim_enc: 1, compaction: text, hash: hashOf("compaction", text) })).toString(
    "base64",
  );
}

/** What a simulator has sealed as a conversation in short; undefined for anything else, and for what was changed since. */
export function openCompaction(content: unknown): string | undefined {
  if (typeof content !== "string") return undefined;
  const value = parseJson(Buffer.from(content, "base64").toString("utf8"));
  if (!isRecord(value) || typeof value.compaction !== "string") return undefined;
  // Sealed again, since what follows the end of base64 is not read.
  return sealCompaction(value.compaction) === content ? value.compaction : undefined;
}

function hashOf(family: string, itemId: string): string {
  return createHash("sha256").update(`${SALT}\n${family}\n${itemId}`).digest("hex").slice(0, 32);
}
