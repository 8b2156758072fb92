import { withoutCredentials } from "../errors.ts";

/** What stands where a secret stood. */
const MARK = "[redacted]";

/** A shorter one may be a word that stands in any sentence. */
const LEAST = 4;

/** The same for the content of answers, where a key such as `lm-studio`, or the simulator's own, may be a word as well. */
const LEAST_IN_CONTENT = 16;

/**
 * Makes a function that takes secrets, and anything that looks like a credential, out of a text. Servers echo keys in
 * their error messages, so every text of a server passes through here before it is shown.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const hide = createHider(secrets, LEAST);
  return (text) => withoutCredentials(hide(text));
}

/**
 * Makes a function that takes just these secrets out of what a server sent, before it is read: what only looks like a
 * credential is the model's own words, and stays. Runs for every event, so it looks before it copies. JSON may spell a character
 * in more than one way (PHP writes `\/`, Gson `\u003d`), and what is read of it is the secret all the same.
 */
export function createHider(secrets: readonly string[], least: number = LEAST_IN_CONTENT): (text: string) => string {
  const spelled = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  // Longest first: a secret may be part of another.
  const known = [...new Set(spelled)].filter(({ length }) => length >= least).sort((a, b) => b.length - a.length);
  if (known.length === 0) return (given) => given;
  return (given) => {
    const plain = withoutNeedlessEscapes(given);
    const text = plain !== given && known.some((secret) => plain.includes(secret)) ? plain : given;
    return known.reduce((rest, secret) => (rest.includes(secret) ? rest.replaceAll(secret, MARK) : rest), text);
  };
}

/** The same JSON as `JSON.stringify` spells it, as far as ASCII goes: which is what headers are made of. */
function withoutNeedlessEscapes(text: string): string {
  if (!text.includes("\\/") && !text.includes("\\u00")) return text;
  return text.replace(/\\(?:\\|\/|u00[2-7][\da-f])/gi, (spelled) => {
    if (spelled === "\\\\") return spelled; // a backslash: what follows it is no escape
    if (spelled === "\\/") return "/";
    return JSON.stringify(String.fromCharCode(Number.parseInt(spelled.slice(2), 16))).slice(1, -1);
  });
}

/** Headers that say who asks and about what. Everything else that is sent is held to be a credential. */
const HARMLESS =
  /^(accept.*|content-.*|user-agent|origin|referer|http-referer|x-title|trace.*|baggage|anthropic-(version|beta)|x-grok-conv-id|x-client-.*|x-request-id)$/;

/** A shorter value is no secret, and taking it out would spoil messages that hold the same word. */
const LEAST_HEADER = 8;

/** The values of headers that may be credentials; of `Bearer abc` also the part behind the scheme, which servers echo alone. */
export function secretsInHeaders(headers: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (typeof value !== "string" || HARMLESS.test(name.toLowerCase())) return [];
    const token = /^[\w-]+\s+(\S+)$/.exec(value)?.[1];
    return [value, ...(token === undefined ? [] : [token])].filter(({ length }) => length >= LEAST_HEADER);
  });
}

/** Any JSON with every text in it redacted, keys of objects included. */
export function redactJson(json: unknown, redact: (text: string) => string): unknown {
  if (typeof json === "string") return redact(json);
  if (Array.isArray(json)) return json.map((item) => redactJson(item, redact));
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [redact(name), redactJson(value, redact)]));
}
