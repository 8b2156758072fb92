import { AgentError } from "../errors.ts";
import { readJson, throwFault } from "./answer.ts";
import { collectBytes } from "./body.ts";
import type { Endpoint } from "./endpoint.ts";
import { type HttpRequest, sendRequest } from "./http.ts";
import { compact, isObject, readCount, readString } from "./json.ts";

/**
 * A file at xAI, spelled as xAI spells it. Only the id is certain.
 * @see OpenAPI "xAI's REST API" 1.0.0, `File` (xai-org/xai-sdk-ts, spec/openapi.json, commit 41e766ac), read 2026-11-20
 */
export interface FileInfo {
  /** What messages name it by. */
  id: string;
  filename?: string;
  /** Size. */
  bytes?: number;
  /** Seconds since the epoch. */
  created_at?: number;
  /** Seconds since the epoch; absent when it does not expire. */
  expires_at?: number;
  purpose?: string;
  /** Only while the file has an address that everybody can read. */
  public_url?: string;
}

/** Some of the files, and where the next ones begin. */
export interface FilePage {
  files: readonly FileInfo[];
  /** Give it as `after` for the next page. Absent: there is none. */
  next?: string;
}

export interface ListFilesQuery {
  /** Most files of one page. Default: the server's. */
  limit?: number;
  /** The `next` of the page before. */
  after?: string;
  /** Default `created_at`. */
  sortBy?: "created_at" | "filename" | "size";
  /** Default `desc`. */
  order?: "asc" | "desc";
  /** An AIP-160 expression, such as `content_type = "pdf" AND size_bytes > 1000000`. */
  filter?: string;
}

/** A file to be uploaded, as the form that is sent: the same in every attempt. */
export interface FileForm {
  body: Uint8Array<ArrayBuffer>;
  /** With the boundary. */
  contentType: string;
}

export interface FileRequestOptions {
  signal: AbortSignal;
  requestId?: string;
  headers?: Readonly<Record<string, string>>;
}

/** Largest file that is downloaded, in bytes: it is held in memory. Uploads are smaller; generated files may not be. */
export const MAX_DOWNLOAD_BYTES: number = 256 * 1024 * 1024;

/** Stores a file. One attempt. @throws {AgentError} as `sendRequest` does; `malformed_event` */
export async function uploadFile(endpoint: Endpoint, form: FileForm, options: FileRequestOptions): Promise<FileInfo> {
  // Patient: the wait for headers covers the way up, which is long for a large file.
  const json = await askJson(endpoint, { method: "POST", path: "/files", ...form, patient: true, ...options });
  return decodeFile(json);
}

/**
 * One page of the files of the team. One attempt.
 * The server always sends a token, so a page without files is what tells the end.
 * @see OpenAPI, `GET /v1/files`: `pagination_token` (`after` is there for compatibility only)
 * @throws {AgentError} as `sendRequest` does; `malformed_event`
 */
export async function listFiles(
  endpoint: Endpoint,
  query: ListFilesQuery,
  options: FileRequestOptions,
): Promise<FilePage> {
  const path = `/files?${searchOf(query)}`;
  const json = await askJson(endpoint, { method: "GET", path, ...options });
  const page = isObject(json) ? json : {};
  if (!Array.isArray(page.data)) throw notFiles("a list of files");
  const files = page.data.map(decodeFile);
  const isLast = files.length === 0 || page.has_more === false;
  const next = isLast ? undefined : (readString(page.pagination_token) ?? readString(page.last_id));
  return next === undefined ? { files } : { files, next };
}

/** Sent always: without it xAI promises no order (xai-sdk-ts, `FileListParams`), and pages would overlap. */
function searchOf({ limit, after, sortBy = "created_at", order, filter }: ListFilesQuery): URLSearchParams {
  const search = new URLSearchParams({ sort_by: sortBy });
  if (limit !== undefined) search.set("limit", String(limit));
  if (order !== undefined) search.set("order", order);
  if (after !== undefined) search.set("pagination_token", after);
  if (filter !== undefined) search.set("filter", filter);
  return search;
}

/** What is known of one file. One attempt. @throws {AgentError} `not_found`, and as `sendRequest` does */
export async function getFile(endpoint: Endpoint, id: string, options: FileRequestOptions): Promise<FileInfo> {
  return decodeFile(await askJson(endpoint, { method: "GET", path: pathOf(id), ...options }));
}

/** Deletes a file. One attempt. @throws {AgentError} `not_found`, and as `sendRequest` does */
export async function deleteFile(endpoint: Endpoint, id: string, options: FileRequestOptions): Promise<void> {
  const json = await askJson(endpoint, { method: "DELETE", path: pathOf(id), ...options });
  if (!isObject(json) || json.deleted !== true) throw notFiles("word that the file was deleted");
}

/**
 * The bytes of a file. One attempt.
 * @param format `text`: the text that xAI took from it.
 * @throws {AgentError} `not_found`, `event_too_large`, and as `sendRequest` does
 */
export async function readFile(
  endpoint: Endpoint,
  { id, format }: { id: string; format?: "original" | "text" | undefined },
  options: FileRequestOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = `${pathOf(id)}/content${format === undefined ? "" : `?format=${format}`}`;
  const answer = await sendRequest(endpoint, { method: "GET", path, accept: "*/*", ...options });
  const bytes = await collectBytes(answer.body, MAX_DOWNLOAD_BYTES);
  if (bytes !== undefined) return bytes;
  const message = `The file ${id} has more than 256 MiB (${MAX_DOWNLOAD_BYTES} bytes), which is not read into memory. Download it by other means.`;
  throw new AgentError("event_too_large", message);
}

function pathOf(id: string): string {
  return `/files/${encodeURIComponent(id)}`;
}

async function askJson(endpoint: Endpoint, request: Omit<HttpRequest, "accept">): Promise<unknown> {
  const answer = await sendRequest(endpoint, { ...request, accept: "application/json" });
  const json = await readJson(answer);
  throwFault(answer, json);
  return json;
}

function decodeFile(file: unknown): FileInfo {
  const id = isObject(file) ? readString(file.id) : undefined;
  if (!isObject(file) || id === undefined) throw notFiles("a file with an id");
  return compact<FileInfo>({
    id,
    filename: readString(file.filename),
    bytes: readCount(file.bytes),
    created_at: readCount(file.created_at),
    expires_at: readCount(file.expires_at),
    purpose: readString(file.purpose),
    public_url: readString(file.public_url),
  });
}

function notFiles(expected: string): AgentError {
  const message = `The server did not answer with ${expected}. Check that the base URL is that of an API with files, as xAI's has.`;
  return new AgentError("malformed_event", message);
}
