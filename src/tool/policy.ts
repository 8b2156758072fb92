import type { Source } from "../message/index.ts";
import type { ServerTool, WebSearchOptions, XSearchOptions } from "./server-tool.ts";

/** An option of a search tool that a source does not keep. */
export interface BrokenRule {
  /** Such as `web_search.allowedDomains`. */
  rule: string;
  message: string;
}

/** The first rule of the agent's search tools that the source breaks, as far as the source shows it. */
export function brokenRule(source: Source, tools: readonly ServerTool[]): BrokenRule | undefined {
  for (const tool of tools) {
    const broken =
      tool.kind === "web_search" && source.type === "web"
        ? domainRule(source, tool.options)
        : tool.kind === "x_search" && (source.type === "x_post" || source.type === "x_user")
          ? handleRule(source, tool.options)
          : undefined;
    if (broken !== undefined) return broken;
  }
  return undefined;
}

function domainRule(source: Source, { allowedDomains, excludedDomains }: WebSearchOptions): BrokenRule | undefined {
  const host = hostOf(source.url);
  if (host === undefined) return undefined;
  const isIn = (domains: readonly string[]): boolean =>
    domains.some((domain) => host === domain.toLowerCase() || host.endsWith(`.${domain.toLowerCase()}`));
  if (allowedDomains !== undefined && allowedDomains.length > 0 && !isIn(allowedDomains)) {
    return broken(
      "web_search.allowedDomains",
      `${source.url} was cited, and only ${allowedDomains.join(", ")} are allowed.`,
    );
  }
  if (excludedDomains !== undefined && isIn(excludedDomains)) {
    return broken("web_search.excludedDomains", `${source.url} was cited, and ${host} is excluded.`);
  }
  return undefined;
}

function handleRule(
  source: Source,
  { allowedHandles, excludedHandles }: Pick<XSearchOptions, "allowedHandles" | "excludedHandles">,
): BrokenRule | undefined {
  const handle = handleOf(source.url);
  if (handle === undefined) return undefined;
  const isIn = (handles: readonly string[]): boolean =>
    handles.some((name) => name.replace(/^@/, "").toLowerCase() === handle);
  if (allowedHandles !== undefined && allowedHandles.length > 0 && !isIn(allowedHandles)) {
    return broken(
      "x_search.allowedHandles",
      `${source.url} was cited, and only ${allowedHandles.join(", ")} are allowed.`,
    );
  }
  if (excludedHandles !== undefined && isIn(excludedHandles)) {
    return broken("x_search.excludedHandles", `${source.url} was cited, and @${handle} is excluded.`);
  }
  return undefined;
}

function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname.toLowerCase() : undefined;
}

/** `https://x.com/<handle>/status/<id>`; addresses such as `x.com/i/status/<id>` name nobody. */
function handleOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const [first] = new URL(url).pathname.split("/").filter(Boolean);
  return first === undefined || first === "i" ? undefined : first.toLowerCase();
}

function broken(rule: string, message: string): BrokenRule {
  return { rule, message };
}
