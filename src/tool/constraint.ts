/** Constraints as sentences for the description of the property they belong to. */
export function describeConstraints(constraints: Readonly<Record<string, unknown>>): string[] {
  const sentences: string[] = [];
  const others: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(constraints)) {
    const sentence = describeConstraint(keyword, typeof value === "string" ? value : JSON.stringify(value));
    if (sentence === undefined) others[keyword] = value;
    else sentences.push(sentence);
  }
  if (Object.keys(others).length > 0) sentences.push(`Must also satisfy JSON Schema ${JSON.stringify(others)}.`);
  return sentences;
}

function describeConstraint(keyword: string, text: string): string | undefined {
  switch (keyword) {
    case "multipleOf":
      return `Must be a multiple of ${text}.`;
    case "uniqueItems":
      return "Must hold no duplicates.";
    case "pattern":
      return `Must match the regular expression ${text}`;
    case "minLength":
      return `At least ${text} characters.`;
    case "maxLength":
      return `At most ${text} characters.`;
    case "minItems":
      return `At least ${text} items.`;
    case "maxItems":
      return `At most ${text} items.`;
    case "minProperties":
      return `At least ${text} properties.`;
    case "maxProperties":
      return `At most ${text} properties.`;
    case "examples":
      return `Examples: ${text}.`;
    case "contentEncoding":
      return `Encoded as ${text}.`;
    default:
      return undefined;
  }
}

/**
 * True when dropping a keyword loses nothing: a record's names are strings anyway, zod writes the bounds of a safe
 * integer on every integer, and `uniqueItems: false` asks for nothing.
 */
export function isIdle(keyword: string, value: unknown): boolean {
  switch (keyword) {
    case "uniqueItems":
      return value === false;
    case "minimum":
      return value === Number.MIN_SAFE_INTEGER;
    case "maximum":
      return value === Number.MAX_SAFE_INTEGER;
    case "additionalProperties":
      return value === false; // the server's default
    case "unevaluatedProperties":
    case "unevaluatedItems":
      return typeof value === "boolean";
    case "allOf":
      return Array.isArray(value) && value.length === 0;
    case "propertyNames":
      return JSON.stringify(value) === '{"type":"string"}';
    case "examples":
      return !Array.isArray(value) || value.length === 0;
    default:
      return false;
  }
}

/** Lookahead, lookbehind and references back, which grammars built from a schema cannot follow. */
export function hasLookaround(pattern: string): boolean {
  return /\(\?<?[=!]|\\[1-9]|\\k</.test(pattern);
}
