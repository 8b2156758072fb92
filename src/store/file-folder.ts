import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentError, errorMessage } from "../errors.ts";

/** Makes a folder of the store, and beside it, once, a `.gitignore` by which git ignores all of it. */
export function makeFolder(home: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(join(home, ".gitignore"), "*\n", { flag: "wx" });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error; // one that is there already may say something else on purpose
  }
}

export function failed(what: string, cause: unknown): AgentError {
  return new AgentError("store_failed", `${what}: ${errorMessage(cause)}. See that the folder can be used.`, { cause });
}

/** The system's word for what went wrong, such as `ENOENT`. */
export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}
