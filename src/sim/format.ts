import { endOfValue } from "./json-position.ts";
import { isRecord, messageText, parseJson, type SimRequest } from "./request.ts";

/** Whether the caller wants JSON, and of which schema. */
export interface WantedFormat {
  readonly isJson: boolean;
  readonly schema?: unknown;
}

/**
 * What the answer is to look like: by the request's own field, or else by a system text that asks for JSON "fitting this
 * schema: {…}", which is all a protocol without such a field leaves to its caller.
 */
export function wantedFormat({ response_format: format, messages }: SimRequest): WantedFormat {
  if (format !== undefined && format.type !== "text")
    return { isJson: true, ...(format.json_schema === undefined ? {} : { schema: format.json_schema.schema }) };
  const told = messages.filter(({ role }) => role === "system").map(messageText);
  const schema = told.map(schemaIn).findLast((found) => found !== undefined);
  return schema === undefined ? { isJson: false } : { isJson: true, schema };
}

function schemaIn(text: string): unknown {
  const asked = /fitting this (?:json )?schema:\s*(?=\{)/i.exec(text);
  if (asked === null) return undefined;
  const start = asked.index + asked[0].length;
  const schema = parseJson(text.slice(start, endOfValue(text, start)));
  return isRecord(schema) ? schema : undefined;
}
