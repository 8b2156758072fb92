import type { StandardSchemaV1 } from "@standard-schema/spec";
import { AgentError } from "../errors.ts";
import type { InputIssue } from "../message/index.ts";
import { standardOf } from "./schema.ts";
import type { InputVerdict, JsonSchema } from "./tool.ts";
import { isPlainZod } from "./zod-plain.ts";

/** Checks a value: at once where the schema surely can. Never throws and never rejects. */
export type Check = (value: unknown) => InputVerdict | Promise<InputVerdict>;

/** May throw, and reject. */
type Validate = (value: unknown) => InputVerdict | Promise<InputVerdict>;

const MAX_ISSUES = 20;

/**
 * The check of a schema: its own for a Standard Schema, `@cfworker/json-schema` (loaded at the first check) for JSON
 * Schema. A validator that throws makes a verdict too.
 * @throws {AgentError} `invalid_schema` for what can check nothing.
 */
export function createCheck(schema: unknown, label: string): Check {
  const validate = validatorOf(schema, label);
  return (value) => {
    try {
      const verdict = validate(value);
      return verdict instanceof Promise ? verdict.catch(broken) : verdict;
    } catch (error) {
      return broken(error);
    }
  };
}

/** Its message may hold secrets (a database it asked): kept for the record, not for the model. */
function broken(error: unknown): InputVerdict {
  return { ok: false, issues: [{ path: "", message: "the check itself failed" }], error };
}

function validatorOf(schema: unknown, label: string): Validate {
  const standard = standardOf(schema);
  const parse = standard?.vendor === "zod" ? zodParser(schema) : undefined;
  if (parse !== undefined) return parse;
  const validate = standard?.validate;
  if (validate !== undefined) return async (value) => standardVerdict(await validate(value));
  if (standard === undefined && typeof schema === "object" && schema !== null) {
    return jsonSchemaValidator(schema as JsonSchema); // plain data; what is wrong in it the gate has said
  }
  const message = `${label} can state its JSON Schema but not check a value. Use a Standard Schema with validate.`;
  throw new AgentError("invalid_schema", message);
}

/**
 * Without a wait where nothing in the schema can want one. Else, zod's `~standard.validate` tries without waiting first: an asynchronous refinement then runs twice, and one that
 * rejects leaves an unhandled rejection, which ends the process (zod 4.6 and 3.25). Its own asynchronous parser does not.
 */
function zodParser(schema: unknown): Validate | undefined {
  const { safeParseAsync, safeParse } = schema as { safeParseAsync?: unknown; safeParse?: unknown }; // a schema of zod is an object
  if (typeof safeParseAsync !== "function") return undefined;
  if (typeof safeParse === "function" && isPlainZod(schema))
    return (value) => zodVerdict(safeParse.call(schema, value));
  return (value) => {
    const parsing: Promise<ZodResult> = safeParseAsync.call(schema, value);
    return parsing.then(zodVerdict);
  };
}

type ZodResult =
  | { success: true; data: unknown }
  | { success: false; error: { issues: readonly StandardSchemaV1.Issue[] } };

/** Issues of zod 3 and 4 have the `path` and `message` of Standard Schema. */
function zodVerdict(result: ZodResult): InputVerdict {
  return standardVerdict(result.success ? { value: result.data } : { issues: result.error.issues });
}

function standardVerdict(result: StandardSchemaV1.Result<unknown>): InputVerdict {
  if (result.issues === undefined) return { ok: true, value: result.value };
  const issues = result.issues.slice(0, MAX_ISSUES).map(({ path, message }) => ({ path: joinPath(path), message }));
  return { ok: false, issues };
}

function joinPath(path: StandardSchemaV1.Issue["path"]): string {
  return (path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
}

function jsonSchemaValidator(schema: JsonSchema): Validate {
  let loading: Promise<{ validate(value: unknown): Report }> | undefined;
  const load = async (): Promise<{ validate(value: unknown): Report }> => {
    const { Validator } = await import("@cfworker/json-schema");
    return new Validator({ ...schema }, draftOf(schema), false);
  };
  return async (value) => {
    loading ??= load();
    const validator = await loading;
    const { valid, errors } = validator.validate(value);
    return valid ? { ok: true, value } : { ok: false, issues: readErrors(errors) };
  };
}

interface Report {
  valid: boolean;
  errors: readonly { keyword: string; instanceLocation: string; error: string }[];
}

function draftOf(schema: JsonSchema): "4" | "7" | "2019-09" | "2020-12" {
  const draft = /draft-0?(4|7)|draft\/(2019-09)/.exec(String(schema.$schema ?? ""));
  if (draft?.[1] === "4") return "4";
  if (draft?.[1] === "7") return "7";
  return draft?.[2] === "2019-09" ? "2019-09" : "2020-12";
}

/** Errors that only say that something inside is wrong. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "properties",
  "additionalProperties",
  "items",
  "prefixItems",
  "$ref",
  "allOf",
]);

function readErrors(errors: Report["errors"]): readonly InputIssue[] {
  const causes = errors.filter(({ keyword }) => !WRAPPERS.has(keyword));
  return (causes.length > 0 ? causes : errors).slice(0, MAX_ISSUES).map(({ keyword, instanceLocation, error }) => ({
    path: readPointer(instanceLocation),
    message: keyword === "false" ? "is not allowed here" : error,
  }));
}

function readPointer(pointer: string): string {
  const parts = pointer.split("/").slice(1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~")).join(".");
}
