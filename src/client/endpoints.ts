import { AgentError } from "../errors.ts";
import { ownOptions } from "../own.ts";
import {
  createEndpoint,
  defaultTransport,
  type Endpoint,
  type EndpointOptions,
  fetchTransport,
  type Transport,
} from "../wire/index.ts";
import { noticeStale } from "./at-once.ts";
import type { Log } from "./attempt-log.ts";
import type { ClientOptions } from "./options.ts";
import type { BackupEndpoint } from "./protect-options.ts";

/**
 * Where a client's requests go: its own endpoint, and those that models may be asked on instead. The environment gives what the
 * options leave out.
 * @throws {AgentError} `bad_base_url`, `insecure_base_url`, `invalid_option`
 */
export function endpointsOf(options: ClientOptions): readonly [Endpoint, ...Endpoint[]] {
  const { timeouts, clock } = options;
  const common = (): EndpointOptions => ({
    transport: noticeStale(transportOf(options)),
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(clock === undefined ? {} : { clock }),
  });
  const access = accessOf(options);
  const baseUrl = options.baseURL ?? readEnvironment("XAI_BASE_URL");
  const first = createEndpoint({ ...common(), ...access, ...(baseUrl === undefined ? {} : { baseUrl }) });
  const others = (options.protect?.failover ?? []).map((backup) => {
    const hasSameOrigin = originOf(backup.baseURL) === originOf(first.baseUrl);
    if (!hasSameOrigin) checkOwnKey(backup);
    return createEndpoint({
      ...common(),
      ...(hasSameOrigin ? access : {}),
      ...ownAccess(backup),
      baseUrl: backup.baseURL,
    });
  });
  return [first, ...others];
}

function transportOf({ transport, fetch }: ClientOptions): Transport {
  return transport ?? (fetch === undefined ? defaultTransport() : fetchTransport(fetch));
}

type AccessOptions = Pick<EndpointOptions, "apiKey" | "auth" | "headers" | "keyRequired">;

function accessOf(options: ClientOptions): AccessOptions {
  // Read at the first request, so that a program may load its environment after it made its client.
  const apiKey = options.apiKey ?? ((): string => readEnvironment("XAI_API_KEY") ?? "");
  return { ...ownAccess(options), apiKey };
}

function ownAccess(options: AccessOptions): AccessOptions {
  const { apiKey, auth, headers, keyRequired } = ownOptions(options);
  return {
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(auth === undefined ? {} : { auth }),
    ...(headers === undefined ? {} : { headers }),
    ...(keyRequired === undefined ? {} : { keyRequired }),
  };
}

/** A key is bound to the origin it was given for. */
function checkOwnKey(backup: BackupEndpoint): void {
  const { baseURL, apiKey, keyRequired } = ownOptions(backup);
  if (apiKey !== undefined || keyRequired === false) return;
  const message = `protect.failover: ${originOf(baseURL)} has no key. The client's key is not sent to another origin: give it an apiKey of its own, or keyRequired: false.`;
  throw new AgentError("invalid_option", message);
}

/** What is no address is refused where the endpoint is made. */
function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : "the address";
}

/** Told of every request: the client's own log, or stderr where the environment asks for it. */
export function logOf({ log }: ClientOptions): Log | undefined {
  if (log !== undefined) return log;
  return readEnvironment("FAIRWITNESS_LOG") === "debug" ? (line) => console.error(line) : undefined;
}

function readEnvironment(name: string): string | undefined {
  // Browsers and some workers have no process.
  const value = typeof process === "undefined" ? undefined : process.env?.[name];
  return value === undefined || value.trim() === "" ? undefined : value;
}
