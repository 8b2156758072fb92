const REPLACEMENT = "\ufffd";

/** A byte order mark is left in: whoever reads the text strips the first, and a second one would be lost here. */
const KEEP_MARK = { ignoreBOM: true };

/** Decodes what nothing was left over before: one for all, and faster than as a part of a stream. */
const ofWholeReads = new TextDecoder("utf-8", KEEP_MARK);

/** Bytes to text, as they come. */
export interface Utf8Reader {
  /** The text these bytes complete; without bytes, what is left at the end. What is no UTF-8 becomes U+FFFD. */
  decode(bytes: Uint8Array | undefined): string;
  /** True once bytes came that are no UTF-8; a U+FFFD that was sent as such is none of them. */
  isBroken(): boolean;
}

export function createUtf8Reader(): Utf8Reader {
  /** Made when a read ends inside a character, or may: most end with a newline. */
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let isBroken = false;
  /** The last two bytes before these, as one number: the beginning of a U+FFFD may lie there. */
  let before = 0;
  return {
    isBroken: () => isBroken,
    decode(bytes) {
      if (decoder === undefined && !isAscii(bytes?.[bytes.length - 1])) decoder = new TextDecoder("utf-8", KEEP_MARK);
      const text = (decoder ?? ofWholeReads).decode(bytes, { stream: decoder !== undefined && bytes !== undefined });
      // Of all reads but a few this is the whole cost.
      if (!isBroken && text.includes(REPLACEMENT)) isBroken = countIn(text) > countSent(before, bytes);
      // By index: this runs for every read, and a view of two bytes costs as much as decoding them all.
      const size = bytes?.length ?? 0;
      for (let at = Math.max(0, size - 2); at < size; at++) before = ((before << 8) | (bytes?.[at] ?? 0)) & 0xffff;
      return text;
    },
  };
}

/** Nothing is left over behind a byte that is a character. */
function isAscii(byte: number | undefined): boolean {
  return byte === undefined || byte < 0x80;
}

function countIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf(REPLACEMENT); at >= 0; at = text.indexOf(REPLACEMENT, at + 1)) count++;
  return count;
}

/** How many U+FFFD end in these bytes: EF BF BD. */
function countSent(before: number, bytes: Uint8Array | undefined): number {
  let count = 0;
  let window = before;
  for (const byte of bytes ?? []) {
    window = ((window << 8) | byte) & 0xffffff;
    if (window === 0xefbfbd) count++;
  }
  return count;
}
