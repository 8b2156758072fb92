import type { ServerToolKind } from "../message/index.ts";
import type { ServerTool } from "../tool/index.ts";
import { type Json, textOf } from "./json.ts";

/** What an item of an answer calls: a kind of server tool, xAI's own name for what it does, and the tool it is declared by. */
export interface CalledTool {
  kind: ServerToolKind;
  /** The name it is registered by, or the kind where it was not declared. */
  tool: string;
  action?: string;
  /** Label of the MCP server. */
  server?: string;
}

/** Items that are calls which the server carries out. @see xai-wire 2.4 */
const KIND_BY_ITEM: Readonly<Record<string, ServerToolKind>> = {
  web_search_call: "web_search",
  x_search_call: "x_search",
  code_interpreter_call: "code_execution",
  code_execution_call: "code_execution",
  file_search_call: "collections_search",
  collections_search_call: "collections_search",
  mcp_call: "mcp",
  image_generation_call: "image_generation",
};

/**
 * Names inside a `custom_tool_call`, and inside a `server_tool_use` of the Messages protocol.
 * @see xAI docs, developers/tools/tool-usage-details, read 2026-11-20; Anthropic's SDK 1.11.0, `ServerToolUseBlock`
 */
const KIND_BY_NAME: Readonly<Record<string, ServerToolKind>> = {
  web_search: "web_search",
  web_search_with_snippets: "web_search",
  web_fetch: "web_search",
  browse_page: "web_search",
  open_page: "web_search",
  open_page_with_find: "web_search",
  search_images: "web_search",
  view_x_video: "x_search",
  code_execution: "code_execution",
  code_interpreter: "code_execution",
  bash_code_execution: "code_execution",
  text_editor_code_execution: "code_execution",
  collections_search: "collections_search",
  file_search: "collections_search",
  image_generation: "image_generation",
};

/**
 * The server tool that an item calls; undefined for an item that is no call of one. A `custom_tool_call` from xAI is always
 * the server's, under a name that may be new; what the caller should run (`shell_call`) or what is no call is none.
 */
export function calledTool(item: Json, serverTools: readonly ServerTool[]): CalledTool | undefined {
  const type = textOf(item.type) ?? "";
  if (type === "custom_tool_call") return calledByName(textOf(item.name) ?? "", serverTools);
  if (type === "server_tool_use") return calledByName(textOf(item.name) ?? "", serverTools);
  if (type === "mcp_tool_use") return calledMcp(textOf(item.server_name), textOf(item.name), serverTools);
  if (type === "tool_search_call" && item.execution !== "client") return { kind: "other", tool: "tool_search" };
  const kind = kindOfItem(type);
  if (kind === undefined) return undefined;
  if (kind === "mcp") return calledMcp(textOf(item.server_label), textOf(item.name), serverTools);
  return withAction({ kind, tool: declaredName(kind, serverTools) }, actionOf(item));
}

/** The kind of server tool that an item of this type calls, whatever it says; undefined where the type alone does not tell. */
export function kindOfItem(type: string): ServerToolKind | undefined {
  return Object.hasOwn(KIND_BY_ITEM, type) ? KIND_BY_ITEM[type] : undefined;
}

function calledByName(name: string, serverTools: readonly ServerTool[]): CalledTool {
  const known = Object.hasOwn(KIND_BY_NAME, name) ? KIND_BY_NAME[name] : undefined;
  const kind = known ?? (name.startsWith("x_") ? "x_search" : undefined);
  if (kind !== undefined) return withAction({ kind, tool: declaredName(kind, serverTools) }, name);
  const dot = name.indexOf(".");
  if (dot > 0) return calledMcp(name.slice(0, dot), name.slice(dot + 1), serverTools);
  return withAction({ kind: "other", tool: name === "" ? "other" : name }, name);
}

/** Some servers name the tool with its label before it, some without. */
function calledMcp(label: string | undefined, name: string | undefined, tools: readonly ServerTool[]): CalledTool {
  const declared = tools.find((tool) => tool.kind === "mcp" && tool.options.label === label);
  const tool = declared?.name ?? label ?? "mcp";
  const bare = label !== undefined && name?.startsWith(`${label}.`) ? name.slice(label.length + 1) : name;
  return withAction({ kind: "mcp", tool, ...(label === undefined ? {} : { server: label }) }, bare);
}

/** Since 2025-12 web search names what it did in `action.type`; before, calls had the name of the sub-tool. */
function actionOf(item: Json): string | undefined {
  const { action, name } = item;
  const type = typeof action === "object" && action !== null && "type" in action ? textOf(action.type) : undefined;
  return type ?? textOf(name);
}

function declaredName(kind: ServerToolKind, serverTools: readonly ServerTool[]): string {
  return serverTools.find((tool) => tool.kind === kind)?.name ?? kind;
}

function withAction(called: CalledTool, action: string | undefined): CalledTool {
  return action === undefined || action === "" ? called : { ...called, action };
}
