// What `#zod3` is on Node, Bun and Deno: see `imports` in package.json.
import { createRequire } from "node:module";

type Convert = typeof import("zod-to-json-schema").zodToJsonSchema;

/**
 * The converter of zod 3 schemas, loaded when it is asked for: with it comes the whole of zod 3, which takes as long as a third of
 * zod 4, and hardly anybody has such a schema. By `require`, since tools are defined where nothing can be awaited.
 */
export function zod3Converter(): Convert {
  const require = createRequire(import.meta.url);
  return require("zod-to-json-schema").zodToJsonSchema;
}
