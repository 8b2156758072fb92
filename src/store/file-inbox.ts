import { AgentError } from "../errors.ts";
import { createWhole, type FileAccess, formatSmall, parseSmall } from "./file-access.ts";
import { doing, makeFolder, noSuchRun } from "./file-folder.ts";
import { checkLetter, type Inbox, type Letter } from "./inbox.ts";
import { checkRunId } from "./run-id.ts";

export interface FileInboxOptions {
  home: string;
  now: () => number;
  isThere: (runId: string) => boolean;
}

/**
 * Letters as files, `<home>/inbox/<runId>/<position>.json`. A position is taken by making its file, which only one process can; it
 * has read all letters before that, so that no name is there twice.
 */
export function createFileInbox(access: FileAccess, { home, now, isThere }: FileInboxOptions): Inbox {
  const folderOf = (runId: string): string => `${home}/inbox/${runId}`;
  const letterAt = (runId: string, position: number): Letter | undefined => {
    const file = `${folderOf(runId)}/${position}.json`;
    if (!access.fs.existsSync(file)) return undefined;
    return doing(`The letter ${file} could not be read`, () => readLetter(access, file, position));
  };
  return {
    async send(runId, name, value) {
      checkRunId(runId);
      const json = checkLetter(runId, name, value);
      if (!isThere(runId)) throw noSuchRun(runId, `${home}/runs`);
      const folder = folderOf(runId);
      return doing(`The letter ${name} to ${runId} could not be written to ${folder}`, () => {
        makeFolder(access, home, folder);
        for (let position = 1; ; position += 1) {
          const there = letterAt(runId, position);
          if (there?.name === name) return { ...there, isFirst: false };
          if (there !== undefined) continue;
          const letter = { position, name, value: JSON.parse(json) as unknown, at: now() };
          const isMade = createWhole(access, folder, { name: `${position}.json`, text: formatSmall(letter) });
          if (isMade) return { ...letter, isFirst: true };
          position -= 1; // another process was faster: its letter is read next
        }
      });
    },
    async received(runId, after = 0) {
      checkRunId(runId);
      const letters: Letter[] = [];
      for (let position = after + 1; ; position += 1) {
        const letter = letterAt(runId, position);
        if (letter === undefined) return letters;
        letters.push(letter);
      }
    },
  };
}

function readLetter(access: FileAccess, file: string, position: number): Letter {
  const { name, value, at } = parseSmall(access, file) ?? {};
  if (typeof name === "string" && typeof at === "number") return { position, name, value, at };
  throw new AgentError("store_failed", `The letter ${file} is none. Remove the inbox of that run, or send it again.`);
}
