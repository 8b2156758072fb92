/** JSON of which more and more is there. Every character is read once, however it is divided. */
export interface PartialJson {
  /**
   * What is known: the same object each time, which grows. Texts may be cut, numbers and words are there when they are
   * complete, an entry is there as soon as it is known what it is. Undefined while there is nothing.
   */
  readonly value: unknown;
  /** Reads on. True when the value has changed. What is no JSON ends the reading, and so does the end of the value. */
  push(text: string): boolean;
  /** There is no more: a number that stands alone ends only here. True when the value has changed. */
  end(): boolean;
}

type Expects = "value" | "item or end" | "key or end" | "key" | "colon" | "comma or end";
type Mode = Expects | "string" | "escape" | "word" | "done" | "broken";

/** A list or object that is not closed, and where in it the next value goes. */
interface Open {
  holder: unknown[] | Record<string, unknown>;
  slot: string | number;
}

interface Parser {
  mode: Mode;
  open: Open[];
  root: unknown;
  hasChanged: boolean;
  /** The string, word or number being read, and whether it is a key. */
  text: string;
  isKey: boolean;
  /** What follows a backslash. */
  escape: string;
  /** The string ends in one half of a pair. */
  isHalved: boolean;
  /** The string has grown since it was last put where it belongs. */
  hasGrown: boolean;
}

/**
 * Reads JSON as it comes. None of the libraries of 2026-11 fits: those that show a value before it is whole parse it again for every
 * piece, or (jsonriver) pull from an iterable and throw at what is no JSON.
 */
export function createPartialJson(): PartialJson {
  const parser: Parser = {
    mode: "value",
    open: [],
    root: undefined,
    hasChanged: false,
    text: "",
    isKey: false,
    escape: "",
    isHalved: false,
    hasGrown: false,
  };
  return {
    get value() {
      return parser.root;
    },
    push(text) {
      parser.hasChanged = false;
      for (let at = 0; at < text.length; ) {
        if (parser.mode === "done" || parser.mode === "broken") break;
        at = step(parser, text, at);
      }
      showString(parser);
      return parser.hasChanged;
    },
    end() {
      parser.hasChanged = false;
      if (parser.mode === "word") endWord(parser);
      return parser.hasChanged;
    },
  };
}

/** Reads from `at` on; returns where to read next. */
function step(parser: Parser, text: string, at: number): number {
  switch (parser.mode) {
    case "string":
      return readString(parser, text, at);
    case "escape":
      readEscape(parser, text.charAt(at));
      return at + 1;
    case "word":
      return readWord(parser, text, at);
    default:
      if (!" \t\n\r".includes(text.charAt(at))) readMark(parser, text.charAt(at));
      return at + 1;
  }
}

/** A mark between values, or the first character of a value. */
function readMark(parser: Parser, mark: string): void {
  const { mode } = parser;
  const holder = parser.open.at(-1)?.holder;
  const end = Array.isArray(holder) ? "]" : "}";
  if (mark === end && (mode === "item or end" || mode === "key or end" || mode === "comma or end")) {
    parser.open.pop();
    endValue(parser);
  } else if (mode === "value" || mode === "item or end") {
    beginValue(parser, mark);
  } else if (mode === "colon") {
    parser.mode = mark === ":" ? "value" : "broken";
  } else if (mode === "comma or end") {
    const next = Array.isArray(holder) ? "value" : "key";
    parser.mode = mark === "," ? next : "broken";
  } else if (mark === '"') {
    beginString(parser, true);
  } else {
    parser.mode = "broken";
  }
}

function beginValue(parser: Parser, mark: string): void {
  const top = parser.open.at(-1);
  if (Array.isArray(top?.holder)) top.slot = top.holder.length;
  if (mark === "{") open(parser, {}, "key or end");
  else if (mark === "[") open(parser, [], "item or end");
  else if (mark === '"') beginString(parser, false);
  else if (/[-\dtfn]/.test(mark)) {
    parser.mode = "word";
    parser.text = mark;
  } else parser.mode = "broken";
}

function open(parser: Parser, holder: Open["holder"], mode: Expects): void {
  place(parser, holder);
  parser.open.push({ holder, slot: 0 });
  parser.mode = mode;
}

/** Puts a value where it belongs. */
function place(parser: Parser, value: unknown): void {
  parser.hasChanged = true;
  const top = parser.open.at(-1);
  if (top === undefined) parser.root = value;
  else if (top.slot !== "__proto__")
    (top.holder as Record<string | number, unknown>)[top.slot] = value; // the slot fits its holder
  else Object.defineProperty(top.holder, top.slot, { value, enumerable: true, configurable: true, writable: true });
}

function endValue(parser: Parser): void {
  parser.mode = parser.open.length === 0 ? "done" : "comma or end";
}

function beginString(parser: Parser, isKey: boolean): void {
  parser.mode = "string";
  parser.text = "";
  parser.isKey = isKey;
  parser.isHalved = false;
  parser.hasGrown = false;
  if (!isKey) place(parser, "");
}

function readString(parser: Parser, text: string, from: number): number {
  let at = from;
  while (at < text.length && !endsRun(text.charCodeAt(at))) at += 1;
  if (at > from) addText(parser, text.slice(from, at));
  if (at === text.length) return at;
  const mark = text.charAt(at);
  if (mark === '"') endString(parser);
  else parser.mode = mark === "\\" ? "escape" : "broken";
  parser.escape = "";
  return at + 1;
}

/** A quote, a backslash, or a character that JSON does not allow in strings. */
function endsRun(code: number): boolean {
  return code === 0x22 || code === 0x5c || code < 0x20;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

function readEscape(parser: Parser, char: string): void {
  parser.escape += char;
  const { escape: read } = parser;
  const plain = read.length === 1 ? ESCAPES[read] : undefined;
  if (plain !== undefined) addText(parser, plain);
  else if (/^u[\da-fA-F]{4}$/.test(read)) addText(parser, String.fromCharCode(Number.parseInt(read.slice(1), 16)));
  else if (!/^u[\da-fA-F]{0,3}$/.test(read)) parser.mode = "broken";
}

function addText(parser: Parser, piece: string): void {
  parser.mode = "string";
  parser.text += piece;
  parser.hasGrown = true;
  const last = piece.charCodeAt(piece.length - 1); // of the piece: looking into the whole text would copy it
  parser.isHalved = last >= 0xd800 && last <= 0xdbff;
}

function endString(parser: Parser): void {
  const top = parser.open.at(-1);
  if (!parser.isKey) {
    place(parser, parser.text);
    endValue(parser);
  } else if (top !== undefined) {
    top.slot = parser.text;
    parser.mode = "colon";
  }
}

/** What there is of a string that goes on in the next piece; never half a character. */
function showString(parser: Parser): void {
  if (parser.mode !== "string" && parser.mode !== "escape") return;
  if (parser.isKey || !parser.hasGrown) return;
  parser.hasGrown = false;
  place(parser, parser.isHalved ? parser.text.slice(0, -1) : parser.text);
}

function readWord(parser: Parser, text: string, from: number): number {
  let at = from;
  while (at < text.length && /[-+.\w]/.test(text.charAt(at))) at += 1;
  parser.text += text.slice(from, at);
  if (at < text.length) endWord(parser);
  return at;
}

const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

function endWord(parser: Parser): void {
  const word = WORDS.get(parser.text);
  const isNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(parser.text);
  if (word === undefined && !isNumber) {
    parser.mode = "broken";
    return;
  }
  place(parser, word === undefined ? Number(parser.text) : word);
  endValue(parser);
}
