// The README as the tests of it read it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));
export const readme: string = readFileSync(join(root, "README.md"), "utf8");
export const contributing: string = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");

/** The fenced blocks of a language. */
export function blocks(language: string, text: string = readme): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map((match) => match[1] ?? "");
}

/** The output that the README shows and that begins so. */
export function shown(beginning: string): string {
  return blocks("text").find((text) => text.startsWith(beginning)) ?? `no block begins with: ${beginning}`;
}

/** Everything in backticks in the first column of the table whose first heading is `heading`. */
export function firstColumn(heading: string): string[] {
  return tableOf(heading).flatMap((row) => inBackticks(row.split(" | ", 1)[0]));
}

/** The rows of the table whose first heading is `heading`. */
export function tableOf(heading: string): string[] {
  const table = readme.split(`\n| ${heading} | `)[1]?.split("\n\n", 1)[0] ?? "";
  return table.split("\n").slice(2);
}

export function inBackticks(text = ""): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
}

/** The text under a heading of the second level. */
export function section(heading: string): string {
  return readme.split(`\n## ${heading}\n`)[1]?.split("\n## ", 1)[0] ?? "";
}
