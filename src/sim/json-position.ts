/** A place in a JSON document: member names and list positions, from the root. */
export type JsonPath = readonly (string | number)[];

/** A path as xAI's JSON layer writes it: `tools[0].type`. */
export function pathText(path: JsonPath): string {
  return path.map((part, at) => (typeof part === "number" ? `[${part}]` : at === 0 ? part : `.${part}`)).join("");
}

/**
 * Where the value at `path` ends, as serde counts: lines from 1, columns in bytes. A path that leads nowhere is where
 * its last existing value ends.
 * @param text A JSON document; it must parse.
 */
export function positionAfter(text: string, path: JsonPath): { line: number; column: number } {
  const end = endOf(text, skipSpace(text, 0), path);
  const lineStart = text.lastIndexOf("\n", end - 1) + 1;
  const line = text.slice(0, lineStart).split("\n").length;
  return { line, column: Buffer.byteLength(text.slice(lineStart, end)) };
}

function endOf(text: string, start: number, path: JsonPath): number {
  const [step, ...rest] = path;
  if (step === undefined) return endOfValue(text, start);
  for (const member of members(text, start)) {
    if (member.key === step) return endOf(text, member.valueAt, rest);
  }
  return endOfValue(text, start);
}

/** The members of the object or list that begins at `start`; none for anything else. */
function* members(text: string, start: number): Generator<{ key: string | number; valueAt: number }> {
  const isObject = text[start] === "{";
  if (!isObject && text[start] !== "[") return;
  let at = skipSpace(text, start + 1);
  for (let index = 0; text[at] !== "}" && text[at] !== "]"; index++) {
    const keyEnd = isObject ? endOfString(text, at) : at;
    const key = isObject ? String(JSON.parse(text.slice(at, keyEnd))) : index;
    const valueAt = isObject ? skipSpace(text, skipSpace(text, keyEnd) + 1) : at;
    yield { key, valueAt };
    at = skipSpace(text, endOfValue(text, valueAt));
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
}

/** Where the value that begins at `start` ends. */
export function endOfValue(text: string, start: number): number {
  if (text[start] === '"') return endOfString(text, start);
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at) - 1;
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") {
      if (depth === 0) return at; // a number or word, ended by what holds it
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (char === "," || isSpace(char))) return at;
    at++;
  }
  return at;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"' && at < text.length) at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text[at])) at++;
  return at;
}

function isSpace(char: string | undefined): boolean {
  return char === " " || char === "\n" || char === "\r" || char === "\t";
}
