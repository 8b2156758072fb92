import { platformTransport } from "#transport";
import type { Transport } from "./transport.ts";

/**
 * What a client sends its requests over unless it is given a `transport` or a `fetch`: on Node undici, with connections that are kept
 * open and shared by the whole process; the global `fetch` elsewhere. Nothing is loaded before the first request.
 */
export function defaultTransport(): Transport {
  return platformTransport();
}
