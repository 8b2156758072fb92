import type { RecordedRead } from "./exchange.ts";

/** A network read and when it came, in milliseconds after the headers. */
export interface TimedRead {
  ms: number;
  bytes: Uint8Array;
}

export function encodeRead({ ms, bytes }: TimedRead): RecordedRead {
  try {
    // A byte order mark is kept: it is part of what came.
    return { ms, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { ms, base64: Buffer.from(bytes).toString("base64") }; // no UTF-8: an image, or half a character
  }
}

export function decodeRead(read: RecordedRead): Uint8Array {
  return "text" in read ? new TextEncoder().encode(read.text) : Uint8Array.from(Buffer.from(read.base64, "base64"));
}

interface Cuts {
  /** How the text was divided. */
  lengths: readonly number[];
  /** What is to be replaced, in order, apart from each other. */
  spans: readonly { from: number; to: number }[];
  mark: string;
}

/**
 * A text divided as it was before, with `mark` in the place of each span. A span across several pieces is marked in the
 * first; a piece that lay within it stays, and is empty.
 */
export function distribute(whole: string, { lengths, spans, mark }: Cuts): readonly string[] {
  const pieces: string[] = [];
  const rest = [...spans].reverse();
  let start = 0;
  for (const length of lengths) {
    const end = start + length;
    let [text, at] = ["", start];
    for (let span = rest.at(-1); span !== undefined && span.from < end; span = rest.at(-1)) {
      if (span.from >= start) text += whole.slice(at, span.from) + mark;
      at = Math.min(span.to, end);
      if (span.to > end) break;
      rest.pop();
    }
    pieces.push(text + whole.slice(at, end));
    start = end;
  }
  return pieces;
}
