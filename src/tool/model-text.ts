const encoder = new TextEncoder();

/**
 * JSON as the model reads it: a string as it is, anything else as JSON text. Halves of surrogate pairs, which xAI's
 * parser refuses in a request, become U+FFFD; a result without text says so, since xAI refuses messages without content.
 */
export function wellFormed(json: unknown): string {
  const text = typeof json === "string" ? json : JSON.stringify(json);
  return text === "" ? "(empty text)" : text.toWellFormed();
}

/** The text in at most `maxBytes` UTF-8 bytes (256 or more): what is cut off is counted at the end. */
export function capText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const total = utf8Length(text);
  if (total <= maxBytes) return text;
  const room = maxBytes - 128; // for the line below
  const { read, written } = encoder.encodeInto(text, new Uint8Array(room)); // stops between characters
  return `${text.slice(0, read)}\n[cut: the first ${written} of ${total} bytes; ${total - written} bytes are not shown]`;
}

/** UTF-8 bytes of a text, counted without writing them: it may be very long. Half a surrogate pair is three, as U+FFFD is. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let n = 0; n < text.length; n += 1) {
    const unit = text.charCodeAt(n);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = text.charCodeAt(n + 1); // NaN behind the last
    if (next < 0xdc00 || next > 0xdfff) continue;
    n += 1; // a pair is four bytes: two units, and the two that were added
  }
  return bytes;
}
