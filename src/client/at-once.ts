import { AgentError } from "../errors.ts";
import type { Transport } from "../wire/index.ts";

/**
 * Why a request may be sent again without a wait: its connection was an old one that the server had closed already
 * (`stale_socket`), or it will go to another server (`elsewhere`) or to another model (`other_model`).
 */
export type AtOnce = "stale_socket" | "elsewhere" | "other_model";

/** Kept beside the errors: they say what happened, and this is what one client made of it. */
const marks = new WeakMap<AgentError, AtOnce>();

export function markAtOnce(error: AgentError, why: AtOnce): void {
  marks.set(error, why);
}

export function atOnce(error: AgentError): AtOnce | undefined {
  return marks.get(error);
}

/** How Node and undici say that the other side has closed the connection. */
const CLOSED: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/**
 * The same transport, and resets before any header are marked as stale sockets where the server has answered before: `fetch`
 * keeps connections open and does not say whether it used one again. Where it was a new connection after all, one retry comes
 * too early, and no more: until the next answer no other reset is marked, for a server that resets everything is no old connection.
 */
export function noticeStale(transport: Transport): Transport {
  let hasAnswered = false;
  return async (request) => {
    try {
      const response = await transport(request);
      hasAnswered = true;
      return response;
    } catch (error) {
      if (hasAnswered && error instanceof AgentError && CLOSED.has(causeCode(error.cause))) {
        hasAnswered = false;
        markAtOnce(error, "stale_socket");
      }
      throw error;
    }
  };
}

/** The code of the innermost cause that has one; "" where none has. */
function causeCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const inner = causeCode(error.cause);
  return inner === "" && "code" in error && typeof error.code === "string" ? error.code : inner;
}
