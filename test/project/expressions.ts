import { nodesOf, type SyntaxNode, sourcesIn } from "./syntax.ts";

/** A regular expression in the source. */
export interface Expression {
  source: string;
  flags: string;
  file: string;
}

const FOLDERS: readonly string[] = ["src", "tools", "examples"];

/** The literals of the source, each expression once. */
export function findExpressions(): Expression[] {
  const found = FOLDERS.flatMap(sourcesIn).flatMap((file) =>
    [...nodesOf(file)].flatMap((node) => {
      // As: what a literal of an expression has (ESTree).
      const regex = node.regex as { pattern: string; flags: string } | undefined;
      return regex === undefined ? [] : [{ source: regex.pattern, flags: regex.flags, file }];
    }),
  );
  return [...new Map(found.map((expression) => [nameOf(expression), expression])).values()];
}

/** As it is written: `/a+/g`. */
export function nameOf({ source, flags }: Pick<Expression, "source" | "flags">): string {
  return `/${source}/${flags}`;
}

/** Files that put an expression together when they run: of these nothing can be said in advance. */
export function filesThatBuildExpressions(): string[] {
  const builds = ({ type, callee }: SyntaxNode): boolean =>
    (type === "NewExpression" || type === "CallExpression") && (callee as { name?: string }).name === "RegExp"; // as: both have a callee
  return FOLDERS.flatMap(sourcesIn).filter((file) => [...nodesOf(file)].some(builds));
}
