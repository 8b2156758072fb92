/** JSON of which nothing is certain: items of the Responses API are open, and kept whole. */
export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text with something in it: servers send `""` where they mean nothing. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The objects of a list; what is no list has none. */
export function objectsOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** JSON text of an object, or undefined for anything else. */
export function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // not JSON: the caller keeps the text
  }
}

/** An item or event of the wire as the open object it came as: the types of the wire name only the fields that are documented. */
export function asJson(item: object): Json {
  return item as Json; // every object has names and values, and nothing is said of the values
}

/** What came on the wire and is not known, as it came; with the name of its SSE event where its data does not say it. */
export function wireItem({ event, item }: { event?: string; item: unknown }): unknown {
  return event === undefined || (isObject(item) && item.type === event) ? item : { event, data: item };
}
