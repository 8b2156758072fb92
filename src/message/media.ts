/**
 * Largest image, in bytes: 20 MiB.
 * @see https://docs.x.ai/developers/model-capabilities/images/understanding, read 2026-11-20
 */
export const MAX_IMAGE_BYTES: number = 20 * 1024 * 1024;

/**
 * Largest file that stands in a message itself, in bytes: 20 MiB. xAI names no limit for these; ours is that of images,
 * because such a file is written into every request of its conversation, a third longer. Larger ones are uploaded.
 */
export const MAX_INLINE_FILE_BYTES: number = 20 * 1024 * 1024;

/**
 * What an image may be. The pages name JPEG and PNG, the newer specification WebP too.
 * @see OpenAPI "xAI's REST API" 1.0.0, `ImageUrl` (xai-org/xai-sdk-ts, commit 41e766ac), read 2026-11-20
 */
export const IMAGE_TYPES: readonly string[] = ["image/jpeg", "image/png", "image/webp"];

/** The media type that the first bytes of an image tell, or undefined for what xAI does not take. */
export function sniffImage(bytes: Uint8Array): string | undefined {
  if (hasBytes(bytes, 0, [0xff, 0xd8, 0xff])) return "image/jpeg";
  if (hasBytes(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return "image/png";
  const isWebp = hasBytes(bytes, 0, [0x52, 0x49, 0x46, 0x46]) && hasBytes(bytes, 8, [0x57, 0x45, 0x42, 0x50]);
  return isWebp ? "image/webp" : undefined;
}

function hasBytes(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, n) => bytes[at + n] === byte);
}

/** Bytes as base64. Not with `btoa`, which takes over a second for the largest image and holds up everything else meanwhile. */
export function toBase64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

/** How many bytes base64 stands for, or undefined for what is none. Nothing is decoded. */
export function base64Size(text: string): number | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  // A search for what does not belong there, and not a match of all that does: it needs no memory, however long the text.
  if (/[^A-Za-z0-9+/]/.test(text.slice(0, text.length - padding))) return undefined;
  return (text.length / 4) * 3 - padding;
}

/** The first bytes of base64 that was found to be such, as many as `sniffImage` looks at. */
export function base64Head(text: string): Uint8Array {
  return Uint8Array.from(atob(text.slice(0, 16)), (character) => character.charCodeAt(0));
}

/** What a `data:` URL says of itself, and the base64 behind it; undefined where it is not of that form. */
export function splitDataUrl(url: string): { mediaType: string; base64: string } | undefined {
  const [head, type] = /^data:([\w.+/-]*)(?:;[^;,]{1,64})*;base64,/i.exec(url.slice(0, 512)) ?? [];
  return head === undefined || type === undefined
    ? undefined
    : { mediaType: type.toLowerCase(), base64: url.slice(head.length) };
}
