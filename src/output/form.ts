import {
  type GateVerdict,
  gateSchema,
  type JsonSchema,
  passGate,
  resolvePointer,
  toJsonSchema,
  xaiSchemaProfile,
} from "../tool/index.ts";

/** The property that an answer which is no object stands under: the server wants an object at the root. */
export const WRAPPER = "answer";

/** What the model is asked for. */
export interface AnswerForm {
  /** JSON Schema as it is sent. */
  schema: JsonSchema;
  /** The answer stands under `answer`. */
  isWrapped: boolean;
}

/**
 * The form of an answer, as it can be sent to xAI. A union, list, text, number or choice is put under `answer`, with all
 * that it says; an object is sent as it is.
 * @throws {AgentError} `invalid_schema` naming the place and what to write instead.
 */
export function formOf(schema: unknown, label: string): AnswerForm {
  const json = toJsonSchema(schema, label);
  if (isObjectSchema(json)) {
    return { schema: passGate(gateSchema(json, xaiSchemaProfile), label).schema, isWrapped: false };
  }
  const { $schema: _, $defs: _defs, definitions: _definitions, ...answer } = json;
  const wrapper = { type: "object", properties: { [WRAPPER]: answer }, required: [WRAPPER] };
  const verdict = gateSchema(wrapper, xaiSchemaProfile, json); // its references still point into it
  return { schema: passGate(unwrapped(verdict), label).schema, isWrapped: true };
}

/** Whether what a schema describes is an object and can be nothing else, as far as its root says. */
function isObjectSchema(json: JsonSchema): boolean {
  const seen = new Set<string>();
  let root: unknown = json;
  while (isRecord(root) && root.type === undefined && typeof root.$ref === "string" && !seen.has(root.$ref)) {
    seen.add(root.$ref);
    root = resolvePointer(root.$ref, json);
  }
  if (!isRecord(root) || root.type !== "object") return false;
  const hasChoices = ["anyOf", "oneOf", "allOf"].some((keyword) => root[keyword] !== undefined);
  return !hasChoices || root.properties !== undefined;
}

/** Places as whoever wrote the schema knows them. */
function unwrapped(verdict: GateVerdict): GateVerdict {
  if (verdict.verdict !== "refuse") return verdict;
  const refusals = verdict.refusals.map((refusal) => {
    return { ...refusal, path: refusal.path.replace(`input.${WRAPPER}`, "input") };
  });
  return { verdict: "refuse", refusals };
}

function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
