/**
 * Whether a schema of zod 4 is made of nothing but types and checks of zod's own that never give a promise. Refinements, transforms and
 * all that is not known may, so with one of these inside it is not plain.
 * @see https://zod.dev/library-authors: `_zod.def` says what a schema is made of
 */
export function isPlainZod(schema: unknown): boolean {
  try {
    return isPlain(schema, new Set());
  } catch {
    return false; // a getter of a shape that cannot be read yet
  }
}

/** The fields of `_zod.def` that are looked at: of an object that says it is a schema, or a check, of zod 4. */
interface Definition {
  type?: unknown;
  check?: unknown;
  checks?: readonly unknown[];
  [part: string]: unknown;
}

const LEAVES: ReadonlySet<unknown> = new Set(
  "string number int bigint boolean null any unknown never literal enum undefined template_literal".split(" "),
);

/** Types made of others, and where those stand. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  object: ["shape", "catchall"],
  array: ["element"],
  tuple: ["items", "rest"],
  record: ["keyType", "valueType"],
  union: ["options"],
  intersection: ["left", "right"],
  optional: ["innerType"],
  nullable: ["innerType"],
  default: ["innerType"],
  prefault: ["innerType"],
  nonoptional: ["innerType"],
  readonly: ["innerType"],
};

const CHECKS: ReadonlySet<unknown> = new Set([
  "greater_than",
  "less_than",
  "multiple_of",
  "number_format",
  "bigint_format",
  "min_length",
  "max_length",
  "length_equals",
  "string_format",
]);

function isPlain(schema: unknown, seen: Set<unknown>): boolean {
  if (seen.has(schema)) return true; // looked at already: schemas may hold themselves
  seen.add(schema);
  const definition = definitionOf(schema);
  if (definition === undefined) return false;
  const { type, checks = [] } = definition;
  if (!checks.every((check) => CHECKS.has(definitionOf(check)?.check))) return false;
  if (LEAVES.has(type)) return true;
  const parts = typeof type === "string" && Object.hasOwn(PARTS, type) ? PARTS[type] : undefined;
  return parts?.flatMap((part) => partsAt(definition[part])).every((part) => isPlain(part, seen)) ?? false;
}

function definitionOf(schema: unknown): Definition | undefined {
  return (schema as { _zod?: { def?: Definition } } | null | undefined)?._zod?.def;
}

/** A part is a schema, a list of them, an object of them, or absent. */
function partsAt(part: unknown): readonly unknown[] {
  if (part === undefined || part === null) return [];
  if (Array.isArray(part)) return part;
  return definitionOf(part) === undefined ? Object.values(part) : [part];
}
