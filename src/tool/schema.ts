import type { StandardJSONSchemaV1, StandardSchemaV1, StandardTypedV1 } from "@standard-schema/spec";
import { zod3Converter } from "#zod3";
import { AgentError, errorMessage } from "../errors.ts";
import { xaiSchemaProfile } from "./profile.ts";
import type { JsonSchema } from "./tool.ts";

/**
 * A schema of a tool's input: a Standard Schema that can state its JSON Schema (zod 4.2 or newer, arktype, valibot through
 * `toStandardJsonSchema`), a zod 3.24 schema, or plain JSON Schema.
 */
export type ToolSchema = StandardTypedV1 | JsonSchema;

/** The arguments as the model writes them. Plain JSON Schema has no types: any object. */
export type SchemaInput<S extends ToolSchema> = S extends StandardTypedV1
  ? StandardTypedV1.InferInput<S>
  : Record<string, unknown>;

/** The arguments as the handler gets them: checked, defaults and transforms applied. */
export type SchemaOutput<S extends ToolSchema> = S extends StandardTypedV1
  ? StandardTypedV1.InferOutput<S>
  : Record<string, unknown>;

/** What may be under `~standard`: the property is there, what it holds is looked at before it is used. */
type Standard = Partial<StandardSchemaV1.Props & StandardJSONSchemaV1.Props>;

/** The `~standard` part of a schema; undefined when it is not a Standard Schema. arktype's schemas are functions. */
export function standardOf(schema: unknown): Standard | undefined {
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null) return undefined;
  if (!("~standard" in schema)) return undefined;
  const standard = schema["~standard"];
  return typeof standard === "object" && standard !== null ? standard : undefined;
}

/**
 * The JSON Schema of a tool's input, before the gate.
 * @param label What the schema belongs to, such as `Tool get_weather: input`; begins every message.
 * @throws {AgentError} `invalid_schema` when there is none, or none that says anything.
 */
export function toJsonSchema(schema: unknown, label: string): JsonSchema {
  const standard = standardOf(schema);
  const json = standard === undefined ? plainSchema(schema, label) : convert(schema, standard, label);
  if (Object.keys(json).every((keyword) => keyword === "$schema")) {
    throw invalid(
      label,
      "converts to nothing: the model would be told nothing. Use a schema that says something, such as z.object({ … })",
    );
  }
  return json;
}

function convert(schema: unknown, standard: Standard, label: string): JsonSchema {
  if (standard.jsonSchema !== undefined) return convertStandard(standard.jsonSchema, standard.vendor, label);
  if (isZod4(schema)) {
    throw invalid(label, "is of zod 4.0 or 4.1, which cannot state its JSON Schema. Upgrade: npm install zod@^4.2");
  }
  if (isZod3(schema)) return convertZod3(schema, label);
  if (standard.vendor === "valibot") {
    const fix = 'import { toStandardJsonSchema } from "@valibot/to-json-schema" and write toStandardJsonSchema(schema)';
    throw invalid(label, `is a bare valibot schema, which cannot state its JSON Schema. Do ${fix}`);
  }
  const vendor = standard.vendor ?? "an unknown library";
  throw invalid(
    label,
    `is a schema of ${vendor} that cannot state its JSON Schema. Use zod 4.2 or newer, or JSON Schema`,
  );
}

function convertStandard(converter: StandardJSONSchemaV1.Converter, vendor: unknown, label: string): JsonSchema {
  try {
    const json: unknown = converter.input({ target: "draft-2020-12" });
    return typeof json === "object" && json !== null ? { ...json } : {};
  } catch (error) {
    const hint = "Use types that JSON has, such as z.iso.datetime() for dates";
    throw invalid(label, `cannot be stated as JSON Schema: ${errorMessage(error)} (${String(vendor)}). ${hint}`, error);
  }
}

/** zod 3 only: the converter takes a zod 4 schema without complaint and makes `{}` of it. */
function convertZod3(schema: Zod3, label: string): JsonSchema {
  const mixed = Object.entries(schema.shape ?? {}).find(([, part]) => isZod4(part));
  if (mixed !== undefined) {
    throw invalid(
      label,
      `mixes zod 3 and zod 4: ${mixed[0]} is of zod 4, the object around it of zod 3. Use one of them`,
    );
  }
  const options = { target: "jsonSchema7", effectStrategy: "input", pipeStrategy: "input" } as const;
  const toJson = zod3Converter();
  // The converter's type wants the zod 3 it was compiled with; it reads nothing but `_def`, which was looked at.
  return toJson(schema as unknown as Parameters<typeof toJson>[0], options) as JsonSchema;
}

interface Zod3 {
  readonly _def: { readonly typeName: string };
  readonly shape?: Readonly<Record<string, unknown>>;
}

function isZod4(schema: unknown): boolean {
  return typeof schema === "object" && schema !== null && "_zod" in schema;
}

function isZod3(schema: unknown): schema is Zod3 {
  if (typeof schema !== "object" || schema === null || !("_def" in schema) || isZod4(schema)) return false;
  const { _def } = schema;
  return typeof _def === "object" && _def !== null && "typeName" in _def && typeof _def.typeName === "string";
}

function plainSchema(schema: unknown, label: string): JsonSchema {
  if (schema === undefined || schema === null) {
    throw invalid(label, "is missing. For a tool without arguments write z.object({})");
  }
  if (isZod3(schema)) throw invalid(label, "is of a zod older than 3.24. Upgrade: npm install zod@^4.2");
  if (typeof schema !== "object" || Array.isArray(schema)) {
    throw invalid(
      label,
      `is ${Array.isArray(schema) ? "a list" : `a ${typeof schema}`}. Use an object schema, or JSON Schema`,
    );
  }
  if (Object.values(schema).some((part) => standardOf(part) !== undefined)) {
    throw invalid(label, "is a plain object of schemas. Wrap it: z.object({ … })");
  }
  const names = Object.keys(schema);
  if (
    names.length > 0 &&
    !names.some((name) => name.startsWith("$") || Object.hasOwn(xaiSchemaProfile.keywords, name))
  ) {
    const shown = names.slice(0, 3).join(", ");
    const fix = 'Write z.object({ … }), or { type: "object", properties: { … } }';
    throw invalid(
      label,
      `has no keyword of JSON Schema: all it has is ${shown}${names.length > 3 ? ", …" : ""}. ${fix}`,
    );
  }
  const json = schema as JsonSchema; // an object that is no list: its keys are keywords, known or not
  const says = ["properties", "additionalProperties", "patternProperties", "$ref", "anyOf", "oneOf", "allOf"];
  if (json.type === "object" && !says.some((keyword) => json[keyword] !== undefined)) {
    throw invalid(label, 'has no "properties". For a tool without arguments write properties: {}');
  }
  return json;
}

function invalid(label: string, text: string, cause?: unknown): AgentError {
  return new AgentError("invalid_schema", `${label} ${text}.`, { cause });
}
