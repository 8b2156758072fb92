/**
 * The options that were given, and nothing else: what somebody's code left on `Object.prototype` is no option, least of
 * all a key, a header or an address. A copy that inherits nothing; what the values are is not looked at.
 */
export function ownOptions<T extends object>(options: T): T {
  // It has every own property of a T; options are plain objects, which have no others.
  return Object.assign(Object.create(NOTHING), options) as T;
}

/** Stands where no prototype would: of an object that has none V8 makes a dictionary, which is slow to fill and to read. */
const NOTHING: object = Object.freeze(Object.create(null));

/** An option that is undefined is one that is not set: it does not hide the one below it. */
export function withoutUndefined<T extends object>(options: T | undefined): Partial<T> {
  if (options === undefined) return {};
  // The values that are left have the types they had.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
