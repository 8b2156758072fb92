const encoder = new TextEncoder();

/**
 * JSON as the model reads it: a string as it is, anything else as JSON text. Halves of surrogate pairs, which xAI's
 * parser refuses in a request, become U+FFFD; a result without text says so, since xAI refuses messages without content.
 */
export function wellFormed(json: unknown): string {
  const text = typeof json === "string" ? json : JSON.stringify(json);
  return text === "" ? "(empty text)" : text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** The text in at most `maxBytes` UTF-8 bytes (256 or more): what is cut off is counted at the end. */
export function capText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const total = encoder.encode(text).length;
  if (total <= maxBytes) return text;
  const room = maxBytes - 128; // for the line below
  const { read, written } = encoder.encodeInto(text, new Uint8Array(room)); // stops between characters
  return `${text.slice(0, read)}\n[cut: the first ${written} of ${total} bytes; ${total - written} bytes are not shown]`;
}
