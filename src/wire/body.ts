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

/** Reads a body whole, or gives undefined and closes it when it has more than `maxBytes`. */
export async function collectBytes(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of body) {
    size += bytes.byteLength;
    if (size > maxBytes) return undefined;
    pieces.push(bytes);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
