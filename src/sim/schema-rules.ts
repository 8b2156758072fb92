import { invalid, isRecord, type SimRefusal, type SimRequest } from "./request.ts";

type Schema = Readonly<Record<string, unknown>>;

/** A schema being looked through: references are followed once each, and never in a circle. */
interface Walk {
  readonly root: Schema;
  /** References on the way down to here. */
  readonly entered: Set<string>;
  /** References that were found sound. */
  readonly sound: Set<string>;
}

/** Keywords that were refused on 2026-03 and 2026-10-03 (user-asks B3; xai-wire 1.6), each with what to do. */
const REFUSED: Readonly<Record<string, string>> = {
  minContains: "minContains is not supported",
  maxContains: "maxContains is not supported",
  multipleOf: "multipleOf is not supported",
};

/** Largest value of a keyword (xai-wire 1.6). */
const CEILINGS: Readonly<Record<string, number>> = {
  minLength: 2048,
  maxLength: 2048,
  minItems: 256,
  maxItems: 256,
  minProperties: 64,
  maxProperties: 64,
};
const MAX_PROPERTIES = 64;
/** A limit of the simulator, which must not run out of stack. */
const MAX_DEPTH = 200;
const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"];

/**
 * Why xAI would refuse a function's `parameters`, or `undefined` if it would take them. The reason begins with a JSON
 * pointer to the place. Written from xai-wire 1.6 and user-asks B3, apart from the schema gate that it judges.
 */
export function schemaRefusal(schema: unknown): string | undefined {
  if (!isRecord(schema) || schema.type !== "object") return "#: tool parameter root must be an object type";
  const union = ["anyOf", "oneOf"].find((keyword) => schema[keyword] !== undefined);
  if (union !== undefined) return `#: tool parameter root must be an object type, not ${union}`;
  return schemaProblem(schema);
}

/** Why xAI would refuse `response_format`. */
export function formatRefusal(request: SimRequest): SimRefusal | undefined {
  const format = request.response_format?.json_schema;
  if (format === undefined) return undefined;
  if (!isRecord(format.schema)) return invalid("Invalid response_format: the schema must be a JSON object.");
  const reason = schemaProblem(format.schema);
  return reason === undefined ? undefined : invalid(`Invalid response_format: ${reason}`);
}

function schemaProblem(root: Schema): string | undefined {
  return problemAt(root, "#", { root, entered: new Set(), sound: new Set() }, 0);
}

function problemAt(schema: unknown, path: string, walk: Walk, depth: number): string | undefined {
  if (typeof schema === "boolean") return `${path}: a boolean schema is not supported`;
  if (!isRecord(schema)) return `${path}: a schema must be an object`;
  if (depth > MAX_DEPTH) return `${path}: the schema is nested too deeply`;
  const own = keywordProblem(schema) ?? patternProblem(schema) ?? unionProblem(schema);
  if (own !== undefined) return `${path}: ${own}`;
  return refProblem(schema, path, walk, depth) ?? childProblem(schema, path, walk, depth);
}

function keywordProblem(schema: Schema): string | undefined {
  for (const [keyword, value] of Object.entries(schema)) {
    const refused = REFUSED[keyword];
    if (refused !== undefined) return refused;
    const ceiling = CEILINGS[keyword];
    if (ceiling !== undefined && typeof value === "number" && value > ceiling)
      return `${keyword} must not exceed ${ceiling}`;
  }
  if (schema.uniqueItems === true) return "uniqueItems is not supported";
  if (Array.isArray(schema.items)) return "items must not be an array, use prefixItems";
  if (isRecord(schema.properties) && Object.keys(schema.properties).length > MAX_PROPERTIES) {
    return `an object must not have more than ${MAX_PROPERTIES} properties`;
  }
  const types = schema.type === undefined ? [] : [schema.type].flat();
  return types.every((type) => TYPES.includes(String(type)))
    ? undefined
    : `unknown type ${JSON.stringify(schema.type)}`;
}

/** Look-ahead and look-behind. Escapes and character classes are left out first, for they may look alike. */
function patternProblem(schema: Schema): string | undefined {
  if (typeof schema.pattern !== "string") return undefined;
  const bare = schema.pattern.replace(/\\./g, "").replace(/\[[^\][]*\]/g, "");
  return /\(\?<?[=!]/.test(bare) ? "look-around in a pattern is not supported" : undefined;
}

function unionProblem(schema: Schema): string | undefined {
  const empty = ["enum", "anyOf", "oneOf"].find(
    (keyword) => Array.isArray(schema[keyword]) && schema[keyword].length === 0,
  );
  if (empty !== undefined) return `${empty} must not be empty`;
  return Array.isArray(schema.allOf) && schema.allOf.length !== 1 ? "allOf must have exactly one subschema" : undefined;
}

function refProblem(schema: Schema, path: string, walk: Walk, depth: number): string | undefined {
  const ref = schema.$ref;
  if (ref === undefined || (typeof ref === "string" && walk.sound.has(ref))) return undefined;
  if (typeof ref !== "string" || !ref.startsWith("#"))
    return `${path}: only references within the schema are supported`;
  if (walk.entered.has(ref) || ref === "#") return `${path}: circular $ref ${ref} is not supported`;
  const target = pointedAt(walk.root, ref);
  if (target === undefined) return `${path}: $ref ${ref} points nowhere`;
  walk.entered.add(ref);
  const found = problemAt(target, ref, walk, depth + 1);
  walk.entered.delete(ref);
  if (found === undefined) walk.sound.add(ref);
  return found;
}

/** What a reference within a schema leads to; undefined for nothing, and for the schema itself. */
export function pointedAt(root: Schema, ref: string): unknown {
  let value: unknown = root;
  for (const step of ref.split("/").slice(1)) {
    const name = decodePointer(step);
    if (Array.isArray(value)) value = value[Number(name)];
    else value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return ref === "#" || ref.startsWith("#/") ? value : undefined;
}

function decodePointer(step: string): string {
  const plain = step.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain; // not percent-encoded after all
  }
}

/** Where further schemas stand. `additionalProperties` and `items` may also be true or false. */
const MAPS = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
const LISTS = ["anyOf", "oneOf", "allOf", "prefixItems"];
const SINGLE = ["additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames"];

function childProblem(schema: Schema, path: string, walk: Walk, depth: number): string | undefined {
  for (const [place, child] of children(schema)) {
    const found = problemAt(child, `${path}/${place}`, walk, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function* children(schema: Schema): Generator<readonly [place: string, child: unknown]> {
  for (const keyword of [...MAPS, ...LISTS]) {
    const group = schema[keyword];
    if (typeof group !== "object" || group === null) continue;
    for (const [name, child] of Object.entries(group)) yield [`${keyword}/${name}`, child];
  }
  for (const keyword of SINGLE) {
    const child = schema[keyword];
    if (child !== undefined && typeof child !== "boolean" && !Array.isArray(child)) yield [keyword, child];
  }
}
