import { AgentError } from "../errors.ts";
import { isLoopback } from "./base-url.ts";

/** The environment, by its names. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Refuses a request to this machine that would leave it. Node, and we with it, takes no notice of HTTP_PROXY and HTTPS_PROXY, unless it
 * is told to (`NODE_USE_ENV_PROXY=1`, `--use-env-proxy`); then it hands everything that NO_PROXY does not name to the proxy, requests
 * to 127.0.0.1 as well, and with them a key that plain http is allowed to carry only as far as this machine.
 * @throws {AgentError} `insecure_base_url`
 * @see https://nodejs.org/api/http.html#built-in-proxy-support, tried with Node 24.21 on 2026-11-21
 */
export function refuseProxied(url: string, environment: Environment, flags: readonly string[]): void {
  if (!usesProxy(environment, flags)) return;
  const { protocol, hostname, host, port } = new URL(url);
  if (!isLoopback(hostname)) return;
  const name = proxyFor(protocol, environment);
  if (name === undefined || isExempt(hostname, port, read(environment, "no_proxy") ?? "")) return;
  throw new AgentError(
    "insecure_base_url",
    `A request to ${host} would not stay on this machine: ${name} hands it to a proxy, with your key. Set NO_PROXY=localhost,127.0.0.1,[::1].`,
  );
}

/** The proxies for http and https that Node is told to use; undefined where it is told to use none. */
export function proxiesOf(environment: Environment, flags: readonly string[]): readonly string[] | undefined {
  if (!usesProxy(environment, flags)) return undefined;
  const proxies = ["http_proxy", "https_proxy"].map((name) => read(environment, name) ?? "");
  return proxies.every((proxy) => proxy === "") ? undefined : proxies;
}

function usesProxy(environment: Environment, flags: readonly string[]): boolean {
  if (environment.NODE_USE_ENV_PROXY === "1" || flags.includes(FLAG)) return true;
  const { NODE_OPTIONS: inOptions } = environment;
  return inOptions?.includes(FLAG) === true && inOptions.split(/\s/).includes(FLAG);
}

const FLAG = "--use-env-proxy";

/** The variable that names a proxy; https falls back on the proxy for http. */
function proxyFor(protocol: string, environment: Environment): string | undefined {
  if (protocol === "https:" && read(environment, "https_proxy") !== undefined) return "HTTPS_PROXY";
  return read(environment, "http_proxy") === undefined ? undefined : "HTTP_PROXY";
}

/** The name in lower case is the stronger one. */
function read(environment: Environment, name: string): string | undefined {
  const value = environment[name] ?? environment[name.toUpperCase()];
  return value === undefined || value.trim() === "" ? undefined : value;
}

/** `*`, or hosts with or without a port, separated by commas or blanks. */
function isExempt(hostname: string, port: string, noProxy: string): boolean {
  const exempt = ["*", hostname, `${hostname}:${port}`];
  return noProxy.split(/[\s,]+/).some((entry) => exempt.includes(entry.toLowerCase()));
}
