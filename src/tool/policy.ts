import type { Source } from "../message/index.ts";
import { startOfDay } from "./day.ts";
import type { ServerTool, WebSearchOptions, XSearchTool } from "./server-tool.ts";

/** An option of a search tool that a source does not keep. */
export interface BrokenRule {
  /** Such as `web_search.allowedDomains`. */
  rule: string;
  message: string;
}

/**
 * The first rule of the agent's search tools that the source breaks, as far as the source shows it: its address shows the
 * domain or the handle, the id of a post when it was written.
 */
export function brokenRule(source: Source, tools: readonly ServerTool[]): BrokenRule | undefined {
  const isOnlyWeb = !tools.some((tool) => tool.kind === "x_search");
  for (const tool of tools) {
    const broken = brokenRuleOf(tool, source, isOnlyWeb);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

/** @param isOnlyWeb No X search is there: an address on X was found on the web, and its domain counts. */
function brokenRuleOf(tool: ServerTool, source: Source, isOnlyWeb: boolean): BrokenRule | undefined {
  if (tool.kind === "web_search")
    return source.type === "web" || isOnlyWeb ? domainRule(source, tool.options) : undefined;
  if (tool.kind !== "x_search") return undefined;
  if (source.type === "x_post") return handleRule(source, tool.options) ?? dateRule(source, tool.options);
  return source.type === "x_user" ? handleRule(source, tool.options) : undefined;
}

function domainRule(source: Source, { allowedDomains, excludedDomains }: WebSearchOptions): BrokenRule | undefined {
  if (allowedDomains === undefined && excludedDomains === undefined) return undefined; // as most: no address is read
  const host = hostOf(source.url);
  if (host === undefined) return undefined;
  const isIn = (domains: readonly string[]): boolean =>
    domains.some((domain) => host === domain.toLowerCase() || host.endsWith(`.${domain.toLowerCase()}`));
  if (allowedDomains !== undefined && allowedDomains.length > 0 && !isIn(allowedDomains)) {
    const message = `${source.url} was cited, and only ${allowedDomains.join(", ")} are allowed.`;
    return { rule: "web_search.allowedDomains", message };
  }
  if (excludedDomains === undefined || !isIn(excludedDomains)) return undefined;
  return { rule: "web_search.excludedDomains", message: `${source.url} was cited, and ${host} is excluded.` };
}

type XOptions = XSearchTool["options"];

function handleRule(source: Source, { allowedHandles, excludedHandles }: XOptions): BrokenRule | undefined {
  const handle = handleOf(source);
  if (handle === undefined) return undefined;
  const isIn = (handles: readonly string[]): boolean =>
    handles.some((name) => name.replace(/^@/, "").toLowerCase() === handle);
  const cited = source.url ?? `@${handle}`;
  if (allowedHandles !== undefined && allowedHandles.length > 0 && !isIn(allowedHandles)) {
    const message = `${cited} was cited, and only ${allowedHandles.join(", ")} are allowed.`;
    return { rule: "x_search.allowedHandles", message };
  }
  if (excludedHandles === undefined || !isIn(excludedHandles)) return undefined;
  return { rule: "x_search.excludedHandles", message: `${cited} was cited, and @${handle} is excluded.` };
}

function dateRule(source: Source, { from, to }: XOptions): BrokenRule | undefined {
  const writtenAt = postedAt(source);
  if (writtenAt === undefined) return undefined;
  const cited = `${source.url ?? source.id} of ${new Date(writtenAt).toISOString()} was cited`;
  if (from !== undefined && writtenAt < startOfDay(from)) {
    return { rule: "x_search.from", message: `${cited}, and the search begins on ${from}.` };
  }
  if (to === undefined || writtenAt < startOfDay(to)) return undefined;
  return { rule: "x_search.to", message: `${cited}, and the search ends before ${to}.` };
}

function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname.toLowerCase().replace(/\.$/, "") : undefined;
}

/** First parts of addresses on X that are no handle. */
const NOT_HANDLES: ReadonlySet<string> = new Set(["i", "search", "hashtag", "intent", "home", "explore", "share"]);

/** `https://x.com/<handle>/status/<id>` or the id `x_user:<handle>`; addresses such as `x.com/i/status/<id>` name nobody. */
function handleOf({ id, url }: Source): string | undefined {
  const [, named] = /^x_user:@?(\w+)$/.exec(id) ?? [];
  if (named !== undefined) return named.toLowerCase();
  const host = hostOf(url);
  if (url === undefined || host === undefined || !/^(www\.|mobile\.)?(x|twitter)\.com$/.test(host)) return undefined;
  const first = new URL(url).pathname
    .split("/")
    .find((part) => part !== "")
    ?.toLowerCase()
    .replace(/^@/, "");
  return first === undefined || NOT_HANDLES.has(first) ? undefined : first;
}

/** Ids that X has given out since 2010-11-04 hold the moment; older ones, all below this, do not. */
const FIRST_TIMED_ID = 30_000_000_000n;
/** What the moments in ids are counted from, milliseconds since the epoch. */
const X_EPOCH_MS = 1_288_834_974_657;

/**
 * When a post was written, milliseconds since the epoch; undefined where its id does not say.
 * @see X's Snowflake: the id without its low 22 bits is milliseconds since `X_EPOCH_MS`
 */
function postedAt({ id, url }: Source): number | undefined {
  const [, number] = /^x_post:(\d{1,19})$/.exec(id) ?? /\/status\/(\d{1,19})(?:[/?#]|$)/.exec(url ?? "") ?? [];
  if (number === undefined || BigInt(number) < FIRST_TIMED_ID) return undefined;
  return Number(BigInt(number) >> 22n) + X_EPOCH_MS;
}
