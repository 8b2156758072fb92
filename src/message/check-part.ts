import { AgentError } from "../errors.ts";
import {
  base64Head,
  base64Size,
  IMAGE_TYPES,
  MAX_IMAGE_BYTES,
  MAX_INLINE_FILE_BYTES,
  sniffImage,
  splitDataUrl,
} from "./media.ts";
import type { ContentPart } from "./message.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Types of parts in the JSON of the endpoints. */
const WIRE_PARTS = ["image_url", "input_text", "input_image", "input_file", "text_file"];
const DETAILS: readonly unknown[] = [undefined, "auto", "low", "high"];

/**
 * Checks a part that somebody handed in. The bytes in it are measured and looked at, not decoded.
 * @param at Its place, such as `messages[2].content[1]`.
 * @throws {AgentError} `invalid_message` naming the place, what is wrong, the limit where there is one, and what to do.
 */
export function checkPart(part: unknown, at: string): asserts part is ContentPart {
  if (typeof part !== "object" || part === null) {
    throw invalid(at, "is no part of a message", 'Give a part, such as { type: "text", text: "…" }.');
  }
  const fields = part as Fields; // an object; what it holds is looked at below
  checkMark(fields, at);
  switch (fields.type) {
    case "text":
      return checkText(fields, at);
    case "image":
      return checkImage(fields, at);
    case "file":
      return checkFile(fields, at);
    default:
      throw unknownType(fields.type, at);
  }
}

/** A mark that is passed over in silence would be trust. */
export function checkMark({ untrusted }: Fields, at: string): void {
  if (untrusted === undefined || untrusted === true) return;
  throw invalid(`${at}.untrusted`, `is ${nameOf(untrusted)}`, "Write true, or leave it out.");
}

function unknownType(type: unknown, at: string): AgentError {
  if (typeof type === "string" && WIRE_PARTS.includes(type)) {
    const advice = "Convert chat-completions JSON with fromChatMessages(messages), or make the part with imagePart(…).";
    return invalid(at, `has the type "${type}", which is another form of a part`, advice);
  }
  return invalid(at, "is no part we know", 'A part has type "text", "image" or "file".');
}

function checkText({ text }: Fields, at: string): void {
  if (typeof text !== "string") throw invalid(`${at}.text`, `is ${nameOf(text)}`, "Give a text.");
  if (text === "") throw invalid(`${at}.text`, "is empty", "Leave the part out, or say something.");
}

function checkImage(fields: Fields, at: string): void {
  const source = onlySource(fields, ["url", "fileId"], at);
  checkDetail(fields.detail, at);
  if (source.name === "url") checkImageUrl(source.value, `${at}.url`);
}

export function checkDetail(detail: unknown, at: string): void {
  if (DETAILS.includes(detail)) return;
  throw invalid(`${at}.detail`, `is ${nameOf(detail)}`, 'Give "auto", "low" or "high", or leave it out.');
}

function checkImageUrl(url: string, at: string): void {
  if (!/^data:/i.test(url)) {
    checkWebUrl(url, at, "Give an http(s) or data: URL, or the bytes to imagePart(bytes).");
    return;
  }
  const data = splitDataUrl(url);
  if (data === undefined) throw invalid(at, "is a data: URL without base64", 'Write "data:image/png;base64,…".');
  const size = sizeOf(data.base64, at);
  checkImageSize(size, at);
  checkImageType(base64Head(data.base64), data.mediaType, at);
}

/** @throws {AgentError} `invalid_message` when an image of this size is not taken. */
export function checkImageSize(bytes: number, at: string): void {
  if (bytes <= MAX_IMAGE_BYTES) return;
  const advice = "Make it smaller, or give the address of a smaller one.";
  throw invalid(at, `is an image of ${bytes} bytes, and the limit is 20 MiB (${MAX_IMAGE_BYTES} bytes)`, advice);
}

/**
 * The type of an image by its first bytes.
 * @param said What it is said to be, if anything is said.
 * @throws {AgentError} `invalid_message` when it is another one, or none that xAI takes.
 */
export function checkImageType(head: Uint8Array, said: string | undefined, at: string): string {
  const found = sniffImage(head);
  // `image/jpg` is what many write, and no type: xAI refuses data: URLs that are not typed as one of the three.
  if (said !== undefined && !IMAGE_TYPES.includes(said)) {
    const mean = said === "image/jpg" ? 'Write "image/jpeg".' : `xAI takes ${IMAGE_TYPES.join(", ")}: convert it.`;
    throw invalid(at, `is said to be ${JSON.stringify(said)}`, mean);
  }
  if (found === undefined) {
    throw invalid(at, "holds bytes of no JPEG, PNG or WebP", "Convert the image to one of these.");
  }
  if (said !== undefined && said !== found) {
    throw invalid(at, `is said to be ${said}, and its bytes are ${found}`, "Give the type that it has, or none.");
  }
  return found;
}

function checkFile(fields: Fields, at: string): void {
  const source = onlySource(fields, ["fileId", "url", "data"], at);
  const { filename, mediaType } = fields;
  if (filename !== undefined && (typeof filename !== "string" || filename === "")) {
    throw invalid(`${at}.filename`, `is ${nameOf(filename)}`, "Give a name, such as report.pdf, or leave it out.");
  }
  if (mediaType !== undefined && !isMediaType(mediaType)) {
    throw invalid(
      `${at}.mediaType`,
      `is ${nameOf(mediaType)}`,
      "Give a type such as application/pdf, or leave it out.",
    );
  }
  if (source.name === "url") checkFileUrl(source.value, `${at}.url`);
  if (source.name === "data") checkFileData(source.value, filename, at);
}

function checkFileUrl(url: string, at: string): void {
  if (/^data:/i.test(url)) {
    throw invalid(at, "is a data: URL", "Give the base64 behind its comma as data, with a filename.");
  }
  checkWebUrl(url, at, "Give an http(s) URL that xAI can fetch, or the bytes to filePart(bytes, { filename }).");
}

function checkFileData(data: string, filename: unknown, at: string): void {
  checkInlineSize(sizeOf(data, `${at}.data`), `${at}.data`);
  if (filename === undefined) throw invalid(at, "has data and no filename", "Give a filename, such as report.pdf.");
}

/** @throws {AgentError} `invalid_message` when a file of this size cannot stand in a message. */
export function checkInlineSize(bytes: number, at: string): void {
  if (bytes <= MAX_INLINE_FILE_BYTES) return;
  const limit = `the limit within a message is 20 MiB (${MAX_INLINE_FILE_BYTES} bytes)`;
  const advice = "Upload it with client.files.upload(…), and give its id: filePart({ fileId }).";
  throw invalid(at, `is a file of ${bytes} bytes, and ${limit}`, advice);
}

export function isMediaType(value: unknown): boolean {
  return typeof value === "string" && /^[\w.+-]+\/[\w.+-]+$/.test(value);
}

function sizeOf(base64: string, at: string): number {
  const size = base64Size(base64);
  if (size === undefined) throw invalid(at, "is no base64", "Encode the bytes with + and /, padded with =.");
  if (size === 0) throw invalid(at, "holds no bytes", "Leave the part out.");
  return size;
}

function checkWebUrl(url: string, at: string, advice: string): void {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return;
  throw invalid(at, `is ${nameOf(url)}`, advice);
}

/** The one place a part comes from. */
function onlySource(fields: Fields, names: readonly string[], at: string): { name: string; value: string } {
  const given = names.filter((name) => fields[name] !== undefined);
  const [name] = given;
  if (name === undefined) throw invalid(at, `has neither ${names.join(" nor ")}`, "Give one of them.");
  if (given.length > 1) throw invalid(at, `has a ${given.join(" and a ")}`, "Give one of them.");
  const value = fields[name];
  if (typeof value !== "string" || value === "") {
    throw invalid(`${at}.${name}`, `is ${nameOf(value)}`, "Give a text.");
  }
  return { name, value };
}

export function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  return `a ${typeof value}`;
}

/** One shape for all that is wrong with a message: where, what, and what to do. */
export function invalid(where: string, what: string, advice: string): AgentError {
  return new AgentError("invalid_message", `${where} ${what}. ${advice}`);
}
