import {
  checkDetail,
  checkImageSize,
  checkImageType,
  checkInlineSize,
  checkPart,
  invalid,
  isMediaType,
  nameOf,
} from "./check-part.ts";
import { toBase64 } from "./media.ts";
import type { FilePart, ImagePart } from "./message.ts";

/** Where an image or a file is: at an address, uploaded before, or here as bytes. Of a `Blob` give `await blob.arrayBuffer()`. */
export type PartSource = string | URL | { readonly fileId: string } | Uint8Array | ArrayBuffer;

export interface ImagePartOptions {
  /** How finely the model looks at it; more costs more tokens. Default: xAI decides. */
  detail?: "auto" | "low" | "high";
  /** Of bytes: must be what they are. Default: told by the first of them. */
  mediaType?: "image/jpeg" | "image/png" | "image/webp";
}

export interface FilePartOptions {
  /** Required with bytes. */
  filename?: string;
  /** Such as `application/pdf`. */
  mediaType?: string;
}

/**
 * An image for the content of a user message or of a tool's `toModel`: JPEG, PNG or WebP, at most 20 MiB. Bytes become a
 * `data:` URL, which stands in the record and in every request of the conversation; an http(s) address is fetched by xAI.
 * @throws {AgentError} `invalid_message` for a size, a type or an address that is not taken.
 */
export function imagePart(source: PartSource, options: ImagePartOptions = {}): ImagePart {
  const { detail, mediaType } = options;
  const rest = detail === undefined ? {} : { detail };
  if (!isBytes(source)) return checked<ImagePart>({ type: "image", ...placeOf(source), ...rest }, "The image");
  const bytes = viewOf(source);
  if (bytes.length === 0) throw invalid("The image", "holds no bytes", "Leave the part out.");
  checkImageSize(bytes.length, "The image");
  const type = checkImageType(bytes, mediaType, "The image");
  checkDetail(detail, "The image");
  return { type: "image", url: `data:${type};base64,${toBase64(bytes)}`, ...rest };
}

/**
 * A file for the content of a user message or of a tool's `toModel`. Bytes (at most 20 MiB, with a `filename`) go in the
 * request itself, which the Responses API takes and chat completions does not; larger ones are uploaded first.
 * @throws {AgentError} `invalid_message` for a size, a name or an address that is not taken.
 */
export function filePart(source: PartSource, options: FilePartOptions = {}): FilePart {
  const { filename, mediaType } = options;
  const rest = { ...(filename === undefined ? {} : { filename }), ...(mediaType === undefined ? {} : { mediaType }) };
  if (!isBytes(source)) return checked<FilePart>({ type: "file", ...placeOf(source), ...rest }, "The file");
  const bytes = viewOf(source);
  if (bytes.length === 0) throw invalid("The file", "holds no bytes", "Leave the part out.");
  checkInlineSize(bytes.length, "The file");
  if (typeof filename !== "string" || filename === "") {
    throw invalid("The file", "has no filename", 'Name it: filePart(bytes, { filename: "report.pdf" }).');
  }
  if (mediaType !== undefined && !isMediaType(mediaType)) {
    throw invalid("The file's mediaType", `is ${nameOf(mediaType)}`, "Give a type such as application/pdf.");
  }
  return { type: "file", data: toBase64(bytes), ...rest };
}

function isBytes(source: PartSource): source is Uint8Array | ArrayBuffer {
  return source instanceof Uint8Array || source instanceof ArrayBuffer;
}

/** The same memory: nothing is copied. */
function viewOf(bytes: Uint8Array | ArrayBuffer): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
}

function placeOf(source: Exclude<PartSource, Uint8Array | ArrayBuffer>): { url: string } | { fileId: string } {
  if (typeof source === "string") return { url: source };
  if (source instanceof URL) return { url: source.href };
  if (typeof source === "object" && source !== null && "fileId" in source) return { fileId: source.fileId };
  const advice = "Give a URL, { fileId }, or bytes (Uint8Array or ArrayBuffer; of a Blob its arrayBuffer()).";
  throw invalid("The source of the part", `is ${nameOf(source)}`, advice);
}

function checked<T extends ImagePart | FilePart>(part: T, at: string): T {
  checkPart(part, at);
  return part;
}
