/**
 * A copy of plain data that nobody else holds: lists and plain objects are copied at every depth, everything else (dates, instances,
 * functions) stays what it is. So a handler that changes its input changes nothing that is recorded, and no default that its schema
 * gives out again.
 */
export function ownCopy<T>(value: T): T {
  return copy(value, new Map()) as T; // has the shape of what it was made from
}

function copy(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known; // met twice, or a cycle that a schema made
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    copies.set(value, list);
    for (const item of value) list.push(copy(item, copies));
    return list;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const object: Record<string, unknown> = Object.create(prototype);
  copies.set(value, object);
  for (const [name, item] of Object.entries(value)) {
    // Defined and not assigned: `__proto__` is a key like any other.
    Object.defineProperty(object, name, {
      value: copy(item, copies),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}
