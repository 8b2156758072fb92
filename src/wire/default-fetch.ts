// What `#transport` is where the package is not run by Node: see `imports` in package.json.
import { fetchTransport } from "./fetch.ts";
import type { Transport } from "./transport.ts";

export function platformTransport(): Transport {
  return fetchTransport();
}
