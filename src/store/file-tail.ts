import { parseRecord } from "../event/index.ts";
import type { FileAccess } from "./file-access.ts";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 65_536;

/** Where a record ends. */
export interface RecordEnd {
  /** Bytes up to and with the last newline. */
  size: number;
  /** Events in them. */
  stored: number;
  /** Bytes behind them: an event whose writer died in the middle of it. It was never stored. */
  torn: number;
}

/**
 * Reads where a record ends from its last line, whatever its length.
 * @throws {AgentError} `malformed_record` when that line is not as it was written: nothing is appended to it.
 */
export function readEnd({ fs }: FileAccess, fd: number): RecordEnd {
  const { size } = fs.fstatSync(fd);
  for (let want = CHUNK_BYTES; ; want *= 4) {
    const chunk = Buffer.alloc(Math.min(want, size));
    const start = size - chunk.length;
    fs.readSync(fd, chunk, 0, chunk.length, start);
    const last = chunk.lastIndexOf(NEWLINE);
    const before = last > 0 ? chunk.lastIndexOf(NEWLINE, last - 1) : -1;
    if (start > 0 && before === -1) continue;
    const text = chunk.toString("utf8", before + 1);
    return { size: start + last + 1, stored: countOf(text, last !== -1), torn: chunk.length - last - 1 };
  }
}

/** The events of a record, by the position of its last. @param text From that event on. */
function countOf(text: string, hasLine: boolean): number {
  const first = hasLine ? seqOf(text.slice(0, text.indexOf("\n"))) : 0;
  parseRecord(text, first);
  return hasLine ? first + 1 : 0;
}

/** The `seq` of a line, or 0 for one that has none: reading it says what is wrong with it. */
export function seqOf(line: string): number {
  try {
    const { seq } = JSON.parse(line) as { seq?: unknown };
    return typeof seq === "number" ? seq : 0;
  } catch {
    return 0;
  }
}
