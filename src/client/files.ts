import { AgentError } from "../errors.ts";
import { ownOptions } from "../own.ts";
import {
  deleteFile,
  type FileInfo,
  type FilePage,
  type FileRequestOptions,
  getFile,
  HttpError,
  type ListFilesQuery,
  listFiles,
  readFile,
  uploadFile,
} from "../wire/index.ts";
import type { ClientParts } from "./completions.ts";
import type { RequestOptions } from "./request.ts";
import { encodeUpload, type UploadOptions, type UploadSource } from "./upload.ts";

/** Files at xAI, for messages that name them by their id. */
export interface Files {
  /**
   * Stores a file of at most 48 MB, until it expires or is deleted. Tried again only where it was surely not stored: when no
   * connection came about, and on 429, 498, 503 and 529. After any other failure it may be there: look with `list` before you
   * upload it again.
   * @throws {AgentError} `invalid_option` for a file or an option that is not taken; after the last attempt what the server said.
   */
  upload(source: UploadSource, options?: UploadOptions & FileOptions): Promise<FileInfo>;
  /** One page of the team's files, newest first unless asked otherwise. @throws {AgentError} `invalid_option` */
  list(query?: ListFilesQuery & FileOptions): Promise<FilePage>;
  /** What is known of a file. @throws {AgentError} `not_found` */
  get(id: string, options?: FileOptions): Promise<FileInfo>;
  /** Deletes a file: from then on no message can name it. @throws {AgentError} `not_found` */
  delete(id: string, options?: FileOptions): Promise<void>;
  /**
   * The bytes of a file, at most 256 MiB; with `format: "text"` the text that xAI took from it.
   * @throws {AgentError} `not_found`, `event_too_large`
   */
  content(id: string, options?: FileOptions & { format?: "original" | "text" }): Promise<Uint8Array<ArrayBuffer>>;
}

/** What every request takes. */
export type FileOptions = Pick<RequestOptions, "signal" | "headers">;

export function createFiles(parts: ClientParts): Files {
  const { endpoint, retry } = parts;
  return {
    async upload(source, options = {}) {
      const request = prepare(options);
      request.signal.throwIfAborted();
      const form = await encodeUpload(source, options);
      return onceStored(parts, request, () => uploadFile(endpoint, form, request));
    },
    async list(given = {}) {
      const { signal, headers, ...query } = ownOptions(given);
      checkLimit(query.limit);
      const request = prepare({ signal, headers });
      return retry(() => listFiles(endpoint, query, request), request);
    },
    async get(id, options) {
      checkId(id);
      const request = prepare(options);
      return retry(() => getFile(endpoint, id, request), request);
    },
    async delete(id, options) {
      checkId(id);
      const request = prepare(options);
      return retry((attempt) => deleteOnce(() => deleteFile(endpoint, id, request), attempt), request);
    },
    async content(id, { format, ...options } = {}) {
      checkId(id);
      const request = prepare(options);
      return retry(() => readFile(endpoint, { id, format }, request), request);
    },
  };
}

/** The request id stays the same in every attempt, so that the server can tell a retry. */
function prepare(options: { [Name in keyof FileOptions]: FileOptions[Name] | undefined } = {}): FileRequestOptions {
  const { signal, headers } = ownOptions(options);
  return {
    signal: signal ?? new AbortController().signal,
    requestId: crypto.randomUUID(),
    ...(headers === undefined ? {} : { headers }),
  };
}

/** Storing twice is worse than failing: only what surely stored nothing goes to the owner of retries. */
async function onceStored<T>({ retry }: ClientParts, request: FileRequestOptions, store: () => Promise<T>): Promise<T> {
  const ending = await retry(async (attempt) => {
    try {
      return { value: await store() };
    } catch (error) {
      if (!(error instanceof AgentError) || storedNothing(error)) throw error;
      error.attempts = attempt;
      return { error };
    }
  }, request);
  if ("error" in ending) throw ending.error;
  return ending.value;
}

/** Refusals before anything was read of the request. A 500, 502 or 504 may come after the file was stored. */
const BUSY: ReadonlySet<number> = new Set([429, 498, 503, 529]);

/** How Node says that no connection came about. */
const UNREACHED: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

function storedNothing(error: AgentError): boolean {
  if (error instanceof HttpError) return BUSY.has(error.status);
  return error.code === "connect_timeout" || UNREACHED.has(causeCode(error.cause));
}

/** The code of the innermost cause that has one; "" where none has. */
function causeCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const inner = causeCode(error.cause);
  return inner === "" && "code" in error && typeof error.code === "string" ? error.code : inner;
}

/** What is not there when it is asked for again was deleted by the attempt whose answer was lost. */
async function deleteOnce(remove: () => Promise<void>, attempt: number): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (attempt > 1 && error instanceof AgentError && error.code === "not_found") return;
    throw error;
  }
}

function checkId(id: unknown): void {
  // Two dots would be a path, and mean another address.
  if (typeof id === "string" && id.trim() !== "" && !/^\.{1,2}$/.test(id)) return;
  const shown = JSON.stringify(id) ?? typeof id;
  throw new AgentError(
    "invalid_option",
    `${shown} is no id of a file. Give the id that files.upload or files.list gave.`,
  );
}

function checkLimit(limit: number | undefined): void {
  if (limit === undefined || (Number.isInteger(limit) && limit > 0)) return;
  throw new AgentError("invalid_option", `limit is ${limit}: it must be a whole number from 1 on.`);
}
