/** What was read of a body, as text. */
export interface BodyText {
  text: string;
  /** False when the limit ended the reading. */
  isWhole: boolean;
}

/** Reads a body of at most `maxBytes`; of a longer one the beginning, and closes it. */
export async function collectText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<BodyText> {
  // Strips a byte order mark, and writes U+FFFD where bytes are no text.
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let size = 0;
  for await (const bytes of body) {
    size += bytes.byteLength;
    if (size > maxBytes) {
      pieces.push(decoder.decode(bytes.subarray(0, bytes.byteLength - (size - maxBytes))));
      return { text: pieces.join(""), isWhole: false };
    }
    pieces.push(decoder.decode(bytes, { stream: true }));
  }
  pieces.push(decoder.decode());
  return { text: pieces.join(""), isWhole: true };
}
