// What `#transport` is on Node: see `imports` in package.json.
import { refuseProxied } from "./proxy.ts";
import type { Transport } from "./transport.ts";

/** Loading undici takes as long as all the rest of fairwitness: a program that asks nothing does not pay for it. */
let loading: Promise<Transport> | undefined;

export function platformTransport(): Transport {
  return async (request) => {
    refuseProxied(request.url, process.env, process.execArgv);
    loading ??= import("./undici.ts").then(({ sendOverUndici }) => sendOverUndici);
    const send = await loading;
    return send(request);
  };
}
