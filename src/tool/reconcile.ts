import { AgentError } from "../errors.ts";
import { createEncodeResult } from "./execute.ts";
import type { ToolOptions } from "./options.ts";
import { ownCopy } from "./own-copy.ts";
import type { SchemaOutput, ToolSchema } from "./schema.ts";
import type { Reconciled, Tool } from "./tool.ts";

/** The `reconcile` of a tool: its output is checked and encoded as a handler's result is. Undefined for a tool without one. */
export function createReconcile<S extends ToolSchema, Context, Output>(
  options: ToolOptions<S, Context, Output>,
): Tool<Context>["reconcile"] {
  const { name, reconcile } = options;
  if (reconcile === undefined) return undefined;
  const encodeResult = createEncodeResult(options);
  return async (value, tool) => {
    // `value` is what `check`, made of the same schema, gave out.
    const found: Reconciled<Output> = await reconcile(ownCopy(value) as SchemaOutput<S>, tool);
    if (found === undefined) return undefined;
    // Plain JavaScript may give back anything, null too.
    if (found?.happened === true) return { happened: true, ...(await encodeResult(found.output)) };
    if (found?.happened === false) return { happened: false };
    const message = `The reconcile of ${name} gave back neither { happened: true, output }, { happened: false } nor undefined.`;
    throw new AgentError("tool_failed", message);
  };
}
