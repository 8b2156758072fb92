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
    .filter((file) => file.endsWith(".ts") && !file.includes("node_modules"))
    .map((file) => `${folder}/${file}`)
    .sort();
}

/** Every node of a file of the project. */
export function* nodesOf(file: string): Generator<SyntaxNode> {
  yield* nodesIn(treeOf(file));
}

function* nodesIn(value: unknown): Generator<SyntaxNode> {
  if (isNode(value)) yield value;
  for (const child of childrenOf(value)) yield* nodesIn(child);
}

export function treeOf(file: string): unknown {
  return parseAst(readFileSync(join(root, file), "utf8"), { lang: "ts" });
}

export function childrenOf(value: unknown): readonly unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** What a literal or template says, "…" where an expression stands in it; undefined for any other node. */
export function textOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type !== "TemplateLiteral") return undefined;
  // As: the pieces of a template between its expressions (ESTree).
  const pieces = node.quasis as readonly { value: { cooked?: string } }[];
  return pieces.map(({ value }) => value.cooked ?? "").join("…");
}
