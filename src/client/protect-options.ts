import { AgentError } from "../errors.ts";
import type { ApiKey, Auth } from "../wire/index.ts";
import type { BulkheadOptions } from "./bulkhead.ts";
import type { BreakerOptions } from "./circuit.ts";
import type { RateLimitOptions } from "./rate-limit.ts";

/** Protection that is asked for by name: whatever is left out does nothing, and costs nothing. */
export interface ProtectOptions {
  breaker?: BreakerOptions;
  bulkhead?: BulkheadOptions;
  rateLimit?: RateLimitOptions;
  /** Other endpoints, in the order of preference, for model requests when those before them fail. A 4xx is no failure. */
  failover?: readonly BackupEndpoint[];
  /** How long an endpoint or a model that failed is left alone while there is another, milliseconds. Default 30,000. */
  coolDownMs?: number;
}

/** Where else models are asked. The key of the client goes to its own origin only: another origin needs its own. */
export interface BackupEndpoint {
  baseURL: string;
  /** Default: the client's, where the origin is the same. */
  apiKey?: ApiKey;
  /** Default: as `apiKey`. */
  auth?: Auth;
  /** Sent with every request there. Default: as `apiKey`. */
  headers?: Readonly<Record<string, string>>;
  /** False where no key is needed. Default true. */
  keyRequired?: boolean;
}

type Check = (value: unknown, name: string) => void;

const positive: Check = (value, name) => {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return;
  throw invalid(`${name} is ${String(value)}: it must be a number above 0.`);
};

const wholeFrom =
  (least: number): Check =>
  (value, name) => {
    if (Number.isInteger(value) && Number(value) >= least) return;
    throw invalid(`${name} is ${String(value)}: it must be a whole number from ${least} on.`);
  };

const shape =
  (fields: Readonly<Record<string, Check>>, required: readonly string[] = []): Check =>
  (value, name) => {
    if (typeof value !== "object" || value === null) throw invalid(`${name} takes an object of options.`);
    for (const [key, field] of Object.entries(value)) {
      const check = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (check === undefined) throw invalid(`${name} has no option ${JSON.stringify(key)}. ${adviceFor(key, fields)}`);
      if (field !== undefined) check(field, `${name}.${key}`);
    }
    for (const key of required) if (!Object.hasOwn(value, key)) throw invalid(`${name} needs ${key}.`);
  };

const anything: Check = () => {};

const endpoints: Check = (value, name) => {
  if (!Array.isArray(value) || value.length === 0)
    throw invalid(`${name} is a list of endpoints: [{ baseURL, apiKey }].`);
  const endpoint = shape(
    { baseURL: anything, apiKey: anything, auth: anything, headers: anything, keyRequired: anything },
    ["baseURL"],
  );
  value.forEach((item: unknown, index) => void endpoint(item, `${name}[${index}]`));
};

const protect = shape({
  breaker: shape({ failures: wholeFrom(1), openMs: positive }),
  bulkhead: shape({ concurrent: wholeFrom(1), queue: wholeFrom(0) }, ["concurrent"]),
  rateLimit: shape({ requestsPerMinute: wholeFrom(1), tokensPerMinute: positive }),
  failover: endpoints,
  coolDownMs: positive,
} satisfies { [Name in keyof Required<ProtectOptions>]: Check });

/** Names other libraries use for the same, in lower case. */
const HABITS: Readonly<Record<string, string>> = {
  circuitbreaker: "breaker",
  threshold: "failures",
  halfopenafter: "openMs",
  resettimeout: "openMs",
  limit: "concurrent",
  maxconcurrent: "concurrent",
  maxqueue: "queue",
  ratelimiter: "rateLimit",
  rpm: "requestsPerMinute",
  tpm: "tokensPerMinute",
  endpoints: "failover",
  baseurl: "baseURL",
  baseurls: "failover: [{ baseURL, apiKey }]",
  url: "baseURL",
  key: "apiKey",
  fallback: "client.model(name, { fallback: [...] })",
  fallbackmodels: "client.model(name, { fallback: [...] })",
};

/** @throws {AgentError} `invalid_option`, naming the right option where the wrong one is a habit from elsewhere. */
export function checkProtect(options: unknown): void {
  protect(options, "protect");
}

function adviceFor(key: string, fields: Readonly<Record<string, Check>>): string {
  const habit = key.toLowerCase().replaceAll("_", "");
  const meant = Object.hasOwn(HABITS, habit) ? HABITS[habit] : undefined;
  return meant === undefined ? `Options: ${Object.keys(fields).join(", ")}.` : `Use ${meant}.`;
}

function invalid(message: string): AgentError {
  return new AgentError("invalid_option", message);
}
