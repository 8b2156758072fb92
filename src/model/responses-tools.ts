import type { ServerTool, ToolDeclaration } from "../tool/index.ts";
import type { ResponsesFunctionTool, ResponsesInclude, ResponsesTool } from "../wire/index.ts";
import { encodeDeclaration } from "./declare.ts";
import type { ModelSettings } from "./model.ts";

/** A function of ours, flat as this endpoint wants it, as JSON. @throws {AgentError} `invalid_tool` */
export function encodeFunction({ name, description, parameters }: ToolDeclaration): string {
  const declared: ResponsesFunctionTool =
    description === "" ? { type: "function", name, parameters } : { type: "function", name, description, parameters };
  return encodeDeclaration(name, declared);
}

/** A tool that xAI runs, with the key of an MCP server in it: not to be shown. */
export function encodeServerTool(tool: ServerTool): string {
  return encodeDeclaration(tool.name, toWire(tool));
}

/** @see wire document 2.3 */
function toWire(tool: ServerTool): ResponsesTool {
  switch (tool.kind) {
    case "web_search": {
      const { options: o } = tool;
      return defined({
        type: "web_search",
        allowed_domains: o.allowedDomains,
        excluded_domains: o.excludedDomains,
        enable_image_understanding: o.imageUnderstanding,
        enable_image_search: o.imageSearch,
        user_location: o.userLocation === undefined ? undefined : { type: "approximate", ...o.userLocation },
        search_context_size: o.searchContextSize,
        external_web_access: o.externalWebAccess,
      });
    }
    case "x_search": {
      const { options: o } = tool;
      return defined({
        type: "x_search",
        allowed_x_handles: o.allowedHandles,
        excluded_x_handles: o.excludedHandles,
        from_date: o.from,
        to_date: o.to,
        enable_image_understanding: o.imageUnderstanding,
        enable_video_understanding: o.videoUnderstanding,
      });
    }
    case "code_execution":
      return { type: "code_interpreter" };
    case "collections_search": {
      const { collectionIds, maxResults } = tool.options;
      return defined({ type: "file_search", vector_store_ids: collectionIds, max_num_results: maxResults });
    }
    case "mcp": {
      const { options: o } = tool;
      const { authorization, headers } = tool.secrets();
      return defined({
        type: "mcp",
        server_url: o.url,
        server_label: o.label,
        server_description: o.description,
        allowed_tools: o.allowedTools,
        defer_loading: o.deferLoading,
        authorization,
        headers,
      });
    }
    case "image_generation":
      return defined({ type: "image_generation", action: tool.options.action });
    default:
      return tool satisfies never;
  }
}

/** Nothing that is not set is sent. */
function defined<T extends ResponsesTool>(fields: { [K in keyof T]: T[K] | undefined }): T {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as T; // only what may be absent can be undefined, by the type of `fields`
}

/** What the keys of MCP servers are, wherever they stand in a request. */
export function secretsOf(serverTools: readonly ServerTool[]): readonly string[] {
  return serverTools.flatMap((tool) => {
    if (tool.kind !== "mcp") return [];
    const { authorization, headers = {} } = tool.secrets();
    return [...(authorization === undefined ? [] : [authorization]), ...Object.values(headers)];
  });
}

/** What each tool has to show, for which the server must be asked. @see wire document 2.5 */
const OUTPUTS: { readonly [Kind in ServerTool["kind"]]?: ResponsesInclude } = {
  web_search: "web_search_call.action.sources",
  collections_search: "file_search_call.results",
  code_execution: "code_interpreter_call.outputs",
  mcp: "mcp_call.output",
};

/** What the server is asked to send beside the answer, in a fixed order. */
export function includes(serverTools: readonly ServerTool[], settings: ModelSettings): readonly ResponsesInclude[] {
  const kinds = new Set(serverTools.map((tool) => tool.kind));
  return [
    "reasoning.encrypted_content",
    ...Object.entries(OUTPUTS).flatMap(([kind, include]) => (kinds.has(kind as ServerTool["kind"]) ? [include] : [])), // a key of OUTPUTS
    ...(settings.citations === "annotations" ? ["no_inline_citations"] : []),
  ];
}
