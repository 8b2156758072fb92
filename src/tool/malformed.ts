import type { SchemaProfile } from "./profile.ts";
import type { JsonSchema } from "./tool.ts";

/** Why a schema cannot be sent: where in the arguments, the reason, and what to write instead. */
export interface SchemaRefusal {
  path: string;
  reason: string;
  fix: string;
}

const TYPES: ReadonlySet<unknown> = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);

/** What makes one node of a schema one that cannot be sent, its children apart; undefined when nothing does. */
export function problemOf(
  node: unknown,
  path: string,
  isRoot: boolean,
  profile: SchemaProfile,
): SchemaRefusal | undefined {
  const no = (reason: string, fix: string): SchemaRefusal => ({ path, reason, fix });
  if (node === true && !isRoot) return undefined;
  if (node === false) return no("the schema false takes no value at all", "leave the property out");
  if (typeof node !== "object" || node === null || Array.isArray(node)) {
    return no(`${describe(node)} is not a JSON Schema`, 'write an object such as { "type": "string" }');
  }
  const schema = node as JsonSchema; // an object that is neither null nor a list
  return (isRoot ? rootProblem(schema, no) : undefined) ?? keywordProblem(schema, no, profile);
}

type No = (reason: string, fix: string) => SchemaRefusal;

function rootProblem(schema: JsonSchema, no: No): SchemaRefusal | undefined {
  const choices = ["anyOf", "oneOf", "allOf"].filter((keyword) => schema[keyword] !== undefined);
  if (schema.type === "object" && (choices.length === 0 || schema.properties !== undefined)) return undefined;
  if (choices.length > 0) {
    return no(
      `the root is ${choices.join(" and ")}, and a tool's arguments must be one object`,
      "put the union or intersection into a property of an object, or merge its parts into one object",
    );
  }
  if (Object.keys(schema).every((keyword) => keyword.startsWith("$"))) {
    return no("the schema says nothing about the arguments", "use an object schema, such as z.object({ … })");
  }
  const is = schema.type === undefined ? "has no type" : `is of type ${JSON.stringify(schema.type)}`;
  return no(
    `the root ${is}, and a tool's arguments must be an object`,
    'wrap it in an object, such as z.object({ value: … }) or { "type": "object", "properties": { … } }',
  );
}

function keywordProblem(schema: JsonSchema, no: No, profile: SchemaProfile): SchemaRefusal | undefined {
  for (const keyword of ["anyOf", "oneOf", "allOf", "enum", "prefixItems"]) {
    const value = schema[keyword];
    if (value === undefined) continue;
    if (!Array.isArray(value)) return no(`${keyword} is ${describe(value)}`, "make it a list");
    if (value.length === 0 && keyword !== "allOf" && keyword !== "prefixItems") {
      return no(`${keyword} is empty, so that nothing fits`, "list at least one choice, or leave it out");
    }
  }
  const allOf = schema.allOf;
  if (Array.isArray(allOf) && allOf.length > profile.maxAllOf && schema.properties === undefined) {
    return no(
      `allOf has ${allOf.length} parts, and xAI takes one`,
      "merge them into one schema (in zod: a.extend(b.shape))",
    );
  }
  return typeProblem(schema, no) ?? objectProblem(schema, no, profile);
}

function typeProblem(schema: JsonSchema, no: No): SchemaRefusal | undefined {
  if (schema.type === undefined) return undefined;
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  if (types.length > 0 && types.every((type) => TYPES.has(type))) return undefined;
  return no(`${JSON.stringify(schema.type)} is not a type`, `use one of ${[...TYPES].join(", ")}`);
}

function objectProblem(schema: JsonSchema, no: No, profile: SchemaProfile): SchemaRefusal | undefined {
  const { properties, required } = schema;
  if (properties !== undefined && describe(properties) !== "an object") {
    return no(`properties is ${describe(properties)}`, "make it an object of schemas by name");
  }
  const names = Object.keys(properties ?? {});
  if (names.includes("__proto__")) return no("a property cannot be named __proto__", "use another name");
  if (names.length > profile.maxProperties) {
    return no(`${names.length} properties, and xAI takes ${profile.maxProperties}`, "group them into nested objects");
  }
  if (required === undefined) return undefined;
  if (!Array.isArray(required)) {
    return no(`required is ${describe(required)}`, "list the required names on the object, beside properties");
  }
  const missing = required.filter((name) => !names.includes(String(name)));
  const listed = properties !== undefined || schema.type === "object";
  if (missing.length === 0 || !listed || isOpen(schema)) return undefined;
  return no(
    `required names ${missing.join(", ")}, which properties does not describe`,
    "describe every required property",
  );
}

/** True when an object says how properties look that it does not name. */
function isOpen(schema: JsonSchema): boolean {
  if (schema.patternProperties !== undefined) return true;
  return schema.additionalProperties !== undefined && schema.additionalProperties !== false;
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `${typeof value} ${String(value)}`;
}
