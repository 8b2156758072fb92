import { AgentError, errorMessage } from "../errors.ts";
import { type ParsedRecord, parseRecord } from "../event/index.ts";
import type { FileAccess } from "./file-access.ts";
import { codeOf, failed, noSuchRun } from "./file-folder.ts";

const NEWLINE = 0x0a;
const MAX_REMEMBERED = 1_000;

/** Where the line behind an event begins. */
interface Place {
  after: number;
  byte: number;
}

export interface FileReader {
  read(runId: string, after: number): Promise<ParsedRecord>;
  forget(runId: string): void;
}

/** Reads records. Who follows one, asking for what comes after the last event it has, has only that read and checked. */
export function createFileReader(access: FileAccess, runs: string): FileReader {
  const places = new Map<string, Place>(); // where each reader left off
  const remember = (runId: string, place: Place): void => {
    places.delete(runId);
    places.set(runId, place);
    for (const oldest of places.keys()) if (places.size > MAX_REMEMBERED) places.delete(oldest);
  };
  const readFrom = async (runId: string, { after, byte }: Place): Promise<ParsedRecord> => {
    const bytes = await bytesOf(access, { runId, runs, from: byte });
    const record = parseRecord(bytes.toString("utf8"), after + 1);
    const last = after + record.events.length + record.unknown.length;
    remember(runId, { after: last, byte: byte + bytes.lastIndexOf(NEWLINE) + 1 });
    return record;
  };
  const readWhole = async (runId: string): Promise<ParsedRecord> => {
    try {
      return await readFrom(runId, { after: -1, byte: 0 });
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== "malformed_record") throw error;
      const message = `${runId}: ${errorMessage(error)} The file is ${runs}/${runId}.jsonl.`;
      throw new AgentError("malformed_record", message, { cause: error });
    }
  };
  return {
    forget: (runId) => void places.delete(runId),
    async read(runId, after) {
      const place = places.get(runId);
      if (place === undefined || place.after !== after || after < 0) return behind(await readWhole(runId), after);
      try {
        return await readFrom(runId, place);
      } catch {
        places.delete(runId);
        return behind(await readWhole(runId), after); // read from its beginning, it says what is wrong with it and where
      }
    },
  };
}

function behind(record: ParsedRecord, after: number): ParsedRecord {
  if (after < 0) return record;
  const isBehind = ({ seq }: { seq: number }): boolean => seq > after;
  return { ...record, events: record.events.filter(isBehind), unknown: record.unknown.filter(isBehind) };
}

async function bytesOf(
  { fs }: FileAccess,
  { runId, runs, from }: { runId: string; runs: string; from: number },
): Promise<Buffer> {
  const file = `${runs}/${runId}.jsonl`;
  try {
    const handle = await fs.promises.open(file, "r");
    try {
      if (from === 0) return await handle.readFile();
      const { size } = await handle.stat();
      const bytes = Buffer.alloc(Math.max(0, size - from));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
      return bytes.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw noSuchRun(runId, runs);
    throw failed(`The record of ${runId} could not be read from ${file}`, error);
  }
}
