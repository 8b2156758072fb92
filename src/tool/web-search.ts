import { createReader, type OptionNames, readOptions, refusal, settled } from "./server-options.ts";
import type { UserLocation, WebSearchOptions, WebSearchTool } from "./server-tool.ts";

const NAMES: OptionNames = {
  maker: "webSearch",
  options: [
    "allowedDomains",
    "excludedDomains",
    "imageUnderstanding",
    "imageSearch",
    "userLocation",
    "searchContextSize",
    "externalWebAccess",
  ],
  habits: {
    allowed_domains: "allowedDomains",
    allowedWebsites: "allowedDomains",
    allowed_websites: "allowedDomains",
    domains: "allowedDomains",
    sites: "allowedDomains",
    excluded_domains: "excludedDomains",
    excludedWebsites: "excludedDomains",
    excluded_websites: "excludedDomains",
    blocked_domains: "excludedDomains",
    blockedDomains: "excludedDomains",
    enable_image_understanding: "imageUnderstanding",
    enableImageUnderstanding: "imageUnderstanding",
    enable_image_search: "imageSearch",
    enableImageSearch: "imageSearch",
    user_location: "userLocation",
    location: "userLocation",
    search_context_size: "searchContextSize",
    filters: "Write what it holds as allowedDomains or excludedDomains",
    external_web_access: "externalWebAccess",
    from_date: "Only xSearch takes dates, as from and to",
    fromDate: "Only xSearch takes dates, as from and to",
    type: "Write webSearch(), and { allowedDomains: […] } in it where you need them",
  },
};

const LOCATION: OptionNames = {
  maker: "webSearch: userLocation",
  options: ["country", "city", "region", "timezone"],
  habits: { type: "Leave it out: it is always approximate", timeZone: "timezone" },
};

const MAX_DOMAINS = 5;

/**
 * xAI's web search, run by xAI: it finds and opens pages by itself. A tool of the Responses API.
 * @throws {AgentError} `invalid_tool` naming the option and what to write.
 */
export function webSearch(options?: WebSearchOptions): WebSearchTool {
  const given = readOptions(options, NAMES);
  const read = createReader(NAMES.maker, given);
  read.either("allowedDomains", "excludedDomains");
  const checked = settled<WebSearchOptions>({
    allowedDomains: read.list("allowedDomains", MAX_DOMAINS, readDomain),
    excludedDomains: read.list("excludedDomains", MAX_DOMAINS, readDomain),
    imageUnderstanding: read.flag("imageUnderstanding"),
    imageSearch: read.flag("imageSearch"),
    userLocation: readLocation(given.userLocation),
    searchContextSize: read.choice("searchContextSize", ["low", "medium", "high"]),
    externalWebAccess: read.flag("externalWebAccess"),
  });
  return Object.freeze({ executor: "server", kind: "web_search", name: "web_search", options: checked });
}

/** A bare domain in lower case; letters beyond ASCII as DNS writes them. Any other way to write one is told the right one. */
function readDomain(text: string, place: string): string {
  const domain = bareDomain(text);
  if (domain === undefined) {
    throw refusal(NAMES.maker, `has ${place} ${quoted(text)}, which is no domain. Write one such as "example.com"`);
  }
  if (asciiDomain(text) === domain) return domain;
  throw refusal(NAMES.maker, `has ${place} ${quoted(text)}. xAI takes bare domains: write "${domain}"`);
}

/** The domain in whatever was pasted: an address, `www.example.com`, `*.example.com`, `example.com/path`. */
function bareDomain(text: string): string | undefined {
  const withoutScheme = text.trim().replace(/^[a-z][a-z0-9+-]*:\/+/i, "");
  const [host = ""] = withoutScheme.split(/[/?#]/);
  const name = host
    .replace(/^[^@]*@/, "")
    .replace(/:\d*$/, "")
    .replace(/^\*?\./, "");
  const ascii = asciiDomain(name.replace(/\.$/, ""));
  if (ascii === undefined) return undefined;
  const domain = ascii.replace(/^www\.(?=.*\.)/, "");
  return /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(domain)
    ? domain
    : undefined;
}

function asciiDomain(name: string): string | undefined {
  const address = `https://${name}/`;
  if (!/^[^\s/?#@:]+$/.test(name) || !URL.canParse(address)) return undefined;
  return new URL(address).hostname;
}

function readLocation(given: unknown): UserLocation | undefined {
  if (given === undefined) return undefined;
  const location = readOptions(given, LOCATION);
  const read = createReader(LOCATION.maker, location);
  const country = read.text("country");
  if (country !== undefined && !/^[A-Z]{2}$/i.test(country)) {
    throw refusal(LOCATION.maker, `has country ${quoted(country)}. It takes two letters, such as "PT"`);
  }
  const timezone = read.text("timezone");
  if (timezone !== undefined && !isTimeZone(timezone)) {
    throw refusal(LOCATION.maker, `has timezone ${quoted(timezone)}. It takes an IANA name, such as "Europe/Lisbon"`);
  }
  const [city, region] = [read.text("city"), read.text("region")];
  return settled<UserLocation>({ country: country?.toUpperCase(), city, region, timezone });
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false; // the only thing it can throw for is the name
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}
