import type { AgentError } from "../errors.ts";
import { base64Size, type ContentPart, type FilePart, type ImagePart, splitDataUrl } from "../message/index.ts";
import type { MessagesInputBlock, MessagesSource } from "../wire/index.ts";
import { invalid, kindOf, partSource, text } from "./chat-message.ts";
import type { BlockRules } from "./messages-raw.ts";

/**
 * Content as the Messages protocol takes it.
 * @throws {AgentError} `invalid_message` naming the place and what is wrong there.
 */
export function toContent(
  value: string | readonly ContentPart[],
  at: string,
  rules: BlockRules,
): string | readonly MessagesInputBlock[] {
  if (!Array.isArray(value)) return text(value, at);
  if (value.length === 0) throw invalid(at, "is empty", "A message must say something.");
  return value.map((part: ContentPart, n) => toBlock(part, `${at}[${n}]`, rules));
}

function toBlock(part: ContentPart, at: string, rules: BlockRules): MessagesInputBlock {
  switch (part?.type) {
    case "text":
      return { type: "text", text: text(part.text, `${at}.text`) };
    case "image":
      return { type: "image", source: imageSource(part, at, rules) };
    case "file":
      return fileBlock(part, at, rules);
    default:
      part satisfies never;
      throw invalid(at, "is no part we know", 'A part has type "text", "image" or "file".');
  }
}

function imageSource(part: ImagePart, at: string, { maker, note }: BlockRules): MessagesSource {
  const { name, value } = partSource(part, ["url", "fileId"], at);
  if (part.detail !== undefined) note("detail", at);
  if (name === "url") return urlSource(value, at);
  if (maker.provider === "xai")
    throw notAtXai(at, "an image by its id", "Give its address, or the bytes to imagePart(…)");
  return { type: "file", file_id: value };
}

/** @see wire document 3: xAI's description of the protocol has texts and images, and images by address or as bytes */
function notAtXai(at: string, what: string, advice: string): AgentError {
  const also = `${advice}; or use api "responses", or "chat".`;
  return invalid(at, `holds ${what}, which xAI does not take over the Messages protocol`, also);
}

function fileBlock(part: FilePart, at: string, { maker }: BlockRules): MessagesInputBlock {
  const source = fileSource(part, at);
  if (source.type === "base64" && source.media_type.startsWith("image/")) return { type: "image", source };
  if (maker.provider === "xai") throw notAtXai(at, "a file", "Give its text as text");
  const { filename } = part;
  return { type: "document", source, ...(filename === undefined ? {} : { title: text(filename, `${at}.filename`) }) };
}

function fileSource(part: FilePart, at: string): MessagesSource {
  const { name, value } = partSource(part, ["fileId", "url", "data"], at);
  if (name === "fileId") return { type: "file", file_id: value };
  return name === "url" ? urlSource(value, at) : dataSource(value, mediaTypeOf(part, at), at);
}

function urlSource(url: string, at: string): MessagesSource {
  if (!/^data:/i.test(url)) return { type: "url", url };
  const data = splitDataUrl(url);
  if (data !== undefined) return dataSource(data.base64, data.mediaType, at);
  throw invalid(`${at}.url`, "is a data: URL without base64", 'Write "data:image/png;base64,…".');
}

/** Texts go as texts: base64 is taken of images and PDF only. @see Anthropic's SDK 1.11.0, `DocumentBlockParam` */
function dataSource(base64: string, mediaType: string, at: string): MessagesSource {
  if (!isTextual(mediaType)) return { type: "base64", media_type: mediaType, data: base64 };
  const data = decodeText(base64, at);
  if (data.trim() === "") throw invalid(at, "is a file without text", "Leave the part out.");
  return { type: "text", media_type: "text/plain", data };
}

function isTextual(mediaType: string): boolean {
  return mediaType.startsWith("text/") || /^application\/(?:.+\+)?(?:json|xml|yaml)$/.test(mediaType);
}

function decodeText(base64: string, at: string): string {
  // `Buffer` passes over what is no base64; `atob` takes seconds for the largest file.
  if (base64Size(base64) === undefined)
    throw invalid(at, "is no base64", "Encode the bytes with + and /, padded with =.");
  return new TextDecoder().decode(Buffer.from(base64, "base64"));
}

/** What names of files say, where nothing else does. */
const TYPE_BY_ENDING: Readonly<Record<string, string>> = {
  pdf: "application/pdf",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  json: "application/json",
  xml: "application/xml",
  yaml: "application/yaml",
  yml: "application/yaml",
  txt: "text/plain",
  md: "text/markdown",
  csv: "text/csv",
  html: "text/html",
};

function mediaTypeOf({ mediaType, filename = "" }: FilePart, at: string): string {
  if (mediaType !== undefined) return text(mediaType, `${at}.mediaType`);
  const ending = filename.slice(filename.lastIndexOf(".") + 1).toLowerCase();
  const known = Object.hasOwn(TYPE_BY_ENDING, ending) ? TYPE_BY_ENDING[ending] : undefined;
  if (known !== undefined) return known;
  throw invalid(
    `${at}.mediaType`,
    `is ${kindOf(mediaType)}`,
    'Say what the bytes are, such as mediaType: "application/pdf".',
  );
}
