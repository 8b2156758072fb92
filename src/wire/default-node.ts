// What `#transport` is on Node: see `imports` in package.json.
import type { Transport } from "./transport.ts";

/** Loading undici takes as long as all the rest of fairwitness: a program that asks nothing does not pay for it. */
let loaded: Transport | undefined;

export function platformTransport(): Transport {
  return (request) => (loaded === undefined ? load(request) : loaded(request));
}

const load: Transport = async (request) => {
  ({ sendOverUndici: loaded } = await import("./undici.ts"));
  return loaded(request);
};
