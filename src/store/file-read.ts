import { AgentError, errorMessage } from "../errors.ts";
import { type ParsedRecord, type RecordPlace, readRecord } from "../event/index.ts";
import type { FileAccess } from "./file-access.ts";
import { codeOf, failed, noSuchRun } from "./file-folder.ts";
import { BEGINNING, behind, createPlaces } from "./places.ts";

const NEWLINE = 0x0a;
/** Where the line behind an event begins. */
interface Place extends RecordPlace {
  byte: number;
}

export interface FileReader {
  read(runId: string, after: number): Promise<ParsedRecord>;
  forget(runId: string): void;
}

/** Reads records. Who follows one, asking for what comes after the last event it has, has only that read and checked. */
export function createFileReader(access: FileAccess, runs: string): FileReader {
  const places = createPlaces<Place>();
  const readFrom = async (runId: string, { byte, ...from }: Place): Promise<ParsedRecord> => {
    const bytes = await bytesOf(access, { runId, runs, from: byte });
    const { record, next } = readRecord(bytes.toString("utf8"), from);
    const end = bytes.lastIndexOf(NEWLINE);
    const place = { ...next, byte: byte + end + 1 };
    const begin = end <= 0 ? -1 : bytes.lastIndexOf(NEWLINE, end - 1); // of its last line, behind the newline
    const last = end === -1 ? undefined : { ...place, first: place.first - 1, byte: byte + begin + 1 };
    places.remember(runId, place, last);
    return record;
  };
  const readWhole = async (runId: string): Promise<ParsedRecord> => {
    try {
      return await readFrom(runId, { ...BEGINNING, byte: 0 });
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== "malformed_record") throw error;
      const message = `${runId}: ${errorMessage(error)} The file is ${runs}/${runId}.jsonl.`;
      throw new AgentError("malformed_record", message, { cause: error });
    }
  };
  return {
    forget: places.forget,
    async read(runId, after) {
      const place = places.find(runId, after);
      if (place === undefined) return behind(await readWhole(runId), after);
      try {
        return await readFrom(runId, place);
      } catch {
        places.forget(runId);
        return behind(await readWhole(runId), after); // read from its beginning, it says what is wrong with it and where
      }
    },
  };
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
