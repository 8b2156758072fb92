import type { ServerToolKind } from "../message/index.ts";

/** A tool that xAI runs, declared to it by its kind. Made by `webSearch`, `xSearch` and the like. */
export type ServerTool =
  | WebSearchTool
  | XSearchTool
  | CodeExecutionTool
  | CollectionsSearchTool
  | RemoteMcpTool
  | ImageGenerationTool;

interface ServerToolBase {
  readonly executor: "server";
  readonly kind: ServerToolKind;
  /** The name its calls are known by in events: the kind, or the label of an MCP server. */
  readonly name: string;
  /** What is allowed and may still go wrong, in sentences; absent when nothing is. */
  readonly advice?: readonly string[];
}

export interface WebSearchTool extends ServerToolBase {
  readonly kind: "web_search";
  readonly options: WebSearchOptions;
}

export interface XSearchTool extends ServerToolBase {
  readonly kind: "x_search";
  /** Dates as `YYYY-MM-DD`. */
  readonly options: Omit<XSearchOptions, "from" | "to"> & { readonly from?: string; readonly to?: string };
}

export interface CodeExecutionTool extends ServerToolBase {
  readonly kind: "code_execution";
}

export interface CollectionsSearchTool extends ServerToolBase {
  readonly kind: "collections_search";
  readonly options: CollectionsSearchOptions;
}

export interface RemoteMcpTool extends ServerToolBase {
  readonly kind: "mcp";
  readonly options: Omit<RemoteMcpOptions, "authorization" | "headers">;
  /** The server's key and headers. A function, so that neither is printed or stored with the tool. */
  secrets(): Pick<RemoteMcpOptions, "authorization" | "headers">;
}

export interface ImageGenerationTool extends ServerToolBase {
  readonly kind: "image_generation";
  readonly options: ImageGenerationOptions;
}

/** @see xai-wire 2.3; xAI docs, developers/tools/web-search, read 2026-11-20 */
export interface WebSearchOptions {
  /** 1 to 5 bare domains such as `example.com`; not together with `excludedDomains`. Default: all. */
  allowedDomains?: readonly string[];
  /** 1 to 5 bare domains; not together with `allowedDomains`. Default: none. */
  excludedDomains?: readonly string[];
  /** The model may look at images on the pages it opens. */
  imageUnderstanding?: boolean;
  /** The model may search for images; each is billed as a web search. */
  imageSearch?: boolean;
  /** xAI's sources disagree on whether it is taken: sent only when set. */
  userLocation?: UserLocation;
  /** xAI's sources disagree on whether it is taken: sent only when set. */
  searchContextSize?: "low" | "medium" | "high";
  /** Whether it may go out to the pages (OpenAI's option). xAI's sources disagree on whether it is taken: sent only when set. */
  externalWebAccess?: boolean;
}

/** Roughly where the user is. */
export interface UserLocation {
  /** Two letters, such as `PT`. */
  country?: string;
  city?: string;
  region?: string;
  /** IANA name, such as `Europe/Lisbon`. */
  timezone?: string;
}

/** @see xai-wire 2.3; xAI docs, developers/tools/x-search, read 2026-11-20 */
export interface XSearchOptions {
  /** 1 to 20, with or without `@` (older servers take 10); not together with `excludedHandles`. Default: all. */
  allowedHandles?: readonly string[];
  /** 1 to 20, with or without `@` (older servers take 10); not together with `allowedHandles`. Default: none. */
  excludedHandles?: readonly string[];
  /** First day: a `Date` (its day in UTC) or `YYYY-MM-DD`. */
  from?: Date | string;
  /** The day the search ends at the beginning of: exclusive, as xAI's own code has it (its docs say inclusive). */
  to?: Date | string;
  /** The model may look at images in posts. */
  imageUnderstanding?: boolean;
  /** The model may watch videos in posts. */
  videoUnderstanding?: boolean;
}

/** @see xai-wire 2.3 (`file_search`); xAI docs, developers/tools/collections-search, read 2026-11-20 */
export interface CollectionsSearchOptions {
  /** 1 to 10 ids. */
  collectionIds: readonly string[];
  /** From 1. Default: xAI's. */
  maxResults?: number;
}

/** @see xai-wire 2.3 (`mcp`); xAI docs, developers/tools/remote-mcp, read 2026-11-20 */
export interface RemoteMcpOptions {
  /** Where the server is: https, and reachable from xAI. Shown with the tool, so keys belong in `authorization`. */
  url: string;
  /** What its calls are named by: 1 to 64 letters, digits, `_` and `-`, no name of another tool. */
  label: string;
  /** What the server is for, told to the model. */
  description?: string;
  /** Which of its tools may be called. Default: all. */
  allowedTools?: readonly string[];
  /** Its tools are told to the model only when it searches for them. Default: all at once. */
  deferLoading?: boolean;
  /** The `authorization` header that xAI sends to the server, such as `Bearer …`; never in a record. */
  authorization?: string;
  /** Further headers that xAI sends to the server; never in a record. */
  headers?: Readonly<Record<string, string>>;
}

/** @see xai-wire 2.3 (`image_generation`) */
export interface ImageGenerationOptions {
  /** Default `auto`: the model chooses. */
  action?: "auto" | "generate" | "edit";
}
