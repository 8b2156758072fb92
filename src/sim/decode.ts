import { type JsonPath, pathText, positionAfter } from "./json-position.ts";
import { isRecord, parseJson, type SimRefusal, type SimRequest } from "./request.ts";
import type { ShapeProblem } from "./serde.ts";
import { shapeProblem } from "./shape.ts";

/** Reads the body of a chat request, or refuses it. */
export function decodeRequest(text: string, onBody: (body: unknown) => void): { request: SimRequest } | SimRefusal {
  const decoded = decodeBody(text, onBody, shapeProblem);
  // As: `shapeProblem` has found every field of the type to have its shape.
  return "status" in decoded ? decoded : { request: decoded.body as unknown as SimRequest };
}

/**
 * Reads a request body, or refuses it as xAI's JSON layer does: 400 for no JSON, 422 for JSON of another shape, with
 * serde's path, line and column (xai-wire 1.5, 5.1 shape 3). A field that is null counts as absent.
 */
export function decodeBody(
  text: string,
  onBody: (body: unknown) => void,
  shapeProblem: (body: unknown) => ShapeProblem | undefined,
): { body: Readonly<Record<string, unknown>> } | SimRefusal {
  const body = parseJson(text);
  onBody(body === undefined ? text : body);
  if (body === undefined) {
    return {
      status: 400,
      body: { error: "Failed to parse the request body as JSON: the body is not one JSON document" },
    };
  }
  const problem = shapeProblem(body);
  if (problem === undefined && isRecord(body)) return { body: withoutNulls(body) };
  return unprocessable(text, problem?.path ?? [], problem?.text ?? "invalid type");
}

function unprocessable(text: string, path: JsonPath, problem: string): SimRefusal {
  const { line, column } = positionAfter(text, path);
  const place = path.length === 0 ? "" : `${pathText(path)}: `;
  const error = `Failed to deserialize the JSON body into the target type: ${place}${problem} at line ${line} column ${column}`;
  return { status: 422, body: { error } };
}

function withoutNulls(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}
