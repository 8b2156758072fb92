import { AgentError } from "../errors.ts";
import { nearestName } from "./names.ts";
import type { ServerTool } from "./server-tool.ts";
import type { AgentTool, AnyTool, ToolDeclaration } from "./tool.ts";

/** The tools of one agent. */
export interface Toolbox {
  /** What the model is told, in the order the tools were given: the same list on every turn. */
  readonly declarations: readonly ToolDeclaration[];
  /** Tools that xAI runs, in the order they were given. */
  readonly serverTools: readonly ServerTool[];
  /** The names of our own tools. */
  readonly names: readonly string[];
  /** The tool of that name. Any text may be asked for. */
  get(name: string): AnyTool | undefined;
  /** The tool a model probably meant by a name that is none. */
  nearest(name: string): string | undefined;
}

/**
 * Puts tools together.
 * @throws {AgentError} `invalid_tool` for what neither `defineTool` nor a server tool's function made; `duplicate_tool`
 * for two of one name.
 */
export function createToolbox(tools: readonly AgentTool[]): Toolbox {
  if (!Array.isArray(tools)) throw new AgentError("invalid_tool", "tools is not a list. Write tools: [getWeather].");
  const taken = new Map<string, number>();
  tools.forEach((tool, position) => {
    checkTool(tool, position);
    const other = taken.get(tool.name);
    if (other !== undefined) throw duplicate(tool.name, other, position);
    taken.set(tool.name, position);
  });
  const own = tools.filter(isTool);
  const byName = new Map(own.map((tool) => [tool.name, tool]));
  const names = [...byName.keys()];
  return {
    declarations: own.map(({ name, description, parameters }) => ({ name, description, parameters })),
    serverTools: tools.filter(isServerTool),
    names,
    get: (name) => byName.get(name),
    nearest: (name) => nearestName(name, names),
  };
}

/** Whether a value was made by `defineTool`, or has all that such a value has. */
export function isTool(value: unknown): value is AnyTool {
  if (typeof value !== "object" || value === null) return false;
  // Any of them may be missing or of another type.
  const { kind, name, check, execute, needsApproval, is } = value as Partial<AnyTool>;
  const hasFunctions = [check, execute, needsApproval, is].every((part) => typeof part === "function");
  return kind === "function" && typeof name === "string" && hasFunctions;
}

/** Whether a value was made by `webSearch`, `xSearch` and the like. */
export function isServerTool(value: unknown): value is ServerTool {
  if (typeof value !== "object" || value === null) return false;
  const { executor, kind, name } = value as Partial<ServerTool>; // any of them may be missing or of another type
  return executor === "server" && typeof kind === "string" && typeof name === "string";
}

function checkTool(tool: unknown, position: number): void {
  if (isTool(tool) || isServerTool(tool)) return;
  const what = tool === null ? "null" : Array.isArray(tool) ? "a list (spread it: ...tools)" : `a plain ${typeof tool}`;
  throw new AgentError("invalid_tool", `tools[${position}] is ${what}, not a tool. Make tools with defineTool({ … }).`);
}

function duplicate(name: string, first: number, second: number): AgentError {
  const message = `tools[${first}] and tools[${second}] are both named ${name}. Rename one, or leave one out.`;
  return new AgentError("duplicate_tool", message);
}
