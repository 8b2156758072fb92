import { type Clock, systemClock } from "../clock.ts";
import { AgentError } from "../errors.ts";
import { checkBaseUrl } from "./base-url.ts";
import { fetchTransport } from "./fetch.ts";
import { checkHeaders } from "./headers.ts";
import { createRedactor } from "./redact.ts";
import { createWaits, type Timeouts, type Waits } from "./timeouts.ts";
import type { Transport } from "./transport.ts";

/** A key, or where to get one. A function is asked before every attempt, so that keys can be rotated. */
export type ApiKey = string | (() => string | Promise<string>);

export interface EndpointOptions {
  apiKey?: ApiKey;
  /** Default `https://api.x.ai/v1`. Works with and without a trailing slash and `/v1`. */
  baseUrl?: string;
  /** Sent with every request. Treated as secret: never shown. */
  headers?: Readonly<Record<string, string>>;
  /** Default: the global `fetch`. */
  transport?: Transport;
  timeouts?: Partial<Timeouts>;
  /** Default: the machine's clock. */
  clock?: Clock;
  /** False: a missing key sends no `authorization` header, for servers that need none. Default true. */
  keyRequired?: boolean;
}

/** Where requests go. Holds no secret that could be printed: key and headers live in the closure of `access`. */
export interface Endpoint {
  /** Without a trailing slash; ends in `/v1` or another version. */
  readonly baseUrl: string;
  readonly transport: Transport;
  /** How long to wait, by whether the server may think in silence. */
  readonly waits: (isPatient: boolean) => Waits;
  readonly clock: Clock;
  /**
   * What one attempt needs: asks for the key anew.
   * @throws {AgentError} `no_api_key`, `invalid_option`
   */
  access(): Promise<Access>;
}

/** Headers of one attempt, and the way to take their secrets out of a text. Not to be kept. */
export interface Access {
  headers: Record<string, string>;
  redact(text: string): string;
}

const DEFAULT_BASE_URL = "https://api.x.ai/v1";

/**
 * An endpoint that speaks xAI's protocol.
 * @throws {AgentError} `bad_base_url`, `insecure_base_url`, or `invalid_option` for headers and timeouts that cannot be.
 */
export function createEndpoint(options: EndpointOptions = {}): Endpoint {
  const { apiKey, keyRequired = true } = options;
  const headers = checkHeaders(options.headers ?? {});
  return {
    baseUrl: checkBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL),
    transport: options.transport ?? fetchTransport(),
    waits: createWaits(options.timeouts ?? {}),
    clock: options.clock ?? systemClock,
    async access() {
      const key = checkKey(await askKey(apiKey), keyRequired);
      const all = key === undefined ? { ...headers } : { ...headers, authorization: `Bearer ${key}` };
      // A short header value is no secret, and taking it out would spoil messages that hold the same word.
      const secrets = Object.values(headers).filter((value) => value.length >= 8);
      if (key !== undefined) secrets.push(key);
      return { headers: all, redact: createRedactor(secrets) };
    },
  };
}

async function askKey(apiKey: ApiKey | undefined): Promise<unknown> {
  if (typeof apiKey !== "function") return apiKey;
  try {
    return await apiKey();
  } catch (error) {
    if (error instanceof AgentError) throw error;
    // Its message may hold what it tried to read: only the cause has it.
    throw new AgentError("no_api_key", "The function given as apiKey threw instead of returning a key.", {
      cause: error,
    });
  }
}

function checkKey(given: unknown, keyRequired: boolean): string | undefined {
  const key = typeof given === "string" ? given.trim() : "";
  // Fetch names a header value that it refuses, and with it the key: so it never gets one.
  if (/[^\x21-\x7e]/.test(key)) {
    throw new AgentError(
      "invalid_option",
      "The API key holds white space or characters that no key has. Copy it again from https://console.x.ai.",
    );
  }
  if (key !== "") return key;
  if (!keyRequired) return undefined;
  throw new AgentError(
    "no_api_key",
    "No API key. Set the environment variable XAI_API_KEY, or pass apiKey. Keys are made at https://console.x.ai.",
  );
}
