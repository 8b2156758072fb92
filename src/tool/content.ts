import { AgentError } from "../errors.ts";
import { type ContentPart, checkPart } from "../message/index.ts";
import { wellFormed } from "./model-text.ts";

/** The fields that a part may have, by its type. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text", "untrusted"],
  image: ["type", "url", "fileId", "detail", "untrusted"],
  file: ["type", "fileId", "url", "data", "filename", "mediaType", "untrusted"],
};

/**
 * What the model is shown of a tool's view: content parts where the view is a list of nothing else, and JSON of anything
 * else. A list that is empty, or in which one thing is not of the shape of a part, is data like any other.
 * @param view JSON.
 * @throws {AgentError} `invalid_message` for a part that is one by its shape, and that xAI would not take.
 */
export function toContent(view: unknown): string | readonly ContentPart[] {
  if (!isPartList(view)) return wellFormed(view);
  const parts = view.map((part) => (part.type === "text" ? { ...part, text: wellFormed(part.text) } : part));
  parts.forEach((part, n) => {
    checkPart(part, `part ${n + 1}`);
  });
  return parts;
}

function isPartList(view: unknown): view is readonly ContentPart[] {
  return Array.isArray(view) && view.length > 0 && view.every(isPartLike);
}

function isPartLike(item: unknown): boolean {
  if (typeof item !== "object" || item === null || !("type" in item)) return false;
  const allowed = typeof item.type === "string" && Object.hasOwn(FIELDS, item.type) ? FIELDS[item.type] : undefined;
  if (allowed === undefined || !Object.keys(item).every((name) => allowed.includes(name))) return false;
  if (item.type === "text") return "text" in item && typeof item.text === "string";
  return "url" in item || "fileId" in item || "data" in item;
}

/** The words of a part that was refused: the tool ran, and what follows says what it showed. */
export function refusalOf(error: unknown): string {
  return error instanceof AgentError ? error.message.replace(/\.$/, "") : "it cannot be shown";
}

const encoder = new TextEncoder();

/** Room for the line that says what was cut. */
const NOTE_BYTES = 128;

/**
 * The parts with at most `maxBytes` UTF-8 bytes of text in all (256 or more): what is cut off is counted at the end of it.
 * Images and files have limits of their own, and stay.
 */
export function capParts(parts: readonly ContentPart[], maxBytes: number): readonly ContentPart[] {
  const total = parts.reduce((sum, part) => sum + (part.type === "text" ? encoder.encode(part.text).length : 0), 0);
  if (total <= maxBytes) return parts;
  const space = new Uint8Array(maxBytes - NOTE_BYTES);
  let filled = 0;
  let isCut = false;
  return parts.flatMap((part): readonly ContentPart[] => {
    if (part.type !== "text") return [part];
    if (isCut) return [];
    const { read, written } = encoder.encodeInto(part.text, space.subarray(filled)); // stops between characters
    filled += written;
    if (read === part.text.length) return [part];
    isCut = true;
    const note = `[cut: the first ${filled} of ${total} bytes of text; ${total - filled} bytes are not shown]`;
    return [{ ...part, text: `${part.text.slice(0, read)}\n${note}` }];
  });
}
