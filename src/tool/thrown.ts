import { AgentError, errorMessage, withoutCredentials } from "../errors.ts";

/** What a handler threw, for the two who ask. */
export interface Thrown {
  /** Safe for the model: the words of an `AgentError`, of anything else no more than its kind. */
  public: string | undefined;
  /** For the record: kind, message, and the message of the cause, without what looks like a credential. */
  full: string;
}

/** Reads anything that can be thrown: null, a string, an object whose every property throws. Never throws. */
export function readThrown(thrown: unknown): Thrown {
  try {
    if (thrown instanceof AgentError) return { public: thrown.message, full: withCause(thrown.message, thrown.cause) };
    if (thrown instanceof Error) return readError(thrown);
  } catch {
    return { public: undefined, full: "an error that cannot be read" };
  }
  return { public: undefined, full: withoutCredentials(`threw ${errorMessage(thrown)}`) };
}

function readError(error: Error): Thrown {
  const { name, message, cause } = error;
  // A name can be set to anything: only what looks like the name of a class is told.
  const kind = typeof name === "string" && /^[A-Za-z_$][\w$]{0,63}$/.test(name) ? name : "Error";
  return { public: kind === "Error" ? undefined : kind, full: withCause(`${kind}: ${String(message)}`, cause) };
}

function withCause(message: string, cause: unknown): string {
  return withoutCredentials(cause === undefined ? message : `${message} (cause: ${errorMessage(cause)})`);
}
