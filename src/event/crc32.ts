/**
 * CRC-32 of a text in UTF-8, as zip and PNG have it. By Node's zlib where there is one, and by a table elsewhere: records are
 * read in browsers too, and nothing of Node is imported for that.
 * @see RFC 1952, section 8
 */
export function crc32(text: string): number {
  compute ??= choose();
  return compute(text);
}

let compute: ((text: string) => number) | undefined;

function choose(): (text: string) => number {
  const zlib = globalThis.process?.getBuiltinModule?.("node:zlib");
  return zlib === undefined ? byTable(makeTable()) : (text) => zlib.crc32(text);
}

const POLYNOMIAL = 0xedb88320;

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? POLYNOMIAL ^ (value >>> 1) : value >>> 1;
    return value;
  });
}

function byTable(table: Uint32Array): (text: string) => number {
  const encoder = new TextEncoder();
  return (text) => {
    let value = 0xffffffff;
    for (const byte of encoder.encode(text)) value = (table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
    return (value ^ 0xffffffff) >>> 0;
  };
}
