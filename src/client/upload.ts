import { AgentError } from "../errors.ts";
import type { FileForm } from "../wire/index.ts";

/**
 * Largest file that is uploaded, in bytes. xAI's pages say 48 MB, its specification says 50: the lower one is taken by both.
 * @see wire document, section 9, row 24
 */
export const MAX_UPLOAD_BYTES: number = 48_000_000;

/** @see OpenAPI, `POST /v1/files`: an hour to 30 days */
const MIN_EXPIRY_S = 3600;
const MAX_EXPIRY_S = 2_592_000;

/** What can be uploaded. A `File` brings its name and type with it. */
export type UploadSource = Uint8Array | ArrayBuffer | Blob;

export interface UploadOptions {
  /** Required where the source is no `File`. */
  filename?: string;
  /** Such as `application/pdf`. Default: what the blob says, else `application/octet-stream`. */
  mediaType?: string;
  /** Kept by xAI for compatibility, and without effect there; other servers ask for it. Default: none is sent. */
  purpose?: string;
  /** Whole seconds from 3,600 to 2,592,000, after which xAI deletes it. Default: it stays until it is deleted. */
  expiresAfterSeconds?: number;
}

/**
 * The form that uploads a file, written by the platform. What is said of the file stands before it: xAI reads the form as it
 * arrives, and refuses an `expires_after` behind the file.
 * @throws {AgentError} `invalid_option` naming what is wrong, the limit where there is one, and what to do.
 */
export async function encodeUpload(source: UploadSource, options: UploadOptions): Promise<FileForm> {
  const { purpose, expiresAfterSeconds } = options;
  const size = sizeOf(source);
  if (size === 0) throw invalid("The file is empty: there is nothing to upload.");
  if (size > MAX_UPLOAD_BYTES) {
    throw invalid(
      `The file has ${size} bytes, and the limit of xAI is 48 MB (${MAX_UPLOAD_BYTES} bytes). Split it, or make it smaller.`,
    );
  }
  const filename = nameOf(source, options);
  checkExpiry(expiresAfterSeconds);
  const form = new FormData();
  if (expiresAfterSeconds !== undefined) form.append("expires_after", String(expiresAfterSeconds));
  if (purpose !== undefined) form.append("purpose", purpose);
  form.append("file", typed(source, options.mediaType), filename);
  const encoded = new Response(form);
  const body = new Uint8Array(await encoded.arrayBuffer());
  // The platform names the boundary that it chose.
  return { body, contentType: encoded.headers.get("content-type") ?? "multipart/form-data" };
}

function sizeOf(source: unknown): number {
  if (source instanceof Blob) return source.size;
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) return source.byteLength;
  const kind = typeof source === "string" ? "a text: read the file, and give its bytes" : "no bytes";
  throw invalid(`files.upload was given ${kind}. It takes a Uint8Array, an ArrayBuffer, a Blob or a File.`);
}

function nameOf(source: UploadSource, { filename }: UploadOptions): string {
  const name = filename ?? (source instanceof File ? source.name : undefined);
  if (typeof name === "string" && name.trim() !== "") return name;
  throw invalid('The file has no name. Give one: files.upload(bytes, { filename: "report.pdf" }).');
}

function checkExpiry(seconds: number | undefined): void {
  if (seconds === undefined) return;
  if (Number.isInteger(seconds) && seconds >= MIN_EXPIRY_S && seconds <= MAX_EXPIRY_S) return;
  throw invalid(
    `expiresAfterSeconds is ${seconds}: xAI takes whole seconds from ${MIN_EXPIRY_S} (an hour) to ${MAX_EXPIRY_S} (30 days).`,
  );
}

function typed(source: UploadSource, mediaType: string | undefined): Blob {
  if (mediaType !== undefined && !/^[\w.+-]+\/[\w.+-]+$/.test(mediaType)) {
    throw invalid(`mediaType is ${JSON.stringify(mediaType)}. Give a type such as application/pdf, or leave it out.`);
  }
  if (source instanceof Blob) return mediaType === undefined ? source : new Blob([source], { type: mediaType });
  // A view may be of shared memory, which a blob does not take: the copy never is.
  const bytes = source instanceof ArrayBuffer ? source : Uint8Array.from(source);
  return new Blob([bytes], { type: mediaType ?? "application/octet-stream" });
}

function invalid(message: string): AgentError {
  return new AgentError("invalid_option", message);
}
