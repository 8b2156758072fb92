import { errorMessage } from "../errors.ts";

/** JSON that is safe to keep as data, or why a text is not. */
export type JsonText = { json: unknown } | { problem: string };

/** Largest text, in UTF-16 units, and deepest nesting. */
export const MAX_JSON_LENGTH = 1_048_576;
const MAX_JSON_DEPTH = 64;

/**
 * Reads JSON that a model wrote, strictly: at most 1 MiB, at most 64 levels, no keys that reach for prototypes.
 * @param subject What the text is, with its verb, such as `the arguments are`; begins what is said of it.
 */
export function readJsonText(text: string, subject: string): JsonText {
  const problem = scan(text, subject);
  if (problem !== undefined) return { problem };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { problem: `${subject} not JSON: ${errorMessage(error)}` };
  }
  const key = typeof json === "object" && json !== null && mayName(text) ? forbiddenKey(json) : undefined;
  return key === undefined ? { json } : { problem: `the key ${key} is not allowed` };
}

/** Length and depth, before anything is parsed and without recursion. */
function scan(text: string, subject: string): string | undefined {
  if (text.length > MAX_JSON_LENGTH) return `${subject} longer than ${MAX_JSON_LENGTH} characters`;
  if (text.length <= MAX_JSON_DEPTH) return undefined; // cannot be deeper
  let depth = 0;
  let isString = false;
  for (let n = 0; n < text.length; n++) {
    const char = text.charCodeAt(n);
    if (isString && char === BACKSLASH) n++;
    else if (char === QUOTE) isString = !isString;
    else if (isString) continue;
    else if (char === OPEN_OBJECT || char === OPEN_LIST) depth++;
    else if (char === CLOSE_OBJECT || char === CLOSE_LIST) depth--;
    if (depth > MAX_JSON_DEPTH) return `${subject} nested deeper than ${MAX_JSON_DEPTH} levels`;
  }
  return undefined;
}

const [BACKSLASH, QUOTE] = [0x5c, 0x22];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Whether the text can have a key that is not allowed: both have a word in them, which only escapes can hide. */
function mayName(text: string): boolean {
  return text.includes("proto") || text.includes("\\");
}

/** An own key by which a careless merge would change a prototype, at any depth. */
function forbiddenKey(root: object): string | undefined {
  const open: object[] = [root];
  for (let object = open.pop(); object !== undefined; object = open.pop()) {
    if (Object.hasOwn(object, "__proto__")) return "__proto__";
    for (const [key, value] of Object.entries(object)) {
      if (typeof value !== "object" || value === null) continue;
      if (key === "constructor" && Object.hasOwn(value, "prototype")) return "constructor.prototype";
      open.push(value);
    }
  }
  return undefined;
}
