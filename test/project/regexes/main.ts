// Verifies that every regular expression of the source takes linear time, and writes down which were: `npm run regexes`.
// With --check nothing is written, and what is written must be what was found. Installs its checker beside this file.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { type Expression, findExpressions, nameOf } from "../expressions.ts";

/** The part of recheck that is used. */
interface Checker {
  check(source: string, flags: string, options: { timeout: number }): Promise<Diagnosis>;
}

interface Diagnosis {
  status: "safe" | "vulnerable" | "unknown";
  complexity?: { summary: string };
  attack?: { pattern: string };
}

/** The slowest takes a quarter of this on two busy cores. */
const TIMEOUT_MS = 60_000;

const folder = fileURLToPath(new URL(".", import.meta.url));
execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], {
  cwd: folder,
  stdio: "inherit",
});
// As: the signature is recheck's; its package is not among those of the project, so its types are not there.
const recheck = createRequire(import.meta.url)("recheck") as Checker;

async function explain(expression: Expression): Promise<string | undefined> {
  const { status, complexity, attack } = await recheck.check(expression.source, expression.flags, {
    timeout: TIMEOUT_MS,
  });
  if (status === "safe") return undefined;
  return `${expression.file}: ${nameOf(expression)} is ${complexity?.summary ?? status}, for example on ${attack?.pattern ?? "nothing known"}`;
}

const expressions = findExpressions();
const slow: string[] = [];
for (const expression of expressions) {
  const why = await explain(expression);
  if (why !== undefined) slow.push(why);
}
const verified = `${JSON.stringify(expressions.map(nameOf).sort(), null, 2)}\n`;
const file = `${folder}verified.json`;
const isStale = process.argv.includes("--check") && readFileSync(file, "utf8") !== verified;
if (slow.length === 0 && !process.argv.includes("--check")) writeFileSync(file, verified);
console.log(`${expressions.length} regular expressions, not linear: ${slow.length}`);
for (const why of slow) console.log(why);
if (isStale) console.log("verified.json is not what the source holds: run `npm run regexes`.");
process.exit(slow.length > 0 || isStale ? 1 : 0); // the checker's own process would keep this one alive
