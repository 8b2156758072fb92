import { AgentError } from "../errors.ts";

interface Builtins {
  crypto: typeof import("node:crypto");
  fs: typeof import("node:fs");
  os: typeof import("node:os");
  path: typeof import("node:path");
  sqlite: typeof import("node:sqlite");
}

/**
 * A part of Node, taken when it is needed and not imported: this folder's door is loaded by the core, which runs wherever `fetch`
 * does.
 * @throws {AgentError} `invalid_option` where there is no such thing.
 */
export function nodeModule<Name extends keyof Builtins>(name: Name, what: string): Builtins[Name] {
  const found: unknown = globalThis.process?.getBuiltinModule?.(`node:${name}`);
  if (found !== undefined) return found as Builtins[Name]; // Node names its own modules
  throw new AgentError(
    "invalid_option",
    `${what} needs Node 22.18 or later (node:${name}). Elsewhere use createMemoryStore.`,
  );
}
