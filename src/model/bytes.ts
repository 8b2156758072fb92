/** Text as UTF-8 bytes that only grow. */
export interface GrowingBytes {
  append(text: string): void;
  /** All that was appended. */
  written(): Uint8Array<ArrayBuffer>;
  /** All that was appended, and `tail` behind it; the next `append` writes over the tail. */
  withTail(tail: string): Uint8Array<ArrayBuffer>;
}

const utf8 = new TextEncoder();
/** Left free beyond what is written, so that the next turns of most conversations need not move it. */
const SPARE = 1024;

/** Views of it stay valid: when it outgrows its memory it moves, and old views keep the old one. */
export function growingBytes(): GrowingBytes {
  let memory = new Uint8Array(0); // made for what is written first: thousands of conversations may wait
  let length = 0;
  /** Appended and not yet encoded: several messages at once cost little more than one. */
  let pending = "";

  function write(text: string, from: number): number {
    let rest = text;
    let end = from;
    if (from + text.length > memory.length) memory = grown(memory, from, from + text.length);
    for (;;) {
      const { read, written } = utf8.encodeInto(rest, memory.subarray(end));
      end += written;
      if (read === rest.length) return end;
      rest = rest.slice(read);
      memory = grown(memory, end, end + rest.length);
    }
  }

  function encodePending(): void {
    if (pending === "") return;
    length = write(pending, length);
    pending = "";
  }

  return {
    append(text) {
      pending += text;
    },
    written() {
      encodePending();
      return memory.subarray(0, length);
    },
    withTail(tail) {
      encodePending();
      const end = write(tail, length);
      return memory.subarray(0, end);
    },
  };
}

/** Doubling keeps the copying linear in what was written. */
function grown(memory: Uint8Array<ArrayBuffer>, used: number, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(memory.length * 2, needed + SPARE));
  larger.set(memory.subarray(0, used));
  return larger;
}
