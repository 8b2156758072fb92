import type { JsonSchema } from "./tool.ts";

/** What a local reference (`#/…`) points at. */
export function resolvePointer(ref: string, root: JsonSchema): unknown {
  if (!ref.startsWith("#")) return undefined;
  let target: unknown = root;
  for (const part of ref.split("/").slice(1)) {
    const key = decodePointer(part);
    if (typeof target !== "object" || target === null || !Object.hasOwn(target, key)) return undefined;
    target = (target as Record<string, unknown>)[key]; // an own key of an object or list
  }
  return ref === "#" || ref.startsWith("#/") ? target : undefined;
}

/** Whether a reference points at a definition of the whole schema. */
export function isDefinition(ref: string): boolean {
  return /^#\/(?:\$defs|definitions)\/[^/]+$/.test(ref);
}

/** The name a definition is sent under: its own, without characters that a reference would have to escape. */
export function definitionName(ref: string, taken: ReadonlySet<string>): string {
  const own = ref.slice(ref.lastIndexOf("/") + 1).replaceAll(/[^A-Za-z0-9_.-]/g, "_");
  let name = own;
  for (let n = 2; taken.has(name); n++) name = `${own}_${n}`;
  return name;
}

function decodePointer(part: string): string {
  const plain = part.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
