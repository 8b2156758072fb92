import type { Transform } from "node:stream";
import * as zlib from "node:zlib";

/** As `fetch` does: what has come is handed on at once, and an end that is missing is for the reader of the text to notice. */
const { BROTLI_OPERATION_FLUSH, Z_SYNC_FLUSH } = zlib.constants;
const LENIENT: zlib.ZlibOptions = { flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH };
const LENIENT_BROTLI: zlib.BrotliOptions = { flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH };

/** Makes what unpacks a coding, given the first byte of what is packed. */
type Unpacker = (first: number) => Transform;

const UNPACKERS: Readonly<Record<string, Unpacker>> = {
  gzip: () => zlib.createGunzip(LENIENT),
  "x-gzip": () => zlib.createGunzip(LENIENT),
  // Some servers leave out the wrapping that the name stands for.
  deflate: (first) => ((first & 0x0f) === 8 ? zlib.createInflate(LENIENT) : zlib.createInflateRaw(LENIENT)),
  br: () => zlib.createBrotliDecompress(LENIENT_BROTLI),
  zstd: () => zlib.createZstdDecompress(),
};

/** A server that packs what is packed more often than this means harm: it is left as it is. */
const MOST_LAYERS = 5;

/**
 * What has to be done to a body that a server or a proxy has compressed unasked; undefined where that is nothing, or cannot be done.
 * @param encoding The header `content-encoding`.
 */
export function unpackerOf(
  encoding: string | undefined,
): ((body: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) | undefined {
  if (encoding === undefined) return undefined;
  const names = encoding.split(",").map((name) => name.trim().toLowerCase());
  const layers = names.reverse().map((name) => (Object.hasOwn(UNPACKERS, name) ? UNPACKERS[name] : undefined));
  const known = layers.filter((layer) => layer !== undefined);
  if (known.length < layers.length || known.length > MOST_LAYERS) return undefined;
  return (body) => known.reduce(unpack, body);
}

async function* unpack(body: AsyncIterable<Uint8Array>, create: Unpacker): AsyncGenerator<Uint8Array> {
  const reads = body[Symbol.asyncIterator]();
  try {
    const begun = await reads.next();
    if (begun.done === true) return;
    const unpacker = create(begun.value[0] ?? 0);
    void feed(unpacker, begun.value, reads);
    yield* unpacker;
  } finally {
    await reads.return?.();
  }
}

/** No read is asked for before the one before it is unpacked and read: what blows up stays small here, and most of it with the server. */
async function feed(unpacker: Transform, first: Uint8Array, reads: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    await write(unpacker, first);
    for (let read = await reads.next(); read.done !== true; read = await reads.next())
      await write(unpacker, read.value);
    unpacker.end();
  } catch (error) {
    // Its reader is told. What is no error is the reason of an abort, of which he knows.
    unpacker.destroy(error instanceof Error ? error : new Error("The reading was given up."));
  }
}

function write(unpacker: Transform, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    unpacker.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
