import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AgentError } from "../errors.ts";
import type { ArtifactStore } from "../event/index.ts";
import { codeOf, failed, makeFolder } from "./file-folder.ts";
import { checkSha256, sha256Of } from "./sha256.ts";

/**
 * Keeps artifacts in `<home>/artifacts/<sha256>`. A file has its name only when all of it is there: it is written under another
 * and renamed.
 */
export function createFileArtifacts(home: string): ArtifactStore {
  const folder = join(home, "artifacts");
  return {
    async put(bytes, mediaType) {
      const sha256 = await sha256Of(bytes);
      const file = join(folder, sha256);
      try {
        if (!(await isThere(file, bytes.length))) await write(home, folder, { file, bytes });
      } catch (error) {
        throw failed(`A result of ${bytes.length} bytes could not be written to ${file}`, error);
      }
      return { sha256, bytes: bytes.length, mediaType };
    },
    async get(sha256) {
      checkSha256(sha256);
      const bytes = await read(folder, sha256);
      if ((await sha256Of(bytes)) === sha256) return bytes;
      const message = `The artifact ${join(folder, sha256)} was changed: its bytes are not those that were kept.`;
      throw new AgentError("store_failed", message);
    },
  };
}

async function write(
  home: string,
  folder: string,
  { file, bytes }: { file: string; bytes: Uint8Array },
): Promise<void> {
  makeFolder(home, folder);
  const unfinished = `${file}.${crypto.randomUUID()}`; // of its own: two runs may keep the same bytes at once
  try {
    await writeFile(unfinished, bytes, { flag: "wx" });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** The same name and size: the same bytes, kept before. A file that was cut is written anew. */
async function isThere(file: string, size: number): Promise<boolean> {
  try {
    return (await stat(file)).size === size;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

async function read(folder: string, sha256: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = join(folder, sha256);
  try {
    const { buffer, byteOffset, length } = await readFile(file);
    return new Uint8Array(buffer, byteOffset, length);
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new AgentError("not_found", `There is no artifact ${sha256} in ${folder}.`);
    throw failed(`The artifact ${file} could not be read`, error);
  }
}
