import { AgentError } from "../errors.ts";
import { type Check, createCheck } from "./check.ts";

import { encodeJson } from "./encode.ts";
import { wellFormed } from "./model-text.ts";
import type { ToolOptions } from "./options.ts";
import type { SchemaOutput, ToolSchema } from "./schema.ts";
import type { Tool } from "./tool.ts";

/**
 * The `execute` of a tool: handler, output check, encoding, the model's view. What fails after the handler is an
 * `AgentError`, whose message tells the model that the tool did run, so that it does not ask for the effect again.
 */
export function createExecute<S extends ToolSchema, Context, Output>(
  options: ToolOptions<S, Context, Output>,
): Tool<Context>["execute"] {
  const { name, output, toModel } = options;
  const check = output === undefined ? undefined : createCheck(output, `Tool ${name}: output`);
  return async (value, tool) => {
    // `value` is what `check`, made of the same schema, gave out.
    const returned = await options.execute(value as SchemaOutput<S>, tool);
    const stored = toStored(check === undefined ? returned : await checkOutput(check, returned, name), name);
    if (toModel === undefined) return { output: stored };
    return { output: stored, content: await viewOf(toModel, returned, name) };
  };
}

async function checkOutput(check: Check, returned: unknown, name: string): Promise<unknown> {
  const verdict = await check(returned);
  if (verdict.ok) return verdict.value;
  const issues = verdict.issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  throw ran(name, `returned what its output schema refuses (${issues.join("; ")})`, verdict.error);
}

function toStored(value: unknown, name: string): unknown {
  const encoding = encodeJson(value);
  if (encoding.ok) return encoding.json;
  throw ran(name, `its result cannot be stored: ${encoding.reason}`);
}

async function viewOf<Output>(toModel: (output: Output) => unknown, returned: Output, name: string): Promise<string> {
  let view: unknown;
  try {
    view = await toModel(returned);
  } catch (error) {
    throw ran(name, "its toModel failed", error);
  }
  const encoding = encodeJson(view);
  if (!encoding.ok) throw ran(name, `its toModel gave no JSON: ${encoding.reason}`);
  return wellFormed(encoding.json);
}

function ran(name: string, text: string, cause?: unknown): AgentError {
  return new AgentError("tool_failed", `${name} ran, but ${text}.`, { cause });
}
