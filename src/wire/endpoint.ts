import { type Clock, systemClock } from "../clock.ts";
import { AgentError } from "../errors.ts";
import { ownOptions } from "../own.ts";
import { checkBaseUrl } from "./base-url.ts";
import { defaultTransport } from "./default-transport.ts";
import { checkHeaders } from "./headers.ts";
import { createHider, createRedactor, secretsInHeaders } from "./redact.ts";
import { createWaits, type Timeouts, type Waits } from "./timeouts.ts";
import type { Transport } from "./transport.ts";

/** The header that carries the key: `authorization: Bearer …`, `x-api-key`, or both of them. */
export type Auth = "bearer" | "x-api-key" | "both";

/** A key, or where to get one. A function is asked before every attempt, so that keys can be rotated. */
export type ApiKey = string | (() => string | Promise<string>);

export interface EndpointOptions {
  apiKey?: ApiKey;
  /** Default `bearer`, which xAI wants; servers of the Messages protocol may want `x-api-key`. */
  auth?: Auth;
  /** Default `https://api.x.ai/v1`. Works with and without a trailing slash and `/v1`, and as the address of an endpoint. */
  baseUrl?: string;
  /** Sent with every request. Treated as secret: never shown. */
  headers?: Readonly<Record<string, string>>;
  /** Default: `defaultTransport()`. */
  transport?: Transport;
  timeouts?: Partial<Timeouts>;
  /** Default: the machine's clock. */
  clock?: Clock;
  /** False: a missing key sends no header for one, for servers that need none. Default true. */
  keyRequired?: boolean;
}

/** Where requests go. Holds no secret that could be printed: key and headers live in the closure of `access`. */
export interface Endpoint {
  /** Without a trailing slash; ends in `/v1` or another version. */
  readonly baseUrl: string;
  /** Of the base URL, with its port: for messages. */
  readonly host: string;
  readonly transport: Transport;
  /** How long to wait, by whether the server may think in silence. */
  readonly waits: (isPatient: boolean) => Waits;
  readonly clock: Clock;
  /**
   * What one attempt needs: asks for the key anew, where it comes from a function.
   * @throws {AgentError} `no_api_key`, `invalid_option`
   */
  access(): Access | Promise<Access>;
}

/** Headers of one attempt, and the ways to take their secrets out of a text. Not to be kept. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  /** For what is shown: also takes out what only looks like a credential. */
  redact(text: string): string;
  /** For what a server sent, before it is read: takes out no more than key and headers. */
  hide(text: string): string;
}

const DEFAULT_BASE_URL = "https://api.x.ai/v1";

/**
 * An endpoint that speaks xAI's protocol.
 * @throws {AgentError} `bad_base_url`, `insecure_base_url`, or `invalid_option` for headers, timeouts and an `auth` that cannot be.
 */
export function createEndpoint(given: EndpointOptions = {}): Endpoint {
  const options = ownOptions(given);
  const { apiKey, keyRequired = true } = options;
  const headers = checkHeaders(options.headers ?? {});
  const auth = checkAuth(options.auth ?? "bearer");
  const baseUrl = checkBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL);
  const accessWith = createAccess(headers, auth);
  return {
    baseUrl,
    host: new URL(baseUrl).host,
    transport: options.transport ?? defaultTransport(),
    waits: createWaits(options.timeouts ?? {}),
    clock: options.clock ?? systemClock,
    access() {
      if (typeof apiKey !== "function") return accessWith(checkKey(apiKey, keyRequired));
      return askKey(apiKey).then((key) => accessWith(checkKey(key, keyRequired)));
    },
  };
}

/** The access of a key: made once for as long as the key stays the same. */
function createAccess(headers: Readonly<Record<string, string>>, auth: Auth): (key: string | undefined) => Access {
  let made: { key: string | undefined; access: Access } | undefined;
  return (key) => {
    if (made !== undefined && made.key === key) return made.access;
    const all = key === undefined ? { ...headers } : { ...headers, ...keyHeaders(auth, key) };
    const secrets = [...secretsInHeaders(headers), ...(key === undefined ? [] : [key])];
    made = { key, access: { headers: all, redact: createRedactor(secrets), hide: createHider(secrets) } };
    return made.access;
  };
}

function checkAuth(auth: Auth): Auth {
  if (["bearer", "x-api-key", "both"].includes(auth)) return auth;
  // Whoever takes it for the place of the key must not see the key.
  throw new AgentError(
    "invalid_option",
    'auth must be "bearer", "x-api-key" or "both": it says which header has the key.',
  );
}

function keyHeaders(auth: Auth, key: string): Record<string, string> {
  return {
    ...(auth === "x-api-key" ? {} : { authorization: `Bearer ${key}` }),
    ...(auth === "bearer" ? {} : { "x-api-key": key }),
  };
}

async function askKey(apiKey: () => string | Promise<string>): Promise<unknown> {
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
