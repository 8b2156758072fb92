import type { SimModel } from "./models.ts";
import { invalid, type SimFunction, type SimRefusal, type SimRequest } from "./request.ts";
import { schemaRefusal } from "./schema-rules.ts";

/** OpenAPI `maxItems`; older docs say 128 and 200 (xai-wire 9, row 9). */
const MAX_TOOLS = 350;
/** The protocol's rule for names. xAI's own is not documented, so this is the narrowest that every peer keeps to. */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
/** Taken by the server itself on every request (hermes-agent#95003). Other hosted names clash only with a hosted tool. */
const RESERVED = new Set(["tool_search"]);

/** Why xAI would refuse these tools and this choice among them (xai-wire 1.1, user-asks A4, B5). */
export function toolsRefusal(request: SimRequest, model: SimModel): SimRefusal | undefined {
  const functions = (request.tools ?? []).flatMap((tool) => (tool.function === undefined ? [] : [tool.function]));
  return (
    countRefusal(functions.length + (request.hosted ?? []).length) ??
    nameRefusal(functions) ??
    modelRefusal(functions, model) ??
    parametersRefusal(functions) ??
    choiceRefusal(request, functions)
  );
}

function countRefusal(count: number): SimRefusal | undefined {
  if (count <= MAX_TOOLS) return undefined;
  return invalid(`Invalid request content: at most ${MAX_TOOLS} tools are allowed, and the request has ${count}.`);
}

function nameRefusal(functions: readonly SimFunction[]): SimRefusal | undefined {
  const names = functions.map(({ name }) => name);
  const bad = names.find((name) => !NAME.test(name));
  if (bad !== undefined) return invalid(`Invalid function name: "${bad}". It must match ${NAME.source}.`);
  const reserved = names.find((name) => RESERVED.has(name));
  if (reserved !== undefined) return invalid(`function name ${reserved} is reserved for the native server-side tool`);
  const twice = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
  return twice.length === 0 ? undefined : invalid(`Duplicate tool names: ${twice.join(", ")}`);
}

/** The multi-agent model takes no client-side tools (lobehub#12743). */
function modelRefusal(functions: readonly SimFunction[], model: SimModel): SimRefusal | undefined {
  if (functions.length === 0 || model.functions !== false) return undefined;
  return invalid(`Model ${model.id} does not support client-side tools.`);
}

function parametersRefusal(functions: readonly SimFunction[]): SimRefusal | undefined {
  for (const { name, parameters } of functions) {
    const reason = schemaRefusal(parameters);
    if (reason !== undefined)
      return invalid(`Invalid arguments passed to the model: parameters of function "${name}": ${reason}`);
  }
  return undefined;
}

/** The wording for missing tools is livekit/agents#3114's. */
function choiceRefusal(request: SimRequest, functions: readonly SimFunction[]): SimRefusal | undefined {
  const { tool_choice: choice } = request;
  if (choice === undefined) return undefined;
  if (functions.length === 0 && (request.hosted ?? []).length === 0) {
    return invalid("Invalid request content: A tool_choice was set on the request but no tools were specified.");
  }
  if (typeof choice === "string" || functions.some(({ name }) => name === choice.function.name)) return undefined;
  return invalid(
    `Invalid request content: tool_choice names function "${choice.function.name}", which is not among the tools.`,
  );
}
