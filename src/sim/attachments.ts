import type { SimFiles } from "./files.ts";
import { invalid, isRecord, type SimMessage, type SimPart, type SimRefusal, type SimRequest } from "./request.ts";

/** An image or a file that stands in a message. */
export interface SimAttachment {
  readonly kind: "image" | "file";
  readonly url?: unknown;
  readonly fileId?: unknown;
  /** Base64. */
  readonly data?: unknown;
  readonly filename?: unknown;
}

/** Largest image (https://docs.x.ai/developers/model-capabilities/images/understanding). */
const MAX_IMAGE_BYTES = 20 * 1024 * 1024;
const IMAGE_TYPES = ["image/jpeg", "image/png", "image/webp"];

/** What a part of either API attaches; undefined for text. */
export function attachmentOf(part: SimPart): SimAttachment | undefined {
  const { image_url: image, file } = part;
  switch (part.type) {
    case "image_url":
    case "input_image":
      if (isRecord(image)) return { kind: "image", url: image.url, fileId: image.file_id };
      return { kind: "image", url: image, fileId: part.file_id };
    case "file":
      return { kind: "file", ...(isRecord(file) ? { url: file.url, fileId: file.file_id } : {}) };
    case "input_file":
      return { kind: "file", url: part.file_url, fileId: part.file_id, data: part.file_data, filename: part.filename };
    default:
      return undefined;
  }
}

/** The attachments of a message, in order. */
export function attachmentsOf({ content }: SimMessage): readonly SimAttachment[] {
  return Array.isArray(content) ? content.flatMap((part: SimPart) => attachmentOf(part) ?? []) : [];
}

/**
 * Why xAI would refuse what is attached to a request's messages. Sources are stated at the rules; the words are ours.
 * Addresses are not fetched: the simulator reaches no network.
 */
export function attachmentRefusal({ messages }: SimRequest, files: SimFiles): SimRefusal | undefined {
  for (const attachment of messages.flatMap(attachmentsOf)) {
    const refusal = sourceRefusal(attachment) ?? idRefusal(attachment, files) ?? contentRefusal(attachment);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/**
 * Exactly one of the sources (OpenAPI `ImageUrl`, `FileRef`, `ModelInputContentItem`). That `input_image` goes by `file_id`
 * alone is a guess: xai-wire 2.2 lists the field, and OpenAPI calls it "only included for compatibility".
 */
function sourceRefusal({ kind, url, fileId, data, filename }: SimAttachment): SimRefusal | undefined {
  if ([url, fileId, data].filter(isGiven).length !== 1) {
    const names = kind === "image" ? "url and file_id" : "file_id, file_url and file_data";
    return invalid(`Invalid request content: exactly one of ${names} must be set for an attached ${kind}.`);
  }
  if (isGiven(data) && (typeof filename !== "string" || filename === "")) {
    return invalid("Invalid request content: filename is required when file_data is set.");
  }
  return undefined;
}

/** That such a request is refused is stated (OpenAPI, `DELETE /v1/files/{file_id}`); with which status is a guess. */
function idRefusal({ kind, fileId }: SimAttachment, files: SimFiles): SimRefusal | undefined {
  if (!isGiven(fileId)) return undefined;
  const bytes = files.content(String(fileId));
  if (bytes === undefined) return invalid(`Invalid request content: file ${String(fileId)} was not found.`);
  if (kind === "file" || imageType(bytes) !== undefined) return undefined;
  return invalid(`Invalid request content: file ${String(fileId)} is not an image (JPEG, PNG, or WebP).`);
}

function contentRefusal({ kind, url, data }: SimAttachment): SimRefusal | undefined {
  if (isGiven(data)) return decode(String(data)) === undefined ? badBase64 : undefined;
  if (!isGiven(url)) return undefined;
  const address = String(url);
  const inline = parseDataUrl(address);
  if (kind === "image" && inline !== undefined) return inlineRefusal(inline);
  if (/^https?:\/\//i.test(address)) return undefined;
  return invalid(`Invalid request content: cannot fetch ${kind} from ${JSON.stringify(address.slice(0, 60))}.`);
}

const badBase64 = invalid("Invalid request content: the attached data is not valid base64.");

/** Refused unless typed as one of the three (xai-sdk-ts, `sniffImageType`), and unless it is one by its first bytes. */
function inlineRefusal({ type, base64 }: { type: string; base64: string }): SimRefusal | undefined {
  if (!IMAGE_TYPES.includes(type)) {
    return invalid(`Invalid request content: unsupported image type ${JSON.stringify(type)}. Use JPEG, PNG, or WebP.`);
  }
  const bytes = decode(base64);
  if (bytes === undefined) return badBase64;
  if (bytes.length > MAX_IMAGE_BYTES) {
    return invalid(`Invalid request content: the image has ${bytes.length} bytes, and the maximum is 20 MiB.`);
  }
  if (imageType(bytes) !== undefined) return undefined;
  return { status: 400, body: { code: "invalid_image", error: "Could not process image." } }; // xai-wire 5.2
}

/** What a sentence may say of an attachment: `an image of 68 bytes, image/png`. */
export function describeAttachment({ kind, url, fileId, data, filename }: SimAttachment): string {
  const what = kind === "image" ? "an image" : `a file${typeof filename === "string" ? ` named ${filename}` : ""}`;
  if (isGiven(fileId)) return `${what} with the id ${String(fileId)}`;
  const inline = parseDataUrl(String(url));
  const bytes = inline === undefined ? (isGiven(data) ? decode(String(data)) : undefined) : decode(inline.base64);
  if (bytes === undefined) return `${what} at ${String(url).slice(0, 200)}`;
  const type = imageType(bytes);
  return `${what} of ${bytes.length} bytes${type === undefined ? "" : `, ${type}`}`;
}

function parseDataUrl(url: string): { type: string; base64: string } | undefined {
  const [head, type] = /^data:([^;,]*);base64,/i.exec(url.slice(0, 256)) ?? [];
  return head === undefined || type === undefined
    ? undefined
    : { type: type.toLowerCase(), base64: url.slice(head.length) };
}

function decode(base64: string): Uint8Array | undefined {
  if (base64 === "" || base64.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(base64.replace(/={1,2}$/, "")))
    return undefined;
  return Buffer.from(base64, "base64");
}

function imageType(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  return head.startsWith("RIFF") && head.slice(8) === "WEBP" ? "image/webp" : undefined;
}
