import { type OptionNames, readOptions } from "./server-options.ts";
import type { CodeExecutionTool } from "./server-tool.ts";

const NAMES: OptionNames = {
  maker: "codeExecution",
  options: [],
  habits: { container: "xAI refuses it and chooses the sandbox. Leave it out", type: "Write codeExecution()" },
};

/**
 * Python in xAI's own sandbox, run by xAI. A tool of the Responses API, where it is called `code_interpreter`.
 * @param options xAI has none for it.
 * @throws {AgentError} `invalid_tool` for an option.
 */
export function codeExecution(options?: Readonly<Record<string, never>>): CodeExecutionTool {
  readOptions(options, NAMES);
  return Object.freeze({ executor: "server", kind: "code_execution", name: "code_execution" });
}
