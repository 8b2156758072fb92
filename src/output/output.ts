import type { InputIssue } from "../message/index.ts";
import { createCheck, encodeJson, type JsonSchema, readJsonText } from "../tool/index.ts";
import { formOf, WRAPPER } from "./form.ts";
import { createPartialAnswer, type PartialAnswer } from "./partial-answer.ts";

/** What became of an answer: `output` as JSON, or why it does not fit. */
export type CheckedAnswer =
  | { output: unknown; issues?: undefined }
  /** Places as the model wrote them. `error` is what a broken validator threw: for the record, never for the model. */
  | { issues: readonly InputIssue[]; error?: unknown };

/** The typed answer of an agent: what is asked of the model, and what is made of what it says. */
export interface TypedOutput {
  /** Sent with every request. The same object, so that it is known by its identity. */
  readonly format: { readonly name: string; readonly schema: JsonSchema };
  /** Reads an answer and checks it against the whole schema, weakened constraints included. Never rejects. */
  check(text: string): Promise<CheckedAnswer>;
  /** Reads an answer while it is being written. */
  read(): PartialAnswer;
}

/**
 * Puts a schema to use for answers: a Standard Schema that can state its JSON Schema (zod 4.2, valibot through
 * `toStandardJsonSchema`, arktype), a zod 3.24 schema, or plain JSON Schema.
 * @param label What the schema belongs to; begins every message.
 * @throws {AgentError} `invalid_schema` for what cannot be sent, naming the place and what to write instead.
 */
export function createOutput(schema: unknown, label = "output"): TypedOutput {
  const { schema: sent, isWrapped } = formOf(schema, label);
  const check = createCheck(schema, label);
  return {
    format: Object.freeze({ name: "answer", schema: sent }),
    async check(text) {
      const read = readAnswer(text, isWrapped);
      if ("issues" in read) return read;
      const verdict = await check(read.value);
      if (verdict.ok) return stored(verdict.value);
      const issues = isWrapped ? verdict.issues.map(underWrapper) : verdict.issues;
      return verdict.error === undefined ? { issues } : { issues, error: verdict.error };
    },
    read: () => createPartialAnswer(isWrapped),
  };
}

type ReadAnswer = { value: unknown } | { issues: readonly InputIssue[] };

function readAnswer(text: string, isWrapped: boolean): ReadAnswer {
  const read = readJsonText(withoutFence(text), "the answer is");
  if ("problem" in read) return refuse(read.problem);
  if (!isWrapped) return { value: read.json };
  const { json } = read;
  if (typeof json !== "object" || json === null || !Object.hasOwn(json, WRAPPER)) {
    return refuse(`the answer must be an object that holds it under "${WRAPPER}"`);
  }
  return { value: (json as { [WRAPPER]: unknown })[WRAPPER] }; // an own property, seen just now
}

/** White space and one fence around JSON are harmless; whatever else there is, is not guessed at. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith("```json") && trimmed.endsWith("```") ? trimmed.slice(7, -3) : trimmed;
}

/** What a schema gives out may be anything; a result is JSON. */
function stored(value: unknown): CheckedAnswer {
  const encoded = encodeJson(value);
  if (encoded.ok) return { output: encoded.json };
  const error = new TypeError(`What the output schema gives out cannot be kept as JSON: ${encoded.reason}`);
  return { ...refuse("the check itself failed"), error };
}

function underWrapper({ path, message }: InputIssue): InputIssue {
  return { path: path === "" ? WRAPPER : `${WRAPPER}.${path}`, message };
}

function refuse(message: string): { issues: readonly InputIssue[] } {
  return { issues: [{ path: "", message }] };
}
