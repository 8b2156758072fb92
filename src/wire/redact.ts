/** What stands where a secret stood. */
const MARK = "[redacted]";

// Real keys are `xai-` and some 80 characters. Six are enough to catch a shortened echo of one.
const LIKE_A_KEY = /\bxai-[\w-]{6,}|\bBearer\s+[^\s"',;]+/gi;

/**
 * Makes a function that takes secrets, and anything that looks like an xAI key, out of a text. Servers echo keys in
 * their error messages, so every text of a server passes through here before it is shown.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  // Longest first: a secret may be part of another.
  const known = secrets.filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  return (text) => {
    const without = known.reduce((rest, secret) => rest.replaceAll(secret, MARK), text);
    return without.replace(LIKE_A_KEY, MARK);
  };
}

/** Any JSON with every text in it redacted, keys of objects included. */
export function redactJson(json: unknown, redact: (text: string) => string): unknown {
  if (typeof json === "string") return redact(json);
  if (Array.isArray(json)) return json.map((item) => redactJson(item, redact));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [redact(name), redactJson(value, redact)]));
}
