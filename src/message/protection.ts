/**
 * What a client did to protect itself or the server.
 * `queued`: the request waits for a place among those in flight · `throttled`: it waits for the client's own rate limit ·
 * `admitted`: the wait is over · `bulkhead.refused`, `breaker.refused`: no request was made · `breaker.opened`,
 * `breaker.probing`, `breaker.closed`: what the circuit breaker of an endpoint did · `failover`, `failover.ended`: an endpoint
 * is left alone, and is asked again · `fallback`, `fallback.ended`: the same of a model.
 */
export type ProtectionAction =
  | "queued"
  | "throttled"
  | "admitted"
  | "bulkhead.refused"
  | "breaker.refused"
  | "breaker.opened"
  | "breaker.probing"
  | "breaker.closed"
  | "failover"
  | "failover.ended"
  | "fallback"
  | "fallback.ended";

/** One act of protection, for people and for programs. */
export interface Protection {
  action: ProtectionAction;
  message: string;
  /** The endpoint it is about. */
  host?: string;
  /** The model it is about. */
  model?: string;
  /** What is asked instead: a host, or a model. */
  instead?: string;
  /** Requests in flight, or a minute, that are allowed. */
  limit?: number;
  /** How long the request has waited, milliseconds. */
  waitedMs?: number;
  /** How long it stays so, milliseconds. */
  forMs?: number;
}
