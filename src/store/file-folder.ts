import { AgentError, errorMessage } from "../errors.ts";
import type { FileAccess } from "./file-access.ts";

/** Makes a folder of the store, and beside it, once, a `.gitignore` by which git ignores all of it. */
export function makeFolder({ fs }: Pick<FileAccess, "fs">, home: string, folder: string): void {
  fs.mkdirSync(folder, { recursive: true });
  try {
    fs.writeFileSync(`${home}/.gitignore`, "*\n", { flag: "wx" });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error; // one that is there already may say something else on purpose
  }
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
