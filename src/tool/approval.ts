import { AgentError } from "../errors.ts";
import type { ToolOptions } from "./options.ts";
import { ownCopy } from "./own-copy.ts";
import type { SchemaOutput, ToolSchema } from "./schema.ts";
import type { Tool } from "./tool.ts";

/**
 * The `needsApproval` of a tool. What is neither yes nor no, or throws, is an error and not an answer: a rule that is broken
 * must not let a call through.
 */
export function createNeedsApproval<S extends ToolSchema, Context, Output>(
  options: ToolOptions<S, Context, Output>,
): Tool<Context>["needsApproval"] {
  const { name, approval = false } = options;
  if (typeof approval === "boolean") return () => approval;
  return async (value, info) => {
    // `value` is what `check`, made of the same schema, gave out.
    const needed = await asked(name, () => approval(ownCopy(value) as SchemaOutput<S>, info));
    if (typeof needed === "boolean") return needed;
    throw notRun(name, "its approval function gave back neither true nor false");
  };
}

async function asked(name: string, ask: () => unknown): Promise<unknown> {
  try {
    return await ask();
  } catch (cause) {
    throw notRun(name, "its approval function failed", cause);
  }
}

function notRun(name: string, text: string, cause?: unknown): AgentError {
  return new AgentError("tool_failed", `${name} was not run: ${text}.`, { cause });
}
