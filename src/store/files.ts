import { appendFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AgentError, errorMessage } from "../errors.ts";
import { formatEvent, type ParsedRecord, parseRecord } from "../event/index.ts";
import { createFileArtifacts } from "./file-artifacts.ts";
import { codeOf, failed, makeFolder } from "./file-folder.ts";
import { dropTornTail } from "./file-tail.ts";
import { describeFile } from "./first-line.ts";
import { checkRunId } from "./run-id.ts";
import { type LocalStore, newestFirst } from "./store.ts";

const EXTENSION = ".jsonl";

/**
 * Keeps each record in a file of its own, `<folder>/runs/<runId>.jsonl`, one event a line: `tail -f`, `grep` and `jq`
 * read it while the run goes on. The folder is made at the first append, with a `.gitignore` by which git ignores it.
 * Events are handed to the operating system before `append` returns: they survive the end of this process, not a power cut.
 * Results that are too large for a record are in `<folder>/artifacts/<sha256>`.
 * @param folder relative to the working directory at this call. Default `.fairwitness`.
 */
export function createFileStore(folder = ".fairwitness"): LocalStore {
  const home = resolve(folder);
  const runs = join(home, "runs");
  const fileOf = (runId: string): string => {
    checkRunId(runId);
    return join(runs, `${runId}${EXTENSION}`);
  };
  const begun = new Set<string>();
  return {
    artifacts: createFileArtifacts(home),
    append(runId, events) {
      const file = fileOf(runId);
      if (events.length === 0) return;
      doing(`The record of ${runId} could not be written to ${file}`, () => {
        if (begun.size === 0) makeFolder(home, runs);
        if (!begun.has(runId)) dropTornTail(file);
        begun.add(runId);
        appendFileSync(file, events.map(formatEvent).join(""));
      });
    },
    async read(runId) {
      return parse(runId, await readRecord(runId, fileOf(runId)));
    },
    async list() {
      const names = (await filesIn(runs)).filter((name) => name.endsWith(EXTENSION));
      const found = names.map((name) => describeFile(join(runs, name), name.slice(0, -EXTENSION.length)));
      return newestFirst((await Promise.all(found)).filter((run) => run !== undefined));
    },
  };
}

async function readRecord(runId: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") {
      throw new AgentError(
        "not_found",
        `There is no run ${runId} in ${file.slice(0, -runId.length - EXTENSION.length - 1)}.`,
      );
    }
    throw failed(`The record of ${runId} could not be read from ${file}`, error);
  }
}

function parse(runId: string, text: string): ParsedRecord {
  try {
    return parseRecord(text);
  } catch (error) {
    throw new AgentError("malformed_record", `${runId}: ${errorMessage(error)}`, { cause: error });
  }
}

/** A folder that is not there holds nothing. */
async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw failed(`The runs in ${folder} could not be listed`, error);
  }
}

function doing(what: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw failed(what, error);
  }
}
