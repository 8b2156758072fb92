import { AgentError, errorMessage } from "../errors.ts";
import { parseRecord } from "../event/index.ts";
import type { FileAccess } from "./file-access.ts";
import { withFile } from "./file-access.ts";
import { codeOf, failed } from "./file-folder.ts";
import { seqOf } from "./file-tail.ts";
import type { RunFilter, StoredRun } from "./store.ts";
import { beganAs, beginSummary, continueSummary, type ListedEvent, newestFirst, statusOf } from "./summary.ts";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 65_536;

/** A file with a record, and the run it is of. */
export interface RecordFile {
  file: string;
  runId: string;
}

/** What a filter finds among records. First lines are read of all, and ends only of as many as the list needs. */
export function listFiles(access: FileAccess, files: readonly RecordFile[], filter: RunFilter): readonly StoredRun[] {
  const began = new Map<StoredRun, RecordFile>();
  for (const record of files) {
    const run = doingWith(record, () => readFirst(access, record));
    if (run !== undefined && beganAs(run, filter)) began.set(run, record);
  }
  const found: StoredRun[] = [];
  for (const run of newestFirst([...began.keys()])) {
    if (found.length === (filter.limit ?? Number.POSITIVE_INFINITY)) break;
    const record = began.get(run);
    const whole =
      record === undefined || run.problem !== undefined ? run : doingWith(record, () => readLast(access, record, run));
    if (whole !== undefined && (filter.status === undefined || whole.status === filter.status)) found.push(whole);
  }
  return found;
}

/** A record that was deleted in between is in no list. */
function doingWith(record: RecordFile, act: () => StoredRun | undefined): StoredRun | undefined {
  try {
    return act();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw failed(`The record ${record.file} could not be read`, error);
  }
}

/** Undefined while no event of it is stored whole. */
function readFirst(access: FileAccess, { file, runId }: RecordFile): StoredRun | undefined {
  return withFile(access, { path: file, flags: "r" }, (fd) => {
    const line = firstLine(access, fd);
    if (line === undefined) return undefined;
    try {
      return beginSummary(runId, parseKnown(line));
    } catch (error) {
      return broken(access, fd, { runId, problem: errorMessage(error) });
    }
  });
}

function parseKnown(line: string): ListedEvent {
  const [first] = parseRecord(`${line}\n`).events;
  if (first !== undefined) return first;
  throw new AgentError("malformed_record", "Its first event is of a kind this version does not know.");
}

function broken({ fs }: FileAccess, fd: number, { runId, problem }: { runId: string; problem: string }): StoredRun {
  const writtenAt = fs.fstatSync(fd).mtimeMs;
  return { runId, startedAt: writtenAt, updatedAt: writtenAt, problem };
}

function firstLine({ fs }: FileAccess, fd: number): string | undefined {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const read = fs.readSync(fd, chunk);
    if (read === 0) return undefined;
    const newline = chunk.subarray(0, read).indexOf(NEWLINE);
    chunks.push(chunk.subarray(0, newline === -1 ? read : newline));
    if (newline !== -1) return Buffer.concat(chunks).toString("utf8");
  }
}

/** Reads back from the end to the last event that says how the run stands: the last of all, unless it goes on. */
function readLast(access: FileAccess, { file }: RecordFile, run: StoredRun): StoredRun {
  const { fs } = access;
  return withFile(access, { path: file, flags: "r" }, (fd) => {
    const { size } = fs.fstatSync(fd);
    for (let want = CHUNK_BYTES; ; want *= 4) {
      const chunk = Buffer.alloc(Math.min(want, size));
      const start = size - chunk.length;
      fs.readSync(fd, chunk, 0, chunk.length, start);
      const lines = chunk
        .toString("utf8")
        .split("\n")
        .slice(start === 0 ? 0 : 1, -1);
      try {
        const events = lastEvents(lines);
        if (events !== undefined || start === 0) return continueSummary(run, events ?? []);
      } catch (error) {
        return { ...run, problem: errorMessage(error) };
      }
    }
  });
}

/** The last event that tells of the run, and the last of all; undefined when the first of them is not among the lines. */
function lastEvents(lines: readonly string[]): readonly ListedEvent[] | undefined {
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? "";
    if (!line.includes('"type":"run.')) continue;
    const event = parseLine(line);
    if (statusOf(event.type) !== undefined) return [event, parseLine(lines.at(-1) ?? "")];
  }
  return undefined;
}

function parseLine(line: string): ListedEvent {
  const { events, unknown } = parseRecord(`${line}\n`, seqOf(line));
  return events[0] ?? unknown[0] ?? { type: "" };
}
