import { type AgentError, errorMessage } from "../errors.ts";

/** Values looked at before a cause is held to be too large to vouch for. */
const MOST_VALUES = 1000;

/** Causes of causes that are kept. */
const MOST_CAUSES = 8;

/**
 * The same error without secrets: in its message, and in its causes, which a transport or the platform made of what was sent
 * or of what came back. A cause without any is left as it is; of another, a copy is kept that holds its name, message, stack,
 * code and causes alone.
 */
export function redactError(error: AgentError, redact: (text: string) => string): AgentError {
  const message = redact(error.message);
  if (message !== error.message) {
    error.message = message;
    error.stack = redact(error.stack ?? "");
  }
  if (error.cause !== undefined && !isClean(error.cause, redact)) error.cause = copyOf(error.cause, redact);
  return error;
}

/** True when nothing that could be printed of it holds a secret. What cannot be looked into is not clean. */
function isClean(thrown: unknown, redact: (text: string) => string): boolean {
  const seen = new Set<object>();
  const left: unknown[] = [thrown];
  try {
    while (left.length > 0) {
      const value = left.pop();
      if (typeof value === "string" && redact(value) !== value) return false;
      if (typeof value !== "object" || value === null || seen.has(value)) continue;
      seen.add(value);
      if (seen.size > MOST_VALUES || !canBeLookedInto(value)) return false;
      left.push(...partsOf(value));
    }
    return true;
  } catch {
    return false; // a proxy or getter that refuses to be asked
  }
}

function canBeLookedInto(value: object): boolean {
  if (Array.isArray(value) || value instanceof Error) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function partsOf(value: object): unknown[] {
  const names = Object.getOwnPropertyNames(value);
  // Getters are printed as such and not called; those of an error are read, for they are printed.
  const own = names.flatMap((name) => [name, Object.getOwnPropertyDescriptor(value, name)?.value]);
  const ofSymbols = Object.getOwnPropertySymbols(value).map(
    (name) => Object.getOwnPropertyDescriptor(value, name)?.value,
  );
  const shown = value instanceof Error ? [value.name, value.message, value.stack, value.cause] : [];
  return [...own, ...ofSymbols, ...shown];
}

function copyOf(thrown: unknown, redact: (text: string) => string, depth = 1): unknown {
  try {
    if (!(thrown instanceof Error)) return redact(errorMessage(thrown));
    const { name, message, stack, cause } = thrown;
    const copy = new Error(redact(String(message)));
    copy.name = redact(String(name));
    copy.stack = redact(String(stack));
    if (cause !== undefined && depth < MOST_CAUSES) copy.cause = copyOf(cause, redact, depth + 1);
    const code = "code" in thrown ? thrown.code : undefined;
    return typeof code === "string" ? Object.assign(copy, { code: redact(code) }) : copy;
  } catch {
    return "an error that cannot be read";
  }
}
