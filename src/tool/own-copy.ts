/**
 * A copy of plain data that nobody else holds: lists and plain objects are copied at every depth, everything else (dates, instances,
 * functions) stays what it is. So a handler that changes its input changes nothing that is recorded, and no default that its schema
 * gives out again.
 */
export function ownCopy<T>(value: T): T {
  return copy(value, undefined) as T; // has the shape of what it was made from
}

/** @param met What was copied on the way here; absent at the top, since most values hold no others. */
function copy(value: unknown, met: Map<object, unknown> | undefined): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = met?.get(value);
  if (known !== undefined) return known; // met twice, or a cycle that a schema made
  const prototype: unknown = Object.getPrototypeOf(value);
  const isList = Array.isArray(value);
  if (!isList && prototype !== Object.prototype && prototype !== null) return value;
  // An object either way, whose own names are read and written.
  const [from, to] = [value as Fields, (isList ? [] : prototype === null ? Object.create(null) : {}) as Fields];
  let copies = met?.set(value, to);
  for (const name of isList ? value.keys() : Object.keys(value)) {
    let item = from[name];
    if (typeof item === "object" && item !== null) {
      copies ??= new Map([[value, to]]);
      item = copy(item, copies);
    }
    // Defined and not assigned: it is a key like any other.
    if (name === "__proto__") Object.defineProperty(to, name, { ...OWN, value: item });
    else to[name] = item;
  }
  return to;
}

type Fields = Record<string | number, unknown>;

const OWN = { writable: true, enumerable: true, configurable: true };
