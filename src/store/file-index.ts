import type { StoredEvent } from "../event/index.ts";
import { type FileAccess, syncFolder, withFile } from "./file-access.ts";
import { makeFolder, namesIn } from "./file-folder.ts";
import { nodeModule } from "./node.ts";
import type { StoredRun } from "./store.ts";
import { beginSummary } from "./summary.ts";

/**
 * Which run is of which conversation, in the names of empty files, `<home>/conversations/<runId>~<startedAt>~<hash of the
 * conversation>`, so that a conversation is found without reading every record. A record's mark is there before the record is; a record
 * without one, of an earlier version or copied in by hand, is read. A mark too many, of a run that never came to be or was deleted, costs a
 * look: what the record says counts. The folder may be removed, and is then made again.
 */
export interface FileIndex {
  /** Marks the run that begins with these events. */
  add(runId: string, events: readonly StoredEvent[]): void;
  /** The same for a record that was found without a mark. */
  addFound(run: StoredRun): void;
  /** The marks of a run that is deleted next. They go after its record: one that is gone too early would hide it. */
  marksOf(runId: string): readonly string[];
  remove(marks: readonly string[]): void;
  read(): Marks;
}

export interface Marks {
  /** Whether there is any mark of a run. */
  has(runId: string): boolean;
  /** The runs that are marked as of a conversation: as they began, before anybody has looked at their records. */
  of(conversation: string): readonly StoredRun[];
}

export function createFileIndex(access: FileAccess, home: string): FileIndex {
  const folder = `${home}/conversations`;
  const mark = (run: StoredRun): void => {
    makeFolder(access, home, folder);
    withFile(access, { path: `${folder}/${nameOf(run)}`, flags: "a" }, () => {});
    syncFolder(access, folder);
  };
  return {
    add(runId, [first]) {
      if (first !== undefined) mark(beginSummary(runId, first));
    },
    addFound(run) {
      try {
        mark(run);
      } catch {
        // Who may only read here finds it the same way the next time.
      }
    },
    marksOf: (runId) => namesIn(access, folder).filter((name) => name.startsWith(`${runId}~`)),
    remove(marks) {
      for (const name of marks) access.fs.rmSync(`${folder}/${name}`, { force: true });
    },
    read: () => readMarks(namesIn(access, folder)),
  };
}

function nameOf({ runId, startedAt, conversation }: StoredRun): string {
  return `${runId}~${startedAt}~${conversation === undefined ? "" : hashOf(conversation)}`;
}

/** A part of it is enough: what the record says counts. */
function hashOf(conversation: string): string {
  const { createHash } = nodeModule("crypto", "createFileStore");
  return createHash("sha256").update(conversation).digest("hex").slice(0, 32);
}

function readMarks(names: readonly string[]): Marks {
  const marked = new Set(names.map((name) => name.slice(0, Math.max(0, name.indexOf("~")))));
  return {
    has: (runId) => marked.has(runId),
    of(conversation) {
      const end = `~${hashOf(conversation)}`;
      return names
        .filter((name) => name.endsWith(end))
        .map((name) => begunAs(name.slice(0, -end.length), conversation));
    },
  };
}

function begunAs(mark: string, conversation: string): StoredRun {
  const [runId = "", at] = mark.split("~");
  const startedAt = Number(at);
  return { runId, startedAt, updatedAt: startedAt, conversation };
}
