import { AgentError } from "../errors.ts";
import type { ArtifactStore } from "../event/index.ts";
import { type FileAccess, syncFolder, writeAll } from "./file-access.ts";
import { codeOf, failed, makeFolder, namesIn } from "./file-folder.ts";
import { checkSha256, sha256Of } from "./sha256.ts";

/** Two processes see times of files alike to within this. */
const SLACK_MS = 1_000;

/**
 * Keeps artifacts in `<home>/artifacts/<sha256>`. A file has its name only when all of it is there: it is written under another
 * and renamed.
 */
export function createFileArtifacts(access: FileAccess, home: string): ArtifactStore {
  const folder = `${home}/artifacts`;
  return {
    async put(bytes, mediaType) {
      const sha256 = await sha256Of(bytes);
      const file = `${folder}/${sha256}`;
      try {
        if (isThere(access, file, bytes.length)) touch(access, file);
        else write(access, home, { file, bytes });
      } catch (error) {
        throw failed(`A result of ${bytes.length} bytes could not be written to ${file}`, error);
      }
      return { sha256, bytes: bytes.length, mediaType };
    },
    async get(sha256) {
      checkSha256(sha256);
      const bytes = await read(access, folder, sha256);
      if ((await sha256Of(bytes)) === sha256) return bytes;
      const message = `The artifact ${folder}/${sha256} was changed: its bytes are not those that were kept.`;
      throw new AgentError("store_failed", message);
    },
  };
}

/**
 * Removes those artifacts of a run that no other record names, except one that was put again after `writtenMs`, when the run was
 * last written: another run may be about to name it.
 */
export function removeUnnamed(
  access: FileAccess,
  home: string,
  { named, runId, writtenMs }: { named: readonly string[]; runId: string; writtenMs: number },
): void {
  const left = new Set(named);
  for (const name of namesIn(access, `${home}/runs`)) {
    if (left.size === 0) return;
    if (name === `${runId}.jsonl` || !name.endsWith(".jsonl")) continue;
    const file = `${home}/runs/${name}`;
    if (!access.fs.existsSync(file)) continue; // deleted in between
    const text = access.fs.readFileSync(file, "utf8"); // not parsed: also one that cannot be read keeps its artifacts
    for (const sha256 of left) if (text.includes(sha256)) left.delete(sha256);
  }
  for (const sha256 of left) {
    const file = `${home}/artifacts/${sha256}`;
    const stat = access.fs.statSync(file, { throwIfNoEntry: false });
    if (stat !== undefined && stat.mtimeMs <= writtenMs + SLACK_MS) access.calls.unlink(file);
  }
}

function write(access: FileAccess, home: string, { file, bytes }: { file: string; bytes: Uint8Array }): void {
  const { calls, fs } = access;
  const folder = `${home}/artifacts`;
  makeFolder(access, home, folder);
  const unfinished = `${file}.${crypto.randomUUID()}`; // of its own: two runs may keep the same bytes at once
  try {
    const fd = calls.open(unfinished, "wx");
    try {
      writeAll(access, fd, bytes);
    } finally {
      calls.close(fd);
    }
    calls.rename(unfinished, file);
    syncFolder(access, folder);
  } catch (error) {
    fs.rmSync(unfinished, { force: true });
    throw error;
  }
}

/** The same name and size: the same bytes, kept before. A file that was cut is written anew. */
function isThere({ fs }: FileAccess, file: string, size: number): boolean {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.size === size;
}

function touch({ fs }: FileAccess, file: string): void {
  const now = new Date();
  fs.utimesSync(file, now, now);
}

async function read({ fs }: FileAccess, folder: string, sha256: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = `${folder}/${sha256}`;
  try {
    const { buffer, byteOffset, length } = await fs.promises.readFile(file);
    return new Uint8Array(buffer, byteOffset, length);
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new AgentError("not_found", `There is no artifact ${sha256} in ${folder}.`);
    throw failed(`The artifact ${file} could not be read`, error);
  }
}
