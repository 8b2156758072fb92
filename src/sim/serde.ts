import type { JsonPath } from "./json-position.ts";
import { isRecord } from "./request.ts";

/** What does not fit, in serde's words, and where. */
export interface ShapeProblem {
  readonly path: JsonPath;
  readonly text: string;
}

type Json = Readonly<Record<string, unknown>>;
/** Looks at one value; the first misfit, or nothing to say. */
export type Check = (value: unknown, path: JsonPath) => ShapeProblem | undefined;

/** A misfit, to be handed up. */
export const problem = (path: JsonPath, text: string): ShapeProblem => ({ path, text });

/** A value as serde names it in a message. */
function named(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "sequence";
  switch (typeof value) {
    case "string":
      return `string ${JSON.stringify(value)}`;
    case "number":
      return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
    case "boolean":
      return `boolean \`${value}\``;
    default:
      return "map";
  }
}

/** A value of one plain type. */
export const typed =
  (expected: string, fits: (value: unknown) => boolean): Check =>
  (value, path) =>
    fits(value) ? undefined : problem(path, `invalid type: ${named(value)}, expected ${expected}`);

export const text: Check = typed("a string", (value) => typeof value === "string");
export const flag: Check = typed("a boolean", (value) => typeof value === "boolean");
export const number: Check = typed("f32", (value) => typeof value === "number");
export const integer: Check = typed("i32", Number.isInteger);
export const map: Check = typed("a map", isRecord);
export const anything: Check = () => undefined;

/** Absent, null, or what `check` takes. */
export const optional =
  (check: Check): Check =>
  (value, path) =>
    value === undefined || value === null ? undefined : check(value, path);

/** A list of what `item` takes. */
export const listOf =
  (item: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return problem(path, `invalid type: ${named(value)}, expected a sequence`);
    return first(value.map((entry, at) => () => item(entry, [...path, at])));
  };

/** One of some words, with serde's wording for two and for more. */
export const oneOf =
  (...variants: readonly string[]): Check =>
  (value, path) => {
    if (typeof value !== "string") return text(value, path);
    if (variants.includes(value)) return undefined;
    const quoted = variants.map((variant) => `\`${variant}\``);
    const expected = quoted.length === 2 ? quoted.join(" or ") : `one of ${quoted.join(", ")}`;
    return problem(path, `unknown variant \`${value}\`, expected ${expected}`);
  };

/** An object whose required fields are there and whose known fields fit; `then` looks further once they do. */
export const struct =
  (fields: Readonly<Record<string, Check>>, required: readonly string[], then: Check = anything): Check =>
  (value, path) => {
    if (!isRecord(value)) return map(value, path);
    const missing = required.find((name) => !Object.hasOwn(value, name));
    return (
      first(
        Object.entries(fields).map(
          ([name, check]) =>
            () =>
              fieldProblem(value, name, check, path),
        ),
      ) ?? (missing === undefined ? then(value, path) : problem(path, `missing field \`${missing}\``))
    );
  };

function fieldProblem(value: Json, name: string, check: Check, path: JsonPath): ShapeProblem | undefined {
  return Object.hasOwn(value, name) ? check(value[name], [...path, name]) : undefined;
}

/** The first problem that any of the checks finds. */
export function first(checks: readonly (() => ShapeProblem | undefined)[]): ShapeProblem | undefined {
  for (const check of checks) {
    const found = check();
    if (found !== undefined) return found;
  }
  return undefined;
}
