import { invalid, type SimRefusal } from "./request.ts";

/** A file that was uploaded, as the API shows it (OpenAPI `File`). */
export interface SimFile {
  readonly id: string;
  readonly object: "file";
  readonly bytes: number;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly filename: string;
  readonly purpose: string;
}

/** What an upload said of its file, and the bytes. */
export interface SimUpload {
  readonly filename: string;
  readonly purpose: string;
  /** Seconds; absent: it stays. */
  readonly expiresAfter?: number;
  readonly content: Uint8Array;
}

type Found<T> = { readonly status: 200; readonly body: T } | SimRefusal;

/** The files of a simulator, in its memory. */
export interface SimFiles {
  add(upload: SimUpload): SimFile;
  list(search: URLSearchParams): Found<unknown>;
  get(id: string): Found<SimFile>;
  delete(id: string): Found<unknown>;
  /** Its bytes, or undefined where there is no such file. */
  content(id: string): Uint8Array | undefined;
}

/** A place for files with none in it. Expiry is noted and shown; nothing here lives long enough for it. */
export function createSimFiles(): SimFiles {
  const stored = new Map<string, { readonly file: SimFile; readonly content: Uint8Array }>();
  let count = 0;
  return {
    add({ filename, purpose, expiresAfter, content }) {
      const id = `file_51300000-0000-4000-8000-${count.toString(16).padStart(12, "0")}`;
      count += 1;
      const created_at = Math.floor(Date.now() / 1000);
      const expires_at = expiresAfter === undefined ? null : created_at + expiresAfter;
      const file: SimFile = { id, object: "file", bytes: content.length, created_at, expires_at, filename, purpose };
      stored.set(id, { file, content });
      return file;
    },
    list: (search) =>
      listed(
        [...stored.values()].map(({ file }) => file),
        search,
      ),
    get(id) {
      const found = stored.get(id);
      return found === undefined ? noFile(id) : { status: 200, body: found.file };
    },
    delete: (id) => (stored.delete(id) ? { status: 200, body: { id, object: "file", deleted: true } } : noFile(id)),
    content: (id) => stored.get(id)?.content,
  };
}

/** The status is OpenAPI's; the words are ours, in the form of xAI's other 404s. */
export function noFile(id: string): SimRefusal {
  return {
    status: 404,
    body: { code: "not-found", error: `The file ${id} does not exist, was deleted or has expired.` },
  };
}

const SORTS: Readonly<Record<string, (file: SimFile) => number | string>> = {
  created_at: ({ id }) => id, // ids are given in order of arrival, and are finer than seconds
  filename: ({ filename }) => filename,
  size: ({ bytes }) => bytes,
};

/** How many files a page has when nobody says: xAI's own number is not known. */
const DEFAULT_LIMIT = 100;

/**
 * A page of files. It always has a token, as the specification says; the end is a page that is shorter than `limit`. The
 * token is the id of the last file, as in the specification's example. `after` is read for compatibility.
 */
function listed(files: readonly SimFile[], search: URLSearchParams): Found<unknown> {
  const limit = Number(search.get("limit") ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1) return invalid("limit must be a whole number from 1 on.");
  const key = SORTS[search.get("sort_by") ?? "created_at"];
  if (key === undefined) return invalid("Invalid sort_by: use created_at, filename or size.");
  const order = search.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") return invalid("Invalid order: use asc or desc.");
  if (search.has("filter")) {
    return { status: 400, body: { code: "simulator:unsupported", error: "The simulator cannot filter files." } };
  }
  const sign = order === "asc" ? 1 : -1;
  const sorted = files.toSorted((a, b) => sign * compare(key(a), key(b)));
  const token = search.get("pagination_token") ?? search.get("after");
  const from = token === null ? 0 : sorted.findIndex(({ id }) => id === token) + 1;
  if (token !== null && from === 0) return invalid("Invalid pagination_token.");
  const data = sorted.slice(from, from + limit);
  return { status: 200, body: { data, pagination_token: data.at(-1)?.id ?? token ?? "" } };
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
