import type { IncomingMessage } from "node:http";
import { noFile, type SimFiles, type SimUpload } from "./files.ts";
import type { FileRoute } from "./gate.ts";
import { readBytes, tooLarge } from "./read-body.ts";
import { invalid, type SimRefusal } from "./request.ts";

/** Largest file. The specification says 50 MB, the pages 48: the machine's word is taken for the server's. */
const MAX_FILE_BYTES = 50_000_000;
/** What a form has beside its file. */
const MAX_FORM_BYTES = MAX_FILE_BYTES + 65_536;
const MIN_EXPIRY_S = 3600;
const MAX_EXPIRY_S = 2_592_000;

/** What is answered: JSON, or the bytes of a file. */
export type FilesAnswer = { readonly status: number; readonly body: unknown } | { readonly bytes: Uint8Array };

/** A request, and who is told of its body. */
interface Asked {
  readonly request: IncomingMessage;
  readonly onBody: (body: unknown) => void;
}

/** Answers a request to `/v1/files` and below (OpenAPI "xAI's REST API" 1.0.0). */
export async function answerFiles(asked: Asked, route: FileRoute, files: SimFiles): Promise<FilesAnswer> {
  const { method = "", url = "/" } = asked.request;
  const search = new URL(url, "http://127.0.0.1").searchParams;
  if (route.name === "files") {
    if (method === "GET") return files.list(search);
    const upload = await readUpload(asked);
    return "status" in upload ? upload : { status: 200, body: files.add(upload) };
  }
  if (route.name === "file") return method === "DELETE" ? files.delete(route.id) : files.get(route.id);
  if (search.get("format") === "text") {
    return { status: 400, body: { code: "simulator:unsupported", error: "The simulator takes no text from files." } };
  }
  const bytes = files.content(route.id);
  return bytes === undefined ? noFile(route.id) : { bytes };
}

async function readUpload({ request, onBody }: Asked): Promise<SimUpload | SimRefusal> {
  const type = request.headers["content-type"] ?? "";
  if (!/^multipart\/form-data\b/i.test(type)) {
    return { status: 400, body: { error: "Invalid `boundary` for `multipart/form-data` request" } };
  }
  const bytes = await readBytes(request, MAX_FORM_BYTES);
  if (bytes === undefined) return tooLarge;
  const form = await parseForm(bytes, type);
  if (form === undefined) return invalid("Failed to parse the multipart body.");
  onBody(shown(form));
  return uploadOf(form);
}

async function parseForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<FormData | undefined> {
  try {
    return await new Response(bytes, { headers: { "content-type": type } }).formData();
  } catch {
    return undefined; // the caller says what follows from it
  }
}

/** The form as the simulator's list of requests shows it: of the file its name, type and size. */
function shown(form: FormData): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...form].map(([name, value]) => [
      name,
      typeof value === "string" ? value : { filename: value.name, type: value.type, bytes: value.size },
    ]),
  );
}

/** The rules are those of the specification; the words are ours. */
async function uploadOf(form: FormData): Promise<SimUpload | SimRefusal> {
  const names = [...form.keys()];
  const file = form.get("file");
  if (!(file instanceof File) || file.name === "") return invalid("The form has no file part with a filename.");
  if (names.includes("expires_after") && names.indexOf("expires_after") > names.indexOf("file")) {
    return invalid("The field expires_after must come before the file.");
  }
  const expiry = form.get("expires_after");
  const expiresAfter = expiry === null ? undefined : Number(expiry);
  if (expiresAfter !== undefined && !isExpiry(expiresAfter)) {
    return invalid(`expires_after must be between ${MIN_EXPIRY_S} and ${MAX_EXPIRY_S} seconds.`);
  }
  if (file.size > MAX_FILE_BYTES) return tooLarge;
  const purpose = form.get("purpose");
  return {
    filename: file.name,
    purpose: typeof purpose === "string" ? purpose : "",
    content: new Uint8Array(await file.arrayBuffer()),
    ...(expiresAfter === undefined ? {} : { expiresAfter }),
  };
}

function isExpiry(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= MIN_EXPIRY_S && seconds <= MAX_EXPIRY_S;
}
