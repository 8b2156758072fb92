import type { ServerCall } from "../message/index.ts";
import { isObject, type Json, parseObject, textOf } from "./json.ts";
import type { CalledTool } from "./server-call-kind.ts";

/** A call as far as its item says; without input while that is not known. */
export function serverCall(called: CalledTool, id: string, item: Json): ServerCall {
  // The kind decides the type of the input, and every input holds only what the item of that kind holds.
  return { id, executor: "server", ...called, ...inputOf(item) } as ServerCall;
}

/** The input as JSON, or as text where it is none; empty where xAI does not say what was asked. */
export function inputOf(item: Json): { input: Json } | { inputText: string } | Record<string, never> {
  const written = textOf(item.arguments) ?? textOf(item.input);
  if (written !== undefined) {
    const parsed = parseObject(written);
    return parsed === undefined ? { inputText: written } : { input: parsed };
  }
  if (isObject(item.arguments)) return { input: item.arguments };
  const { action } = item;
  const given = isObject(action) ? withoutUndisclosed(action) : fieldsOf(item);
  return Object.keys(given).length === 0 ? {} : { input: given };
}

/** `type` is the call's action, `sources` what it found; empty texts stand for what xAI does not disclose. */
function withoutUndisclosed({ type: _type, sources: _sources, ...asked }: Json): Json {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== "" && value !== null));
}

/** What the newer shapes ask for has a field of its own. */
function fieldsOf({ code, queries, prompt }: Json): Json {
  return {
    ...(textOf(code) === undefined ? {} : { code }),
    ...(Array.isArray(queries) && queries.length > 0 ? { queries } : {}),
    ...(textOf(prompt) === undefined ? {} : { prompt }),
  };
}

/** The addresses a call itself opened. */
export function openedUrls(call: ServerCall): readonly string[] {
  const input: unknown = call.input;
  if (!isObject(input)) return [];
  return [textOf(input.url), ...(Array.isArray(input.urls) ? input.urls.map(textOf) : [])].filter(
    (url) => url !== undefined,
  );
}
