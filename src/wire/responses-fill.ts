import { isObject } from "./json.ts";
import type { ResponsesOutputItem } from "./responses-items.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Where the texts of an item are: in a field of its own, or in the parts of a list. */
export type TextField = "arguments" | "input" | "code" | "output";
export type PartList = "content" | "summary";

/** Texts of an item, to fill another with; of the parts those that are there, by their place. */
export interface ItemTexts {
  fields: readonly (readonly [TextField, string])[];
  parts: readonly (readonly [PartList, ReadonlyMap<number, Fields>])[];
}

/**
 * The item with the texts it lacks, and with no other change: what it says itself is the authority. An item that only its
 * maker can read goes back as it came, so it is left as it is.
 */
export function fillItem(item: ResponsesOutputItem, texts: ItemTexts): ResponsesOutputItem {
  const fields: Fields = { ...item };
  if (isFilled(fields.encrypted_content)) return item;
  const added: Record<string, unknown> = {};
  for (const [name, text] of texts.fields) if (!isFilled(fields[name]) && text !== "") added[name] = text;
  for (const [name, parts] of texts.parts) {
    const filled = fillParts(fields[name], parts);
    if (filled !== undefined) added[name] = filled;
  }
  if (Object.keys(added).length === 0) return item;
  return { ...fields, ...added } as ResponsesOutputItem; // the item's own type is kept
}

/** The texts that an item holds. */
export function textsOf(item: ResponsesOutputItem): ItemTexts {
  const fields: Fields = { ...item };
  const names: readonly TextField[] = ["arguments", "input", "code", "output"];
  const lists: readonly PartList[] = ["content", "summary"];
  return {
    fields: names.flatMap((name) => {
      const text = fields[name];
      return typeof text === "string" ? [[name, text] as const] : [];
    }),
    parts: lists.map((name) => [name, partsOf(fields[name])] as const),
  };
}

function partsOf(list: unknown): ReadonlyMap<number, Fields> {
  const parts = new Map<number, Fields>();
  if (Array.isArray(list)) for (const [place, part] of list.entries()) if (isObject(part)) parts.set(place, part);
  return parts;
}

/** The list with what it lacks; undefined when that is nothing. */
function fillParts(list: unknown, parts: ReadonlyMap<number, Fields>): readonly unknown[] | undefined {
  const filled: unknown[] = Array.isArray(list) ? [...list] : [];
  const known = filled.length;
  let isChanged = false;
  for (const [place, part] of [...parts].sort(([a], [b]) => a - b)) {
    if (!hasText(part)) continue;
    const own = place < known ? filled[place] : undefined;
    if (place >= known) filled.push(part);
    else if (isObject(own) && own.type === part.type && !hasText(own)) filled[place] = { ...part, ...withoutText(own) };
    else continue;
    isChanged = true;
  }
  return isChanged ? filled : undefined;
}

function hasText(part: Fields): boolean {
  return isFilled(part.text) || isFilled(part.refusal);
}

function withoutText({ text: _text, refusal: _refusal, ...rest }: Fields): Fields {
  return rest;
}

function isFilled(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
