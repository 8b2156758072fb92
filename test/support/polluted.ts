/**
 * Names that somebody else's code may have left on `Object.prototype`, with values that do harm wherever they are taken
 * for an option (row 142). `auth` is not among them: Node takes a URL that has one, inherited or not, for none, and loads
 * no module any more.
 */
export const POLLUTION: Readonly<Record<string, unknown>> = {
  polluted: "x",
  apiKey: "sim_polluted_key",
  baseURL: "http://127.0.0.1:9/polluted",
  baseUrl: "http://127.0.0.1:9/polluted",
  headers: { "x-polluted": "sim_polluted_header" },
  retry: { attempts: 9 },
  effect: "write",
  // A real one that is never aborted: Node's own file system refuses anything else before a test could be loaded.
  signal: new AbortController().signal,
  transport: "polluted",
  timeouts: { headersMs: -1 },
  keyRequired: false,
};

/** Not enumerable, though a careless merge would leave them so: zod 4.6 cannot make a schema then, nor vitest run a test. */
export function pollute(): void {
  for (const [name, value] of Object.entries(POLLUTION)) {
    Object.defineProperty(Object.prototype, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

export function clean(): void {
  for (const name of Object.keys(POLLUTION)) Reflect.deleteProperty(Object.prototype, name);
}
