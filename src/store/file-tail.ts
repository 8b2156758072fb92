import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 65_536;

/**
 * Cuts what stands after a file's last newline: an event whose writer died in the middle of it. It was never stored, and
 * the next event would be glued to it.
 */
export function dropTornTail(file: string): void {
  if (!existsSync(file)) return;
  const open = openSync(file, "r+");
  try {
    const { size } = fstatSync(open);
    const whole = endOfLastLine(open, size);
    if (whole < size) ftruncateSync(open, whole);
  } finally {
    closeSync(open);
  }
}

/** Bytes up to and with the last newline, read from the end of the file. */
function endOfLastLine(open: number, size: number): number {
  const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size));
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    const read = readSync(open, chunk, 0, end - start, start);
    const newline = chunk.subarray(0, read).lastIndexOf(NEWLINE);
    if (newline !== -1) return start + newline + 1;
    end = start;
  }
  return 0;
}
