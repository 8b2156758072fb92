import { AgentError, errorMessage } from "../errors.ts";
import { parseRecord } from "../event/index.ts";
import type { FileAccess } from "./file-access.ts";
import { withFile } from "./file-access.ts";
import { codeOf, failed } from "./file-folder.ts";
import type { FileIndex } from "./file-index.ts";
import { seqOf } from "./file-tail.ts";
import type { RunFilter, StoredRun } from "./store.ts";
import { beganAs, beginSummary, continueSummary, isNewer, type ListedEvent, statusOf } from "./summary.ts";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 65_536;

/** A file with a record, and the run it is of. */
export interface RecordFile {
  file: string;
  runId: string;
}

interface Candidate {
  record: RecordFile;
  /** As it began: by its first line, or by its mark while that was not read. */
  run: StoredRun;
  isRead: boolean;
}

/**
 * What a filter finds among records. First lines are read of all, or of those only that are marked as of the conversation; ends are read
 * of as many as the list needs.
 */
export function listFiles(
  access: FileAccess,
  { files, index }: { files: readonly RecordFile[]; index: FileIndex },
  filter: RunFilter,
): readonly StoredRun[] {
  const { conversation, before, limit = Number.POSITIVE_INFINITY } = filter;
  const candidates =
    conversation === undefined
      ? files.flatMap((record) => readCandidate(access, record))
      : candidatesOf(access, { files, index }, conversation);
  const found: StoredRun[] = [];
  for (const candidate of candidates.toSorted((a, b) => (isNewer(a.run, b.run) ? -1 : 1))) {
    if (found.length >= limit) break;
    if (before !== undefined && !isNewer(before, candidate.run)) continue;
    const run = doingWith(candidate.record, () => summaryOf(access, candidate, filter));
    if (run !== undefined && (filter.status === undefined || run.status === filter.status)) found.push(run);
  }
  return found;
}

function readCandidate(access: FileAccess, record: RecordFile): readonly Candidate[] {
  const run = doingWith(record, () => readFirst(access, record));
  return run === undefined ? [] : [{ record, run, isRead: true }];
}

/** By their marks; those that have none are read, and marked for the next time. */
function candidatesOf(
  access: FileAccess,
  { files, index }: { files: readonly RecordFile[]; index: FileIndex },
  conversation: string,
): readonly Candidate[] {
  const marks = index.read();
  const marked = new Map(files.map((record) => [record.runId, record]));
  const unmarked = files.filter(({ runId }) => !marks.has(runId)).flatMap((record) => readCandidate(access, record));
  for (const { run } of unmarked) if (run.problem === undefined) index.addFound(run);
  const known = marks.of(conversation).flatMap((run) => {
    const record = marked.get(run.runId);
    return record === undefined ? [] : [{ record, run, isRead: false }];
  });
  return [...unmarked, ...known];
}

/** The run as a list shows it; undefined when it is not what the filter or its mark says. */
function summaryOf(access: FileAccess, { record, run, isRead }: Candidate, filter: RunFilter): StoredRun | undefined {
  const first = isRead ? run : readFirst(access, record);
  if (first === undefined) return undefined;
  // Of a marked run it is known when it began and where it belongs, whatever became of its record.
  const began = isRead || first.problem === undefined ? first : { ...first, ...run, updatedAt: first.updatedAt };
  if (began.startedAt !== run.startedAt || !beganAs(began, filter)) return undefined;
  return began.problem === undefined ? readLast(access, record, began) : began;
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
