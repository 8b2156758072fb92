// TypeScript as a tree, for checks that must not be fooled by comments and strings.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst } from "vitest/node";

const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** A node of the tree (ESTree). */
export type SyntaxNode = { readonly type: string } & Readonly<Record<string, unknown>>;

/** The TypeScript files in a folder of the project, by their paths in it, in order. */
export function sourcesIn(folder: string): string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${folder}/${file}`)
    .sort();
}

/** Every node of a file of the project. */
export function* nodesOf(file: string): Generator<SyntaxNode> {
  yield* nodesIn(parseAst(readFileSync(join(root, file), "utf8"), { lang: "ts" }));
}

function* nodesIn(value: unknown): Generator<SyntaxNode> {
  if (typeof value !== "object" || value === null) return;
  if (isNode(value)) yield value;
  for (const child of Object.values(value)) yield* nodesIn(child);
}

function isNode(value: object): value is SyntaxNode {
  return "type" in value && typeof value.type === "string";
}
