type Json = Readonly<Record<string, unknown>>;

/** Plain values of a scalar schema, best first: its default, then what its limits allow. Not all of them need to pass. */
export function placeholders(schema: Json): readonly unknown[] {
  const own = schema.default === undefined ? [] : [schema.default];
  switch (schema.type) {
    case "string":
      return [...own, ...texts(schema)];
    case "number":
    case "integer":
      return [...own, ...numbers(schema)];
    case "boolean":
      return [...own, false, true];
    default:
      return [...own, null];
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  date: "2026-01-01",
  "date-time": "2026-01-01T00:00:00Z",
  time: "00:00:00Z",
  duration: "PT1H",
  email: "simulated@example.com",
  uri: "https://example.com/simulated",
  "uri-reference": "/simulated",
  hostname: "example.com",
  ipv4: "127.0.0.1",
  ipv6: "::1",
  uuid: "51300000-0000-4000-8000-000000000000",
};

function texts(schema: Json): readonly string[] {
  const least = typeof schema.minLength === "number" ? schema.minLength : 0;
  const most = typeof schema.maxLength === "number" ? schema.maxLength : Math.max(least, 64);
  const format = typeof schema.format === "string" ? FORMATS[schema.format] : undefined;
  const pattern = typeof schema.pattern === "string" ? patternText(schema.pattern) : undefined;
  const given = [format, pattern].filter((text) => text !== undefined);
  return [...given, "simulated".repeat(Math.ceil((least + 1) / 9)).slice(0, Math.max(least, Math.min(most, 9)))];
}

/** At the limits and between them, whole or not. */
function numbers(schema: Json): readonly number[] {
  const limit = (name: string): number | undefined => {
    const value = schema[name];
    return typeof value === "number" ? value : undefined;
  };
  const [low, high] = [limit("minimum") ?? limit("exclusiveMinimum"), limit("maximum") ?? limit("exclusiveMaximum")];
  const inside = low !== undefined && high !== undefined ? [(low + high) / 2] : [];
  const near = [low, high].flatMap((value) =>
    value === undefined ? [] : [Math.ceil(value), value, value + 1, value - 1],
  );
  return [0, ...near, ...near.map(Math.floor), ...inside];
}

/**
 * A text for the plainest patterns: literals, classes, groups, alternatives and counts, each at its least. Undefined for
 * what it cannot read; whether the text passes is for the caller to see.
 */
export function patternText(pattern: string): string | undefined {
  const reader = { pattern: pattern.replace(/^\^/, "").replace(/(?<!\\)\$$/, ""), at: 0 };
  const text = readBranches(reader);
  return reader.at < reader.pattern.length ? undefined : text;
}

interface Reader {
  readonly pattern: string;
  at: number;
}

/** Alternatives up to the end or a closing bracket: the first is taken. */
function readBranches(reader: Reader): string | undefined {
  const branches: (string | undefined)[] = [];
  do {
    branches.push(readSequence(reader));
  } while (take(reader, /^\|/) !== undefined);
  return branches.includes(undefined) ? undefined : branches[0];
}

function readSequence(reader: Reader): string | undefined {
  let text = "";
  while (reader.at < reader.pattern.length && !/[|)]/.test(reader.pattern[reader.at] ?? "")) {
    const atom = readAtom(reader);
    if (atom === undefined) return undefined;
    text += atom.repeat(readCount(reader));
  }
  return text;
}

function readAtom(reader: Reader): string | undefined {
  if (take(reader, /^\((\?:|\?<\w+>)?/) !== undefined) {
    const inside = readBranches(reader);
    return take(reader, /^\)/) === undefined ? undefined : inside;
  }
  const listed = take(reader, /^\[(?:\\.|[^\]\\])*\]/);
  if (listed !== undefined) return memberOf(listed);
  const escaped = take(reader, /^\\./);
  if (escaped !== undefined) return ESCAPES[escaped] ?? (/\\[a-z]/i.test(escaped) ? undefined : escaped.slice(1));
  if (take(reader, /^\./) !== undefined) return "a";
  return take(reader, /^[^()[\]{}*+?|\\^$]/);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\d": "0",
  "\\w": "a",
  "\\s": " ",
  "\\S": "a",
  "\\D": "a",
  "\\b": "",
};

/** Some character of a class: found by trying. */
function memberOf(listed: string): string | undefined {
  try {
    const one = new RegExp(`^${listed}$`);
    return [..."aA0_- ./:@#~"].find((char) => one.test(char)) ?? [...listed.slice(1)].find((char) => one.test(char));
  } catch {
    return undefined;
  }
}

/** How often, at least. */
function readCount(reader: Reader): number {
  const count = take(reader, /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/);
  if (count === undefined || count.startsWith("+")) return 1;
  return count.startsWith("{") ? Number.parseInt(count.slice(1), 10) : 0;
}

function take(reader: Reader, what: RegExp): string | undefined {
  const found = what.exec(reader.pattern.slice(reader.at))?.[0];
  if (found !== undefined) reader.at += found.length;
  return found;
}
