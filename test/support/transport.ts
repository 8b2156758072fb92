import { defaultTransport, fetchTransport, type Transport } from "fairwitness";

/** True where the suite runs over `fetch`: see vitest.config.ts. */
export const isOverFetch: boolean = process.env.FAIRWITNESS_TRANSPORT === "fetch";

/** For programs of their own, which Node runs: it would always give them undici. */
export function transportUnderTest(): Transport {
  return isOverFetch ? fetchTransport() : defaultTransport();
}
