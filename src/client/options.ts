import type { Clock } from "../clock.ts";
import { AgentError } from "../errors.ts";
import {
  type ApiKey,
  createEndpoint,
  type Endpoint,
  type FetchFunction,
  fetchTransport,
  type Timeouts,
  type Transport,
} from "../wire/index.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";

export interface ClientOptions {
  /** A key, or a function asked for one before every attempt. Default: the environment's `XAI_API_KEY`, read at the first request. */
  apiKey?: ApiKey;
  /** With or without a trailing slash and `/v1`. Default: the environment's `XAI_BASE_URL`, else `https://api.x.ai/v1`. */
  baseURL?: string;
  /** How requests reach the server. Default: over `fetch`. */
  transport?: Transport;
  /** The `fetch` to use; not together with `transport`. Default: the global one. */
  fetch?: FetchFunction;
  /** Defaults: headers 120 s, between reads 60 s, both 300 s where the model may think in silence; 10 min without progress. */
  timeouts?: Partial<Timeouts>;
  /** Defaults: 3 attempts, waits from 1 s (server) or 50 ms (connection), at most 60 s where the server asks for it. */
  retry?: Partial<RetryPolicy>;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
  /** False for a compatible server that needs no key. Default true. */
  keyRequired?: boolean;
  /** For tests. Default: the machine's clock. */
  clock?: Clock;
  /** For tests: numbers from 0 to 1. Default `Math.random`. */
  random?: () => number;
}

const NAMES: { readonly [Name in keyof Required<ClientOptions>]: true } = {
  apiKey: true,
  baseURL: true,
  transport: true,
  fetch: true,
  timeouts: true,
  retry: true,
  headers: true,
  keyRequired: true,
  clock: true,
  random: true,
};

/** Names other clients use for the same, in lower case without underscores. */
const HABITS: Readonly<Record<string, string>> = {
  apikey: "apiKey",
  key: "apiKey",
  token: "apiKey",
  xaiapikey: "apiKey",
  baseurl: "baseURL",
  url: "baseURL",
  endpoint: "baseURL",
  apihost: "baseURL",
  timeout: "timeouts: { headersMs, idleMs }",
  timeoutms: "timeouts: { headersMs, idleMs }",
  maxretries: "retry: { attempts }",
  retries: "retry: { attempts }",
  defaultheaders: "headers",
};

/** @throws {AgentError} `invalid_option`, naming the right option where the wrong one is a habit from elsewhere. */
export function checkClientOptions(options: ClientOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new AgentError("invalid_option", "createClient takes an object of options, or nothing.");
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(NAMES, name)) continue;
    const meant = HABITS[name.toLowerCase().replaceAll("_", "")];
    const advice = meant === undefined ? `Options: ${Object.keys(NAMES).join(", ")}.` : `Use ${meant}.`;
    throw new AgentError("invalid_option", `createClient has no option ${JSON.stringify(name)}. ${advice}`);
  }
  if (options.fetch !== undefined && options.transport !== undefined) {
    throw new AgentError("invalid_option", "createClient takes either fetch or transport: a transport replaces fetch.");
  }
  checkRetry(options.retry ?? {});
}

/** @throws {AgentError} `invalid_option`, naming the option. */
export function checkRetry(retry: Partial<RetryPolicy>): void {
  for (const [name, value] of Object.entries(retry)) {
    if (!Object.hasOwn(DEFAULT_RETRY, name)) {
      const known = Object.keys(DEFAULT_RETRY).join(", ");
      throw new AgentError("invalid_option", `retry has no option ${JSON.stringify(name)}. Options: ${known}.`);
    }
    const least = name === "attempts" ? 1 : 0;
    if (typeof value !== "number" || !Number.isFinite(value) || value < least) {
      throw new AgentError("invalid_option", `retry.${name} is ${value}: it must be a number from ${least} on.`);
    }
  }
  if (!Number.isInteger(retry.attempts ?? 1)) {
    throw new AgentError("invalid_option", `retry.attempts is ${retry.attempts}: it must be a whole number.`);
  }
}

/** Where a client's requests go. The environment gives what the options leave out. */
export function endpointOf(options: ClientOptions): Endpoint {
  const { apiKey, baseURL, transport, fetch, timeouts, headers, keyRequired, clock } = options;
  const baseUrl = baseURL ?? readEnvironment("XAI_BASE_URL");
  return createEndpoint({
    // Read at the first request, so that a program may load its environment after it made its client.
    apiKey: apiKey ?? (() => readEnvironment("XAI_API_KEY") ?? ""),
    transport: transport ?? fetchTransport(fetch),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(headers === undefined ? {} : { headers }),
    ...(keyRequired === undefined ? {} : { keyRequired }),
    ...(clock === undefined ? {} : { clock }),
  });
}

function readEnvironment(name: string): string | undefined {
  // Browsers and some workers have no process.
  const value = typeof process === "undefined" ? undefined : process.env?.[name];
  return value === undefined || value.trim() === "" ? undefined : value;
}
