import { isThenable } from "../clock.ts";
import { AgentError } from "../errors.ts";
import type { ContentPart } from "../message/index.ts";
import { type Check, createCheck } from "./check.ts";
import { refusalOf, toContent } from "./content.ts";
import { encodeJson } from "./encode.ts";
import { wellFormed } from "./model-text.ts";
import type { ToolOptions } from "./options.ts";
import type { SchemaOutput, ToolSchema } from "./schema.ts";
import { type Storable, toStorable } from "./spill.ts";
import type { Tool, ToolOutput } from "./tool.ts";

/** UTF-8 bytes of a result that the record holds itself, unless set otherwise. */
export const MAX_STORED_BYTES = 1_048_576;

/**
 * The `execute` of a tool: handler, output check, encoding, the model's view. What fails after the handler is an
 * `AgentError`, whose message tells the model that the tool did run, so that it does not ask for the effect again.
 */
export function createExecute<S extends ToolSchema, Context, Output>(
  options: ToolOptions<S, Context, Output>,
): Tool<Context>["execute"] {
  const encodeResult = createEncodeResult(options);
  return (value, tool) => {
    // `value` is what `check`, made of the same schema, gave out.
    const returned = options.execute(value as SchemaOutput<S>, tool);
    if (isThenable(returned)) return Promise.resolve(returned).then(encodeResult);
    return encodeResult(returned);
  };
}

/** Makes what a handler returned into what is stored and shown. Throws, or rejects with, `tool_failed`, which says that the tool ran. */
export function createEncodeResult<S extends ToolSchema, Context, Output>(
  options: ToolOptions<S, Context, Output>,
): (returned: Output) => ToolOutput | Promise<ToolOutput> {
  const { name, output, toModel, maxStoredBytes = MAX_STORED_BYTES } = options;
  const check = output === undefined ? undefined : createCheck(output, `Tool ${name}: output`);
  if (check === undefined && toModel === undefined) return (returned) => toOutput(returned, maxStoredBytes, name);
  return async (returned) => {
    const checked = check === undefined ? returned : await checkOutput(check, returned, name);
    const stored = toOutput(checked, maxStoredBytes, name);
    return toModel === undefined ? stored : { ...stored, content: await viewOf(toModel, returned, name) };
  };
}

async function checkOutput(check: Check, returned: unknown, name: string): Promise<unknown> {
  const verdict = await check(returned);
  if (verdict.ok) return verdict.value;
  const issues = verdict.issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  throw ran(name, `returned what its output schema refuses (${issues.join("; ")})`, verdict.error);
}

function toOutput(value: unknown, maxStoredBytes: number, name: string): ToolOutput {
  const storable = storableOf(value, maxStoredBytes, name);
  if (storable.type === "problem") throw ran(name, `its result cannot be stored: ${storable.problem}`);
  const shown = storable.text === undefined ? {} : { content: wellFormed(storable.text) };
  return storable.type === "spilled" ? { spilled: storable.spilled, ...shown } : { output: storable.json, ...shown };
}

/** Bytes whose memory was given away to a worker, and proxies that were revoked, cannot even be measured. */
function storableOf(value: unknown, maxStoredBytes: number, name: string): Storable {
  try {
    return toStorable(value, maxStoredBytes);
  } catch (error) {
    throw ran(name, "its result cannot be stored: it cannot be read", error);
  }
}

async function viewOf<Output>(
  toModel: (output: Output) => unknown,
  returned: Output,
  name: string,
): Promise<string | readonly ContentPart[]> {
  let view: unknown;
  try {
    view = await toModel(returned);
  } catch (error) {
    throw ran(name, "its toModel failed", error);
  }
  const encoding = encodeJson(view);
  if (!encoding.ok) throw ran(name, `its toModel gave no JSON: ${encoding.reason}`);
  try {
    return toContent(encoding.json);
  } catch (error) {
    throw ran(name, `what it shows cannot be sent: ${refusalOf(error)}`, error);
  }
}

function ran(name: string, text: string, cause?: unknown): AgentError {
  return new AgentError("tool_failed", `${name} ran, but ${text}.`, { cause });
}
