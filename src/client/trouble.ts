import { AgentError, type ErrorCode } from "../errors.ts";
import { HttpError } from "../wire/index.ts";

/** Failures of the way to a server: they say nothing of how busy it is. */
export const CONNECTION: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "connection_failed",
  "connect_timeout",
  "headers_timeout",
  "idle_timeout",
  "stream_incomplete",
  "malformed_event",
]);

const SERVER: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["server_error", "overloaded"]);

/**
 * Whether the failure is the endpoint's: the connection, a 5xx, or trouble told in the middle of an answer. A 4xx never is: the
 * server works, and refuses what we send.
 */
export function isEndpointTrouble(error: unknown): error is AgentError {
  if (error instanceof HttpError) return !isRefusal(error) && SERVER.has(error.code);
  // A stream that its reader left is incomplete too, but may not be tried again.
  return error instanceof AgentError && CONNECTION.has(error.code) && (error.retryable || isUnreachable(error));
}

/** Whether another model may answer where this one did not: it is at capacity, its server fails, or it is gone. */
export function isModelTrouble(error: unknown): error is HttpError {
  return error instanceof HttpError && (SERVER.has(error.code) || error.status === 404);
}

function isRefusal({ status }: HttpError): boolean {
  return status >= 400 && status < 500;
}

/** A certificate that is not accepted, say: final, and still the endpoint's. */
function isUnreachable({ code }: AgentError): boolean {
  return code === "connection_failed";
}
