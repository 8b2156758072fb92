import { isObject, readString } from "./json.ts";

/** What a server said went wrong, whatever shape it said it in. Texts as sent: to be redacted before they are shown. */
export interface ServerFault {
  message?: string;
  /** `code` of the body, such as `invalid-argument`; some servers send a sentence or a number. */
  code?: string;
  /** The parameter it complains of, where it says so. */
  param?: string;
  /** What the failed answer used, as the wire says it: it is billed all the same. */
  usage?: unknown;
}

/**
 * Finds the fault in a body of an error answer: flat `{code, error}`, nested `{error: {…}}`, `{type: "error", message}`, or plain
 * text. A page of HTML has no message: it is never shown.
 */
export function readFault(body: string): ServerFault {
  const json = parse(body);
  if (isObject(json)) return readFaultObject(json);
  const text = typeof json === "string" ? json : body;
  return looksLikeHtml(text) || text.trim() === "" ? {} : { message: clean(text) };
}

/** The fault in an object that may be an ordinary one; undefined when it is. */
export function findFault(json: unknown, event?: string): ServerFault | undefined {
  if (!isObject(json)) return undefined;
  const { error } = json;
  const hasError = isObject(error) || (typeof error === "string" && error !== "");
  return hasError || json.type === "error" || event === "error" ? readFaultObject(json) : undefined;
}

function readFaultObject(body: Readonly<Record<string, unknown>>): ServerFault {
  const inner = isObject(body.error) ? body.error : body;
  const text = readString(inner.message) ?? readString(body.error) ?? readString(body.detail);
  const code = inner.code ?? body.code;
  const type = inner.type === "error" ? undefined : readString(inner.type);
  const fault: ServerFault = {};
  if (typeof code === "string" && code !== "") fault.code = code;
  else if (typeof code === "number") fault.code = String(code);
  else if (type !== undefined) fault.code = type;
  const param = readString(inner.param);
  if (param !== undefined) fault.param = param;
  return text === undefined ? fault : unwrap(fault, text);
}

/** A message may itself be the JSON of an inner error (grok-build unwraps it too). Once is enough. */
function unwrap(fault: ServerFault, text: string): ServerFault {
  const inner = text.trimStart().startsWith("{") ? parse(text) : undefined;
  if (!isObject(inner)) return looksLikeHtml(text) ? fault : { ...fault, message: clean(text) };
  const source = isObject(inner.error) ? inner.error : inner;
  const message = readString(source.message) ?? readString(inner.error) ?? text;
  const code = readString(source.code);
  return { ...fault, ...(fault.code === undefined && code !== undefined ? { code } : {}), message: clean(message) };
}

/** Without xAI's `[WKE=slug]` marker, on one line. */
function clean(text: string): string {
  return text
    .replace(/\[WKE=[^\][]*\]\s*/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

export function looksLikeHtml(text: string): boolean {
  return /^\s*(<!doctype|<\?xml|<html|<head|<body|<!--)/i.test(text) || /<\/(html|body|head)>/i.test(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is one of the shapes a body may have.
    return undefined;
  }
}
