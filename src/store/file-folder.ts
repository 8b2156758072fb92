import { AgentError, errorMessage } from "../errors.ts";
import { type FileAccess, syncFolder } from "./file-access.ts";
import { nodeModule } from "./node.ts";

/** Makes a folder of the store, and beside it, once, a `.gitignore` by which git ignores all of it. */
export function makeFolder(access: Pick<FileAccess, "fs"> | FileAccess, home: string, folder: string): void {
  const { fs } = access;
  const first = fs.mkdirSync(folder, { recursive: true });
  if (first !== undefined && "calls" in access) syncNames(access, first, folder);
  try {
    fs.writeFileSync(`${home}/.gitignore`, "*\n", { flag: "wx" });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error; // one that is there already may say something else on purpose
  }
}

/** A folder that was made has its name in the one above it, up to the first that was made. */
function syncNames(access: FileAccess, first: string, folder: string): void {
  const { dirname } = nodeModule("path", "createFileStore");
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(access, dirname(made));
}

export function failed(what: string, cause: unknown): AgentError {
  return new AgentError("store_failed", `${what}: ${errorMessage(cause)}. See that the folder can be used.`, { cause });
}

/** Does it, and says what could not be done where the system refuses. An error of ours says so itself. */
export function doing<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof AgentError ? error : failed(what, error);
  }
}

/** The system's word for what went wrong, such as `ENOENT`. */
export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

export function noSuchRun(runId: string, where: string): AgentError {
  return new AgentError("not_found", `There is no run ${runId} in ${where}.`);
}

/** What a folder holds; one that is not there holds nothing. */
export function namesIn({ fs }: Pick<FileAccess, "fs">, folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw failed(`The folder ${folder} could not be listed`, error);
  }
}
