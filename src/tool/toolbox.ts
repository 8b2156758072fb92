import { AgentError } from "../errors.ts";
import { nearestName } from "./names.ts";
import type { AnyTool, ToolDeclaration } from "./tool.ts";

/** The tools of one agent. */
export interface Toolbox {
  /** What the model is told, in the order the tools were given: the same list on every turn. */
  readonly declarations: readonly ToolDeclaration[];
  readonly names: readonly string[];
  /** The tool of that name. Any text may be asked for. */
  get(name: string): AnyTool | undefined;
  /** The tool a model probably meant by a name that is none. */
  nearest(name: string): string | undefined;
}

/**
 * Puts tools together.
 * @throws {AgentError} `invalid_tool` for what `defineTool` did not make; `duplicate_tool` for two of one name.
 */
export function createToolbox(tools: readonly AnyTool[]): Toolbox {
  if (!Array.isArray(tools)) throw new AgentError("invalid_tool", "tools is not a list. Write tools: [getWeather].");
  const byName = new Map<string, AnyTool>();
  tools.forEach((tool, position) => {
    checkTool(tool, position);
    const other = byName.get(tool.name);
    if (other !== undefined) throw duplicate(tool.name, tools.indexOf(other), position);
    byName.set(tool.name, tool);
  });
  const names = [...byName.keys()];
  const declarations = tools.map(({ name, description, parameters }) => ({ name, description, parameters }));
  return { declarations, names, get: (name) => byName.get(name), nearest: (name) => nearestName(name, names) };
}

/** Whether a value was made by `defineTool`, or has all that such a value has. */
export function isTool(value: unknown): value is AnyTool {
  if (typeof value !== "object" || value === null) return false;
  const { kind, name, check, execute, is } = value as Partial<AnyTool>; // any of them may be missing or of another type
  const hasFunctions = [check, execute, is].every((part) => typeof part === "function");
  return kind === "function" && typeof name === "string" && hasFunctions;
}

function checkTool(tool: unknown, position: number): void {
  if (isTool(tool)) return;
  const what = tool === null ? "null" : Array.isArray(tool) ? "a list (spread it: ...tools)" : `a plain ${typeof tool}`;
  throw new AgentError("invalid_tool", `tools[${position}] is ${what}, not a tool. Make tools with defineTool({ … }).`);
}

function duplicate(name: string, first: number, second: number): AgentError {
  const message = `tools[${first}] and tools[${second}] are both named ${name}. Rename one, or leave one out.`;
  return new AgentError("duplicate_tool", message);
}
