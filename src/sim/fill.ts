import { Validator } from "@cfworker/json-schema";
import { isRecord, type SimFunction } from "./request.ts";

/** What a question offers as arguments. */
export interface Facts {
  readonly text: string;
  /** Quoted strings; without any, capitalised words; without those, words after a preposition. */
  readonly names: readonly string[];
  readonly numbers: readonly number[];
}

type Json = Readonly<Record<string, unknown>>;

const wordSet = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Words that tell nothing about which function is meant. */
const COMMON = wordSet(`a about am an and any are as at be both by can could currently did do does for from get give has
  have hello hey hi how i if in into is it its let like look make me my need now of on or our out please should than
  thanks that the their them then there these they this to today tomorrow use was we were what when where which who why
  will with would yes you your monday tuesday wednesday thursday friday saturday sunday`);
/** Words that begin a request and are no names, though written with a capital. */
const OPENERS = wordSet(
  "add book call check compare convert create delete find list open read run say search send show",
);

/** The telling words of a text or an identifier, in lower case and without plural s. */
export function words(text: string): readonly string[] {
  const split = text.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2").toLowerCase();
  const parts = split.match(/[\p{L}\p{N}]+/gu) ?? [];
  return parts.filter((word) => !COMMON.has(word)).map((word) => word.replace(/(?<=..)s$/, ""));
}

/** The schemas of an object's properties by name; none for anything else. */
export function propertiesOf(schema: unknown): Json {
  return isRecord(schema) && isRecord(schema.properties) ? schema.properties : {};
}

/** Reads names and numbers out of a question. What names a function, a property or an enum value is no name. */
export function factsOf(text: string, functions: readonly SimFunction[]): Facts {
  const known = new Set(functions.flatMap((fn) => words(`${fn.name} ${vocabulary(fn.parameters)}`)));
  const isName = (word: string): boolean =>
    !OPENERS.has(word.toLowerCase()) && words(word).some((part) => !known.has(part));
  const found = (pattern: RegExp): readonly string[] =>
    [...text.matchAll(pattern)].map((hit) => namePart(hit[1] ?? "", isName)).filter((name) => name !== "");
  const quoted = [...text.matchAll(/["“]([^"“”]+)["”]|(?<!\p{L})'([^']+)'/gu)].map((hit) => hit[1] ?? hit[2] ?? "");
  const capital = found(/(\p{Lu}[\p{L}\p{N}'’-]*(?:\s+\p{Lu}[\p{L}\p{N}'’-]*)*)/gu);
  const plain = capital.length > 0 ? capital : found(/\b(?:in|at|for|near|from|to|and)\s+(\p{L}{3,})/gu);
  const numbers = (text.match(/(?<![\p{L}\d.])-?\d+(?:\.\d+)?(?![\p{L}\d])/gu) ?? []).map(Number);
  return { text, numbers, names: quoted.length > 0 ? quoted : plain };
}

/** The names of the properties and the values of their enums. */
function vocabulary(schema: unknown): string {
  const enums = Object.values(propertiesOf(schema)).map((property) => (isRecord(property) ? property.enum : undefined));
  return [...Object.keys(propertiesOf(schema)), ...enums.flat()].join(" ");
}

/** A run of words without the leading ones that only begin a sentence, and without a genitive. */
function namePart(run: string, isName: (word: string) => boolean): string {
  const parts = run.replace(/['’]s?$/, "").split(/\s+/);
  const from = parts.findIndex(isName);
  return from < 0 ? "" : parts.slice(from).join(" ");
}

/**
 * Arguments for a function: once for each name if it takes a single one. All of them pass the schema; an empty list
 * means that something required was not found in the question.
 */
export function fillArguments(schema: unknown, facts: Facts): readonly Json[] {
  const slots = Object.entries(propertiesOf(schema)).filter(([name, property]) => isNameSlot(schema, name, property));
  const isEach = slots.length === 1 && facts.names.length > 1;
  return (isEach ? facts.names.map((name) => [name]) : [facts.names]).flatMap((names) => {
    const filled = fillObject(schema, { text: facts.text, names: [...names], numbers: [...facts.numbers] });
    return isValid(schema, filled) ? [filled] : [];
  });
}

/** A schema that cannot be read accepts nothing. */
function isValid(schema: unknown, value: unknown): boolean {
  try {
    return isRecord(schema) && new Validator(schema, "2020-12").validate(value).valid;
  } catch {
    return false;
  }
}

const isRequired = (schema: unknown, name: string): boolean =>
  isRecord(schema) && Array.isArray(schema.required) && schema.required.includes(name);

const isNameSlot = (schema: unknown, name: string, property: unknown): boolean =>
  isRequired(schema, name) && isRecord(property) && property.type === "string" && !isGiven(property);

/** True when a value can be had without the question. */
const isGiven = (schema: Json): boolean =>
  schema.enum !== undefined || schema.const !== undefined || schema.default !== undefined;

/** Facts that are used up as arguments are filled. */
type Left = { names: string[]; numbers: number[]; text: string };

function fillObject(schema: unknown, left: Left): Json {
  const entries = Object.entries(propertiesOf(schema)).map(([name, property]) => {
    return [name, fill(name, property, left, isRequired(schema, name))] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** A value the question names; for what is required also a default, a number, a name. */
function fill(name: string, schema: unknown, left: Left, isNeeded: boolean): unknown {
  if (!isRecord(schema)) return undefined;
  if (Array.isArray(schema.enum))
    return mentioned(schema.enum, left.text) ?? (isNeeded ? (schema.default ?? schema.enum[0]) : undefined);
  if (schema.type === "boolean") return isSaid(name, left) || (isNeeded ? (schema.default ?? false) : undefined);
  if (!isNeeded) return undefined;
  const variants = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(variants))
    return variants.map((variant) => fill(name, variant, left, true)).find((value) => value !== undefined);
  const given = schema.const ?? schema.default;
  if (given !== undefined) return given;
  if (schema.type === "string") return nextText(name, schema, left);
  if (schema.type === "number" || schema.type === "integer") return left.numbers.shift();
  if (schema.type === "object") return fillObject(schema, left);
  return schema.type === "array" ? fillList(schema.items, left) : undefined;
}

const isSaid = (name: string, left: Left): boolean => words(name).some((word) => words(left.text).includes(word));

function mentioned(values: readonly unknown[], text: string): unknown {
  const said = ` ${(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(" ")} `;
  return values.find((value) => typeof value === "string" && value !== "" && said.includes(` ${value.toLowerCase()} `));
}

/** A list takes all the names or all the numbers there are. */
function fillList(items: unknown, left: Left): readonly unknown[] {
  if (!isRecord(items) || typeof items.type !== "string") return [];
  return items.type === "string" ? left.names.splice(0) : left.numbers.splice(0);
}

/** What the format asks for, in the question; the whole question where a text is wanted; else the next name. */
function nextText(name: string, schema: Json, left: Left): string | undefined {
  if (typeof schema.format === "string" && FORMATS[schema.format] !== undefined)
    return formattedIn(left.text, schema.format);
  if (/query|question|prompt|text|message|search|topic|expression|input/i.test(name)) return left.text.trim();
  return left.names.shift();
}

/** The first thing in a text that has this format. */
export function formattedIn(text: string, format: string): string | undefined {
  return FORMATS[format]?.exec(text)?.[0];
}

const FORMATS: Readonly<Record<string, RegExp>> = {
  date: /\d{4}-\d\d-\d\d/,
  email: /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/,
  uri: /https?:\/\/[^\s"'<>]*[^\s"'<>.,;!?)]/,
};
