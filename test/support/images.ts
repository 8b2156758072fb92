/** The first bytes of an image, which are all that is looked at, and zeros up to its size. */
function image(head: readonly number[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  bytes.set(head);
  return bytes;
}

export const png = (size = 68): Uint8Array<ArrayBuffer> =>
  image([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], size);
export const jpeg = (size = 20): Uint8Array<ArrayBuffer> => image([0xff, 0xd8, 0xff, 0xe0], size);
export const webp = (size = 20): Uint8Array<ArrayBuffer> => image([...Buffer.from("RIFF\0\0\0\0WEBP")], size);
export const gif = (size = 20): Uint8Array<ArrayBuffer> => image([...Buffer.from("GIF89a")], size);

export const dataUrl = (bytes: Uint8Array, type = "image/png"): string =>
  `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;

export const MIB: number = 1024 * 1024;
