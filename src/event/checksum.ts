import { crc32 } from "./crc32.ts";

/** How a checked line ends: a last field, so that `jq` reads the line as it reads any other. */
const TEMPLATE = ',"crc":"########"}';
const FORM = /^,"crc":"[0-9a-f]{8}"\}$/;
/** So many of the ten characters that never differ are no chance: no event of ours ends like that. */
const ENOUGH_TO_KNOW = 7;

/** Adds the checksum of a JSON object to it, as its last field. */
export function addChecksum(json: string): string {
  return `${json.slice(0, -1)},"crc":"${checksum(json)}"}`;
}

/** What a line is without its checksum, and what there is to say of that. */
export type CheckedLine = { json: string; state: "right" | "wrong" | "damaged" | "none" };

/**
 * Takes the checksum off a line and compares it. `none`: an older version wrote the line. `damaged`: there was a checksum, and
 * it is not in its form any more.
 */
export function takeChecksum(line: string): CheckedLine {
  const end = line.slice(-TEMPLATE.length);
  if (!FORM.test(end)) return { json: line, state: isDamaged(end) ? "damaged" : "none" };
  const json = `${line.slice(0, -TEMPLATE.length)}}`;
  return { json, state: checksum(json) === end.slice(8, 16) ? "right" : "wrong" };
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, "0");
}

function isDamaged(end: string): boolean {
  if (end.length < TEMPLATE.length) return false;
  let alike = 0;
  for (let index = 0; index < TEMPLATE.length; index += 1) {
    if (TEMPLATE[index] !== "#" && TEMPLATE[index] === end[index]) alike += 1;
  }
  return alike >= ENOUGH_TO_KNOW;
}
