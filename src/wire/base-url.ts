import { AgentError } from "../errors.ts";

/** Names of servers that never were xAI's API, or are not any more, found in old documents. */
const DEAD_HOSTS: ReadonlySet<string> = new Set(["api.grok.xai.com"]);

/** What a pasted address of an endpoint has behind the version. */
const ENDPOINT = /(\/v\d+)\/(?:messages|chat\/completions|responses)$/;

/**
 * The base URL as requests use it: no trailing slash, and with a version at its end (`/v1` unless it has one). The address of
 * an endpoint, such as `https://api.x.ai/v1/messages`, is taken for its base.
 * @throws {AgentError} `bad_base_url`, `insecure_base_url`
 */
export function checkBaseUrl(given: string): string {
  const url = parse(given);
  if (DEAD_HOSTS.has(url.hostname)) {
    throw new AgentError("bad_base_url", `${url.hostname} is not the xAI API. Use https://api.x.ai/v1.`);
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new AgentError(
      "insecure_base_url",
      `http://${url.host} would send your key in the clear. Use https, or http on this machine only.`,
    );
  }
  const path = url.pathname.replace(/(?<!\/)\/+$/, "").replace(ENDPOINT, "$1");
  return url.origin + (/\/v\d+$/.test(path) ? path : `${path}/v1`);
}

function parse(given: string): URL {
  // What was given is not shown: people put keys into URLs.
  const advice = "Give a URL such as https://api.x.ai/v1.";
  if (typeof given !== "string" || !URL.canParse(given.trim())) {
    throw new AgentError("bad_base_url", `The base URL is not a URL. ${advice}`);
  }
  const url = new URL(given.trim());
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new AgentError("bad_base_url", `The base URL begins with ${url.protocol}, which is not http. ${advice}`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new AgentError("bad_base_url", `The base URL holds a user, a query or a fragment. ${advice}`);
  }
  return url;
}

/** Whether a host name is this machine's own. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
