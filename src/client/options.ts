import type { Clock } from "../clock.ts";
import { AgentError } from "../errors.ts";
import { ownOptions } from "../own.ts";
import type { ApiKey, Auth, FetchFunction, Timeouts, Transport } from "../wire/index.ts";
import type { Log } from "./attempt-log.ts";
import { checkProtect, type ProtectOptions } from "./protect-options.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";
import { DEFAULT_RETRY_BUDGET, type RetryBudgetOptions } from "./retry-budget.ts";

export interface ClientOptions {
  /** A key, or a function asked for one before every attempt. Default: the environment's `XAI_API_KEY`, read at the first request. */
  apiKey?: ApiKey;
  /** Which header has the key. Default `bearer`, which xAI wants; servers of the Messages protocol may want `x-api-key`. */
  auth?: Auth;
  /** With or without a trailing slash and `/v1`, or the address of an endpoint. Default: the environment's `XAI_BASE_URL`, else `https://api.x.ai/v1`. */
  baseURL?: string;
  /** How requests reach the server. Default: `defaultTransport()`, which is undici on Node and `fetch` elsewhere. */
  transport?: Transport;
  /** A `fetch` to send requests by instead; not together with `transport`. */
  fetch?: FetchFunction;
  /** Defaults: headers 120 s, between reads 60 s, both 300 s where the model may think in silence; 10 min without progress. */
  timeouts?: Partial<Timeouts>;
  /**
   * Defaults: 3 attempts, waits from 1 s (server) or 50 ms (connection), at most 60 s where the server asks for it. `budget` is what
   * all retries of the client are paid from: 35 of them after failures, until requests succeed again.
   */
  retry?: Partial<RetryPolicy> & { budget?: Partial<RetryBudgetOptions> };
  /** Model requests under way at the same time; others wait, first come first served. Runs are not limited. Default 64. */
  maxInFlight?: number;
  /** Circuit breaker, bulkhead, rate limit, failover: each only where it is asked for. */
  protect?: ProtectOptions;
  /** Told of every request in one line, without content, keys and headers. Default: none; with `FAIRWITNESS_LOG=debug`, stderr. */
  log?: Log;
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
  auth: true,
  transport: true,
  fetch: true,
  timeouts: true,
  retry: true,
  maxInFlight: true,
  protect: true,
  log: true,
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
  authtoken: "apiKey",
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
  maxconcurrency: "maxInFlight",
  maxconcurrent: "maxInFlight",
  concurrency: "maxInFlight",
  circuitbreaker: "protect: { breaker }",
  breaker: "protect: { breaker }",
  bulkhead: "protect: { bulkhead }",
  ratelimit: "protect: { rateLimit }",
  failover: "protect: { failover }",
  baseurls: "protect: { failover: [{ baseURL, apiKey }] }",
  fallback: "client.model(name, { fallback: [...] })",
  fallbackmodels: "client.model(name, { fallback: [...] })",
  logger: "log",
  loglevel: "log, or the environment's FAIRWITNESS_LOG=debug",
  debug: "log, or the environment's FAIRWITNESS_LOG=debug",
};

/** @throws {AgentError} `invalid_option`, naming the right option where the wrong one is a habit from elsewhere. */
export function checkClientOptions(given: ClientOptions): void {
  if (typeof given !== "object" || given === null) {
    throw new AgentError("invalid_option", "createClient takes an object of options, or nothing.");
  }
  const options = ownOptions(given);
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(NAMES, name)) continue;
    const habit = name.toLowerCase().replaceAll("_", "");
    const meant = Object.hasOwn(HABITS, habit) ? HABITS[habit] : undefined;
    const advice = meant === undefined ? `Options: ${Object.keys(NAMES).join(", ")}.` : `Use ${meant}.`;
    throw new AgentError("invalid_option", `createClient has no option ${JSON.stringify(name)}. ${advice}`);
  }
  if (options.fetch !== undefined && options.transport !== undefined) {
    throw new AgentError("invalid_option", "createClient takes either fetch or transport: a transport replaces fetch.");
  }
  const { budget, ...policy } = options.retry ?? {};
  checkRetry(policy);
  checkNumbers("retry.budget", budget ?? {}, DEFAULT_RETRY_BUDGET);
  checkProtect(options.protect ?? {});
  const { maxInFlight = 1, log } = options;
  if (!Number.isInteger(maxInFlight) || maxInFlight < 1) {
    throw new AgentError("invalid_option", `maxInFlight is ${maxInFlight}: it must be a whole number from 1 on.`);
  }
  if (log !== undefined && typeof log !== "function") {
    throw new AgentError("invalid_option", "log is a function that takes a line: { log: console.error }.");
  }
}

/** @throws {AgentError} `invalid_option`, naming the option. */
export function checkRetry(retry: Partial<RetryPolicy>): void {
  if (Object.hasOwn(retry, "budget")) {
    const message = "retry.budget is not an agent's: it belongs to the client, createClient({ retry: { budget } }).";
    throw new AgentError("invalid_option", message);
  }
  checkNumbers("retry", retry, DEFAULT_RETRY);
  if (!Number.isInteger(retry.attempts ?? 1)) {
    throw new AgentError("invalid_option", `retry.attempts is ${retry.attempts}: it must be a whole number.`);
  }
}

function checkNumbers(where: string, given: object, known: object): void {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known).join(", ");
      throw new AgentError("invalid_option", `${where} has no option ${JSON.stringify(name)}. Options: ${names}.`);
    }
    const least = name === "attempts" ? 1 : 0;
    if (typeof value === "number" && Number.isFinite(value) && value >= least) continue;
    throw new AgentError("invalid_option", `${where}.${name} is ${value}: it must be a number from ${least} on.`);
  }
}
