import { AgentError } from "../errors.ts";
import { readNetworkFault } from "./network-fault.ts";
import type { TransportRequest } from "./transport.ts";

/** What the sentence of an error says where the network has no word of its own for what happened. */
export const UNREACHED = "could not be reached";
export const BROKEN_OFF = "broke the connection while its answer was being read";

/**
 * What a transport throws for what the network threw: the caller's own reason unwrapped, or a typed error. Returned, not thrown,
 * so that callers say `throw` themselves.
 * @param what The rest of a sentence that begins with the host.
 */
export function transportError(error: unknown, request: TransportRequest, what: string): unknown {
  if (request.signal.aborted) return request.signal.reason;
  const fault = readNetworkFault(error);
  const { host } = new URL(request.url);
  return new AgentError(fault.code, `${host} ${fault.what ?? what} (${fault.detail}). ${fault.advice}`, {
    retryable: fault.retryable,
    cause: error,
  });
}
