import { type FileHandle, open } from "node:fs/promises";
import { AgentError, errorMessage } from "../errors.ts";
import { parseRecord } from "../event/index.ts";
import type { StoredRun } from "./store.ts";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 65_536;

/** What a list shows of a record, read from its first line. Undefined while no event of it is stored whole. */
export async function describeFile(file: string, runId: string): Promise<StoredRun | undefined> {
  try {
    const handle = await open(file, "r");
    try {
      return await describe(handle, runId);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new AgentError("store_failed", `The record ${file} could not be read: ${errorMessage(error)}.`, {
      cause: error,
    });
  }
}

async function describe(handle: FileHandle, runId: string): Promise<StoredRun | undefined> {
  const line = await firstLine(handle);
  if (line === undefined) return undefined;
  try {
    const [first] = parseRecord(line).events;
    if (first !== undefined) return { runId, startedAt: first.at };
    throw new AgentError("malformed_record", "Its first event is of a kind this version does not know.");
  } catch (error) {
    const { mtimeMs } = await handle.stat();
    return { runId, startedAt: mtimeMs, problem: errorMessage(error) };
  }
}

/** With its newline; undefined when there is none yet. */
async function firstLine(handle: FileHandle): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  for (;;) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES);
    if (bytesRead === 0) return undefined;
    const chunk = buffer.subarray(0, bytesRead);
    const newline = chunk.indexOf(NEWLINE);
    chunks.push(newline === -1 ? chunk : chunk.subarray(0, newline + 1));
    if (newline !== -1) return Buffer.concat(chunks).toString("utf8");
  }
}
