import { AgentError, errorMessage } from "../errors.ts";
import type { ServerTool, ToolDeclaration } from "../tool/index.ts";
import { mendSurrogates } from "./chat-message.ts";
import type { ToolChoice } from "./model.ts";

/**
 * A tool's declaration as JSON.
 * @throws {AgentError} `invalid_tool` when its parameters have no JSON.
 */
export function encodeDeclaration(name: string, declared: object): string {
  try {
    return mendSurrogates(JSON.stringify(declared));
  } catch (cause) {
    const [reason] = errorMessage(cause).split("\n");
    const message = `The parameters of the tool ${JSON.stringify(name)} are no JSON: ${reason}. Give plain JSON Schema.`;
    throw new AgentError("invalid_tool", message, { cause });
  }
}

/**
 * Whether the tools can do what is demanded of them.
 * @throws {AgentError} `invalid_option` naming the tools that could be demanded.
 */
export function checkChoice(
  choice: ToolChoice | undefined,
  tools: readonly ToolDeclaration[],
  serverTools: readonly ServerTool[] = [],
): void {
  if (choice === undefined || choice === "auto" || choice === "none") return;
  const names = tools.map((tool) => tool.name);
  if (choice === "required" ? names.length + serverTools.length > 0 : names.includes(choice.tool)) return;
  if (choice !== "required" && serverTools.some(({ name }) => name === choice.tool)) throw ofServer(choice.tool);
  const wanted =
    choice === "required" ? "a tool call, but there are no tools" : `the tool ${JSON.stringify(choice.tool)}`;
  const offered = names.length === 0 ? "Register a tool" : `Name one of ${names.join(", ")}`;
  throw new AgentError("invalid_option", `settings.toolChoice demands ${wanted}. ${offered}, or leave it out.`);
}

/** @see wire document 2.1: the only tools that can be named are functions */
function ofServer(name: string): AgentError {
  const message = `settings.toolChoice demands ${JSON.stringify(name)}, which xAI runs: it can name functions only.`;
  return new AgentError("invalid_option", `${message} Offer that tool alone and write "required".`);
}
