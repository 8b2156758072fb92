import { encodeMeasured } from "./encode.ts";

/** A result that is too large for the record: its bytes, to be kept beside it. */
export interface Spilled {
  bytes: Uint8Array<ArrayBuffer>;
  mediaType: string;
}

/** A handler's result, ready to be stored: as JSON, or as bytes when that would be larger than the record may hold. */
export type Storable =
  /** `text`: the JSON written out, where that was done. */
  | { type: "json"; json: unknown; text?: string | undefined }
  /** `text`: what there is to show of it, as yet uncut. */
  | { type: "spilled"; spilled: Spilled; text: string }
  | { type: "problem"; problem: string };

const encoder = new TextEncoder();

/**
 * Makes a result storable. Beyond `maxBytes` a text goes as text, bytes go as bytes, and everything else as its JSON. None is
 * written out twice, and none that is surely small is measured.
 */
export function toStorable(value: unknown, maxBytes: number): Storable {
  const binary = bytesOf(value);
  if (binary !== undefined && (binary.length * 4) / 3 > maxBytes) {
    const text = `(${binary.length} bytes of binary data, kept and not shown)`;
    // Copied: the handler may go on writing into its own.
    const spilled = { bytes: new Uint8Array(binary), mediaType: "application/octet-stream" };
    return { type: "spilled", spilled, text };
  }
  const encoding = encodeMeasured(value);
  if (!encoding.ok) return { type: "problem", problem: encoding.reason };
  const { json, length } = encoding;
  if (length * 6 <= maxBytes) return { type: "json", json };
  if (typeof json === "string" && json.isWellFormed()) {
    return beyond(json, "text/plain; charset=utf-8", maxBytes) ?? { type: "json", json };
  }
  const text = jsonText(json);
  if (text === undefined) return { type: "problem", problem: "its JSON is longer than a text can be" };
  return (
    beyond(text, "application/json", maxBytes) ?? {
      type: "json",
      json,
      text: typeof json === "string" ? undefined : text,
    }
  );
}

function beyond(text: string, mediaType: string, maxBytes: number): Storable | undefined {
  if (text.length * 3 <= maxBytes) return undefined;
  const bytes = encoder.encode(text);
  return bytes.length <= maxBytes ? undefined : { type: "spilled", spilled: { bytes, mediaType }, text };
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof Uint8Array || value instanceof Uint8ClampedArray || value instanceof DataView) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return undefined;
}

/** What is escaped grows up to six times: beyond the longest string there is, it cannot be written. */
function jsonText(json: unknown): string | undefined {
  try {
    return JSON.stringify(json);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
