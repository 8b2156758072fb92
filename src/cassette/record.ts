import { type Clock, systemClock } from "../clock.ts";
import { defaultTransport, type Transport, type TransportRequest, type TransportResponse } from "../wire/index.ts";
import { type CassetteFolder, fileName, openCassette } from "./folder.ts";
import { checkSecrets, growingMask } from "./mask.ts";
import { checkCall } from "./options.ts";
import { maskRequest, type ReadRequest, readRequest } from "./request.ts";
import { createTake, maskTaken, type Take, type Taken } from "./take.ts";

export interface RecordOptions {
  /** How requests reach the server. Default: as of a client, `defaultTransport()`. */
  transport?: Transport;
  /** Further values that must not be in a file, each of at least 4 characters. Keys that are sent are found without this. */
  secrets?: readonly string[];
  /** True: the files of an earlier recording in the folder are removed when the first exchange is over. Default false. */
  overwrite?: boolean;
  /** For the times of reads. Default: the machine's clock. */
  clock?: Clock;
}

/** A transport that writes down what passes through it. */
export interface Recorder extends Transport {
  /**
   * Resolves when every exchange begun so far is over and its file is there. An answer may end a moment after the run
   * that asked for it: wait for this before the files are read.
   * @throws {AgentError} `store_failed` when a file could not be written.
   */
  written(): Promise<void>;
}

const OPTIONS: { readonly [Name in keyof Required<RecordOptions>]: true } = {
  transport: true,
  secrets: true,
  overwrite: true,
  clock: true,
};

/**
 * Records what a client and a server say to each other, for `replay`: each exchange becomes one file in `dir`,
 * numbered in the order of sending and written when it is over, also when it failed or was left early. Only headers
 * that are known to be harmless are kept; keys that were sent, in headers or to MCP servers, are masked wherever they
 * stand, also where the server repeats them.
 * @param dir A folder for this cassette alone, relative to the working directory at this call.
 * @throws {AgentError} `invalid_option` when the folder has files already, or an option cannot be meant. A file that cannot
 * be written is `store_failed` at the next request, and at `written()`.
 */
export function record(dir: string, options: RecordOptions = {}): Recorder {
  checkCall("record", dir, { options, names: Object.keys(OPTIONS) });
  const { transport = defaultTransport(), clock = systemClock, overwrite = false } = options;
  const writer = createWriter(openCassette(dir, overwrite), checkSecrets(options.secrets ?? [], "record"));
  const send: Transport = async (request) => {
    const number = writer.next();
    const read = await readRequest(request);
    const over = writer.open(number, read);
    const take = createTake({ clock, signal: request.signal, over });
    const response = await answered(transport, request, take);
    const { status, body } = response;
    return { status, header: (name) => response.header(name), body: taped(body, take, writer.check) };
  };
  return Object.assign(send, { written: writer.written });
}

async function answered(transport: Transport, request: TransportRequest, take: Take): Promise<TransportResponse> {
  try {
    const response = await transport(request);
    take.headers(response);
    return response;
  } catch (error) {
    take.failed(error);
    throw error;
  }
}

async function* taped(body: AsyncIterable<Uint8Array>, take: Take, check: () => void): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of body) {
      take.read(bytes);
      yield bytes;
    }
    take.whole();
  } catch (error) {
    take.failed(error);
    throw error;
  } finally {
    take.left(); // changes nothing where the body has ended
  }
  check();
}

/** Writes the files of one cassette. */
interface Writer {
  /** The number of the next request. @throws {AgentError} as `check` */
  next(): number;
  /** What is returned writes the file of the request, with what came of it. */
  open(number: number, read: ReadRequest): (taken: Taken) => void;
  /** @throws {AgentError} the first failure to write, if there was one. */
  check(): void;
  written(): Promise<void>;
}

function createWriter(folder: CassetteFolder, secrets: readonly string[]): Writer {
  // Secrets are kept for all that follows: a stored answer that is asked for later shows the tools it was asked with.
  const masking = growingMask(secrets);
  const open = new Set<Promise<void>>();
  let count = 0;
  let failure: unknown;
  const check = (): void => {
    if (failure !== undefined) throw failure;
  };
  return {
    check,
    next() {
      check();
      count += 1;
      return count;
    },
    open(number, read) {
      masking.add(read.secrets);
      const { promise, resolve } = Promise.withResolvers<void>();
      open.add(promise);
      return (taken) => {
        try {
          const request = maskRequest(read.request, masking.mask());
          folder.write(fileName(number, request), { request, ...maskTaken(taken, masking.mask()) });
        } catch (error) {
          failure ??= error;
        }
        open.delete(promise);
        resolve();
      };
    },
    async written() {
      while (open.size > 0) await Promise.all(open);
      check();
    },
  };
}
