/** A value as JSON, or why it has none. */
export type Encoding = { ok: true; json: unknown } | { ok: false; reason: string };

const MAX_DEPTH = 200;
const MAX_NODES = 5_000_000;
/** Characters of JSON, nearly: half of the longest string there is. One text many times over would soon be beyond that. */
const MAX_LENGTH = 2 ** 28;

/** A number, a truth value or null, with what follows it: the longest number takes 25, and most take less than six. */
const SCALAR_LENGTH = 5;

interface Pass {
  /** The objects above this one: meeting one again is a cycle. The same object twice, side by side, is not. */
  readonly above: object[];
  nodes: number;
  /** Characters of JSON so far, nearly. */
  length: number;
}

class NotJson extends Error {}

/**
 * What a handler returned as plain JSON data, a copy. `undefined` is null; Date is its ISO text; BigInt its digits; Map
 * an object when its keys are strings, else a list of pairs; Set a list; bytes base64, other typed arrays lists; Error
 * its name, message and code; RegExp its source; NaN and infinities are null, functions and symbols are left out, as
 * JSON does. Everything else follows `toJSON` and own properties, each read once. Not JSON: cycles, more than 200 levels,
 * 5 million values or 268 million characters, getters and `toJSON` that throw, and objects without any JSON (promises, responses,
 * streams). Never throws.
 */
export function encodeJson(value: unknown): Encoding {
  const encoding = encodeMeasured(value);
  return encoding.ok ? { ok: true, json: encoding.json } : encoding;
}

/** The same, with how long the JSON is, nearly: never more than six times `length`, since that is what an escape takes. */
export function encodeMeasured(
  value: unknown,
): (Encoding & { ok: false }) | { ok: true; json: unknown; length: number } {
  const pass: Pass = { above: [], nodes: 0, length: 0 };
  try {
    return { ok: true, json: encode(value, "the result", pass) ?? null, length: pass.length };
  } catch (error) {
    if (error instanceof NotJson) return { ok: false, reason: error.message };
    return { ok: false, reason: "reading it threw an error (a getter, toJSON or proxy)" };
  }
}

function encode(value: unknown, path: string, pass: Pass): unknown {
  switch (typeof value) {
    case "string":
      // With its quotes and what follows it; half a surrogate pair is escaped, and then six characters.
      count(pass, (value.isWellFormed() ? 1 : 6) * value.length + 3);
      return value;
    case "boolean":
      count(pass, SCALAR_LENGTH);
      return value;
    case "number":
      count(pass, SCALAR_LENGTH);
      return Number.isFinite(value) ? value + 0 : null; // JSON has no -0
    case "bigint":
      return encode(value.toString(), path, pass);
    case "object":
      if (value !== null) return encodeObject(value, path, pass);
      count(pass, SCALAR_LENGTH);
      return null;
    case "undefined":
      count(pass, SCALAR_LENGTH); // null in a list
      return undefined;
    default:
      if (pass.above.length === 0) throw new NotJson(`${path} is a ${typeof value}`);
      count(pass, SCALAR_LENGTH);
      return undefined;
  }
}

function encodeObject(value: object, path: string, pass: Pass): unknown {
  count(pass, 3);
  if (pass.above.includes(value)) throw new NotJson(`${path} refers back to what holds it (a cycle)`);
  if (pass.above.length >= MAX_DEPTH) throw new NotJson(`it is nested deeper than ${MAX_DEPTH} levels`);
  if (++pass.nodes > MAX_NODES) throw new NotJson(`it holds more than ${MAX_NODES} values`);
  pass.above.push(value);
  const json = encodeKind(value, path, pass);
  pass.above.pop();
  return json;
}

function encodeKind(value: object, path: string, pass: Pass): unknown {
  if (Array.isArray(value)) return encodeList(value, path, pass);
  if (value instanceof Date) return encode(Number.isNaN(value.getTime()) ? null : value.toISOString(), path, pass);
  if (value instanceof ArrayBuffer) return encodeBytes(new Uint8Array(value), pass);
  if (ArrayBuffer.isView(value)) return encodeView(value, path, pass);
  if (value instanceof Map) return encodeMap(value, path, pass);
  if (value instanceof Set) return [...value].map((item, n) => encode(item, `${path}[${n}]`, pass) ?? null);
  if (value instanceof Error) return encode(partsOf(value), path, pass);
  if (value instanceof RegExp) return encode(String(value), path, pass);
  if (value instanceof String || value instanceof Number || value instanceof Boolean) {
    return encode(value.valueOf(), path, pass);
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return encode(value.toJSON(""), path, pass);
  return encodeProperties(value, path, pass);
}

/** Holes are items too: a list may be longer than there is memory for, and hold nothing. */
function encodeList(list: readonly unknown[], path: string, pass: Pass): unknown {
  if (pass.length + list.length * 2 > MAX_LENGTH) throw tooLong();
  return Array.from(list, (item, n) => encode(item, `${path}[${n}]`, pass) ?? null);
}

function encodeProperties(value: object, path: string, pass: Pass): unknown {
  const keys = Object.keys(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (keys.length === 0 && !isPlain) {
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    const hint = kind === "Promise" ? "await it" : "return plain data read from it";
    throw new NotJson(`${path} is a ${kind} without JSON of its own: ${hint}`);
  }
  const entries: [string, unknown][] = [];
  for (const key of keys) {
    // An own enumerable key of `value`; a getter may throw and is told as such.
    const json = encode((value as Record<string, unknown>)[key], `${path}.${key}`, pass);
    if (json === undefined) continue;
    count(pass, key.length + 3);
    entries.push([key, json]);
  }
  return Object.fromEntries(entries); // makes own properties even of `__proto__`
}

function encodeMap(map: ReadonlyMap<unknown, unknown>, path: string, pass: Pass): unknown {
  const entries = [...map].map(([key, value], n): [unknown, unknown] => [
    encode(key, `${path} key ${n}`, pass) ?? null,
    encode(value, `${path}[${n}]`, pass) ?? null,
  ]);
  return [...map.keys()].every((key) => typeof key === "string")
    ? Object.fromEntries(entries as [string, unknown][]) // every key was just seen to be a string
    : entries;
}

function encodeView(view: ArrayBufferView, path: string, pass: Pass): unknown {
  if (view instanceof Uint8Array || view instanceof Uint8ClampedArray || view instanceof DataView) {
    return encodeBytes(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), pass);
  }
  // Every other view is a typed array of numbers or big integers, and iterable.
  return [...(view as unknown as Iterable<number | bigint>)].map((item, n) => encode(item, `${path}[${n}]`, pass));
}

function partsOf(error: Error): object {
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return { name: error.name, message: error.message, ...code };
}

function encodeBytes(bytes: Uint8Array, pass: Pass): string {
  count(pass, (bytes.length * 4) / 3);
  return base64(bytes);
}

/** Adds to the length, and stops what grows beyond all use before it is written. */
function count(pass: Pass, characters: number): void {
  pass.length += characters;
  if (pass.length > MAX_LENGTH) throw tooLong();
}

function tooLong(): NotJson {
  return new NotJson(`it is longer than ${MAX_LENGTH} characters of JSON`);
}

/** In pieces, because a function takes no million arguments. */
function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let from = 0; from < bytes.length; from += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(from, from + 0x8000));
  }
  return btoa(binary);
}
