import { ownOptions } from "../own.ts";
import { createNeedsApproval } from "./approval.ts";
import { createCheck } from "./check.ts";
import { createExecute, MAX_STORED_BYTES } from "./execute.ts";
import { gateSchema, passGate } from "./gate.ts";
import { checkToolOptions } from "./habits.ts";
import { isEventOf } from "./is.ts";
import type { ToolOptions } from "./options.ts";
import { xaiSchemaProfile } from "./profile.ts";
import { createReconcile } from "./reconcile.ts";
import { type SchemaInput, type ToolSchema, toJsonSchema } from "./schema.ts";
import type { Tool, ToolEvent } from "./tool.ts";

/**
 * Makes a tool. Its schema and name are checked now, against what xAI takes; its arguments at every call.
 * @throws {AgentError} `invalid_tool` for an option, `invalid_schema` for a schema that cannot be sent.
 */
export function defineTool<S extends ToolSchema, Context = unknown, Output = unknown>(
  given: ToolOptions<S, Context, Output>,
): Tool<Context, SchemaInput<S>, Output> {
  checkToolOptions(given);
  const options = ownOptions(given);
  const { name, description } = options;
  const label = `Tool ${name}: input`;
  const gated = passGate(gateSchema(toJsonSchema(options.input, label), xaiSchemaProfile), label);
  return Object.freeze<Tool<Context, SchemaInput<S>, Output>>({
    kind: "function",
    name,
    description,
    parameters: gated.schema,
    weakened: gated.weakened,
    effect: options.effect,
    origin: options.origin,
    private: options.private ?? false,
    timeoutMs: options.timeoutMs ?? 60_000,
    maxOutputBytes: options.maxOutputBytes ?? 1_048_576,
    maxStoredBytes: options.maxStoredBytes ?? MAX_STORED_BYTES,
    concurrency: options.concurrency ?? "parallel",
    endsRun: options.endsRun ?? false,
    onError: options.onError ?? "model",
    check: createCheck(options.input, label),
    execute: createExecute(options),
    summary: options.summary as Tool["summary"], // whoever calls it gives what the record holds of this tool's output
    needsApproval: createNeedsApproval(options),
    approvalTimeoutMs: options.approvalTimeoutMs,
    reconcile: createReconcile(options),
    is: (event): event is ToolEvent<SchemaInput<S>, Output> => isEventOf(name, event),
  });
}
