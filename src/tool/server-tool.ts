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
  /** The name its calls are known by in events. */
  readonly name: string;
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
  /** At most 5, bare domains such as `example.com`; not together with `excludedDomains`. */
  allowedDomains?: readonly string[];
  excludedDomains?: readonly string[];
  imageUnderstanding?: boolean;
  imageSearch?: boolean;
  /** xAI's sources disagree on whether it is taken: sent only when set. */
  userLocation?: { country?: string; city?: string; region?: string; timezone?: string };
  /** xAI's sources disagree on whether it is taken: sent only when set. */
  searchContextSize?: "low" | "medium" | "high";
}

/** @see xai-wire 2.3; xAI docs, developers/tools/x-search, read 2026-11-20 */
export interface XSearchOptions {
  /** At most 20, with or without `@`; not together with `excludedHandles`. */
  allowedHandles?: readonly string[];
  excludedHandles?: readonly string[];
  /** First day: a `Date` (its day in UTC) or `YYYY-MM-DD`. */
  from?: Date | string;
  /** The day the search ends at the beginning of (exclusive, as xAI's own code has it). */
  to?: Date | string;
  imageUnderstanding?: boolean;
  videoUnderstanding?: boolean;
}

export interface CollectionsSearchOptions {
  /** 1 to 10 ids. */
  collectionIds: readonly string[];
  maxResults?: number;
}

export interface RemoteMcpOptions {
  /** Where the server is: public, https. */
  url: string;
  /** What its calls are named by. */
  label: string;
  description?: string;
  /** Which of its tools may be called. Default: all. */
  allowedTools?: readonly string[];
  /** Sent to the server by xAI; never in a record. */
  authorization?: string;
  headers?: Readonly<Record<string, string>>;
}

export interface ImageGenerationOptions {
  action?: "auto" | "generate" | "edit";
}
