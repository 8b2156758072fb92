import { Validator } from "@cfworker/json-schema";
import { type Facts, formattedIn, propertiesOf, words } from "./fill.ts";
import { placeholders } from "./placeholder.ts";
import { isRecord } from "./request.ts";
import { pointedAt } from "./schema-rules.ts";

type Json = Readonly<Record<string, unknown>>;

/** What an answer may be made from. */
export interface Known {
  readonly facts: Facts;
  /** What tools gave back, where it was JSON. */
  readonly results: readonly unknown[];
}

/** The question and what is left of it to be used, and where references lead. */
interface Fit {
  readonly root: Json;
  readonly results: readonly unknown[];
  readonly text: string;
  readonly names: string[];
  readonly numbers: number[];
  /** References on the way down to here: a circle ends. */
  readonly entered: readonly string[];
}

/**
 * A value that passes the schema: what a result or the question names where it fits, else a plain placeholder. Undefined
 * when none was found, which takes an unusual pattern or a contradiction.
 */
export function fitSchema(schema: unknown, { facts, results }: Known): unknown {
  if (!isRecord(schema)) return undefined;
  const fit = { root: schema, results, text: facts.text, names: [...facts.names], numbers: [...facts.numbers] };
  const value = fitValue(schema, "", { ...fit, entered: [] });
  return isValid(schema, value) ? value : undefined;
}

/** A schema that cannot be read accepts nothing. */
function isValid(schema: Json, value: unknown): boolean {
  try {
    return value !== undefined && new Validator(schema, "2020-12").validate(value).valid;
  } catch {
    return false;
  }
}

function fitValue(given: unknown, name: string, fit: Fit): unknown {
  if (!isRecord(given)) return given === false ? undefined : "simulated";
  const found = resolved(given, fit);
  if (found === undefined) return undefined;
  const { schema, inside } = found;
  const fixed = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  if (Array.isArray(fixed)) return fitScalar(name, { schema, candidates: fixed, isClosed: true }, inside);
  const variants = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(variants)) return firstOf(variants, (variant) => fitValue(variant, name, inside));
  return firstOf(typesOf(schema), (type) => fitType(type, schema, name, inside));
}

/** The schema a reference leads to, with its own keywords beside; of `allOf`, which has one member, both together. */
function resolved(schema: Json, fit: Fit): { schema: Json; inside: Fit } | undefined {
  const { $ref: ref, allOf, ...own } = schema;
  if (Array.isArray(allOf) && isRecord(allOf[0])) return resolved({ ...own, ...allOf[0] }, fit);
  if (typeof ref !== "string") return { schema, inside: fit };
  const target = pointedAt(fit.root, ref);
  if (!isRecord(target) || fit.entered.includes(ref)) return undefined;
  return resolved({ ...own, ...target }, { ...fit, entered: [...fit.entered, ref] });
}

/** What it may be; where it does not say, what its keywords are about. */
function typesOf(schema: Json): readonly unknown[] {
  if (schema.type !== undefined) return [schema.type].flat();
  if (schema.properties !== undefined || schema.required !== undefined) return ["object"];
  return schema.items !== undefined || schema.prefixItems !== undefined ? ["array"] : ["string", "number"];
}

function fitType(type: unknown, schema: Json, name: string, fit: Fit): unknown {
  if (type === "object") return fitObject(schema, fit);
  if (type === "array") return fitList(schema, name, fit);
  return fitScalar(name, { schema: { ...schema, type }, candidates: placeholders({ ...schema, type }) }, fit);
}

/** The first that the schema takes of: what a result calls so, what the question holds, what there is besides. */
function fitScalar(
  name: string,
  { schema, candidates, isClosed = false }: { schema: Json; candidates: readonly unknown[]; isClosed?: boolean },
  fit: Fit,
): unknown {
  const known = knownAs(name, fit.results);
  const said = isClosed ? candidates.filter((value) => isSaid(value, fit.text)) : [];
  const asked = isClosed ? [] : [...textFor(name, schema, fit), ...fit.names, ...fit.numbers];
  const value = firstOf([...known, ...said, ...asked, ...candidates], (candidate) =>
    isValid(schema, candidate) ? candidate : undefined,
  );
  for (const list of [fit.names, fit.numbers] as unknown[][]) {
    const at = known.includes(value) ? -1 : list.indexOf(value);
    if (at >= 0) list.splice(at, 1);
  }
  return value;
}

/** What the question has in the format that is asked for; the question, where a text is. */
function textFor(name: string, { format }: Json, { text }: Fit): readonly string[] {
  const found = typeof format === "string" ? formattedIn(text, format) : undefined;
  if (found !== undefined) return [found];
  const isText = /answer|summary|text|message|description|reason|explanation|note|advice/i.test(name);
  return isText ? [`simulated: ${text.trim().slice(0, 200)}`] : [];
}

const isSaid = (value: unknown, text: string): boolean =>
  typeof value === "string" && words(value).length > 0 && words(value).every((word) => words(text).includes(word));

/** What is required, and what a result knows besides. */
function fitObject(schema: Json, fit: Fit): unknown {
  const properties = propertiesOf(schema);
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const known = Object.keys(properties).filter((name) => knownAs(name, fit.results).length > 0);
  const entries = [...new Set([...required, ...known])].map((name) => {
    const declared = Object.hasOwn(properties, name) ? properties[name] : (schema.additionalProperties ?? {});
    return [name, fitValue(declared, name, fit)] as const;
  });
  if (entries.some(([name, value]) => value === undefined && required.includes(name))) return undefined;
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** One entry for each result or name, within the limits. */
function fitList(schema: Json, name: string, fit: Fit): unknown {
  const first = Array.isArray(schema.prefixItems) ? schema.prefixItems.map((item) => fitValue(item, name, fit)) : [];
  const items = isRecord(schema.items) ? schema.items : {};
  const ownList = knownAs(name, fit.results).find(Array.isArray);
  const sources: readonly unknown[] = ownList ?? (fit.results.length > 0 ? fit.results : fit.names.slice());
  const least = typeof schema.minItems === "number" ? schema.minItems : 0;
  const most = typeof schema.maxItems === "number" ? schema.maxItems : Math.max(8, least);
  const count = schema.items === false ? 0 : Math.max(least, Math.min(most, sources.length)) - first.length;
  const rest = Array.from({ length: Math.max(0, count) }, (_, at) => {
    const source = sources[at];
    const isWhole = source !== undefined && isValid({ ...definitions(fit.root), ...items }, source);
    return isWhole ? source : fitValue(items, name, source === undefined ? fit : { ...fit, results: [source] });
  });
  return [...first, ...rest].includes(undefined) ? undefined : [...first, ...rest];
}

/** What references in a part of the schema may lead to. */
function definitions({ $defs, definitions: old }: Json): Json {
  return { ...($defs === undefined ? {} : { $defs }), ...(old === undefined ? {} : { definitions: old }) };
}

/** The values that results have under a name, anywhere in them; spelling and case apart. */
function knownAs(name: string, results: readonly unknown[]): readonly unknown[] {
  const wanted = plainName(name);
  if (wanted === "") return [];
  const look = (value: unknown): readonly unknown[] => {
    if (Array.isArray(value)) return value.flatMap(look);
    if (!isRecord(value)) return [];
    return Object.entries(value).flatMap(([key, item]) => [
      ...(plainName(key) === wanted ? [item] : []),
      ...look(item),
    ]);
  };
  return results.flatMap(look);
}

const plainName = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

function firstOf<T>(list: readonly T[], make: (item: T) => unknown): unknown {
  for (const item of list) {
    const value = make(item);
    if (value !== undefined) return value;
  }
  return undefined;
}
