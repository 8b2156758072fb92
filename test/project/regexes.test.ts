import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { filesThatBuildExpressions, findExpressions, nameOf } from "./expressions.ts";

const verified: readonly string[] = JSON.parse(readFileSync(new URL("regexes/verified.json", import.meta.url), "utf8"));

/** Expressions that are put together when the program runs, and why none of them takes long. */
const BUILT: Readonly<Record<string, string>> = {
  "src/cassette/canonical.ts": "alternatives of names that a test gives, anchored, on the path of a field",
  "src/cassette/mask.ts": "alternatives of escaped secrets, each a fixed text, and of keys",
  "src/sim/messages-events.ts": "a fixed number of characters",
  "src/sim/placeholder.ts": "one character class, on one character",
  "src/sim/responses-items.ts": "a fixed number of characters",
};

describe("the regular expressions of the source", () => {
  test("were each verified to take linear time: `npm run regexes` verifies a new one (row 143)", () => {
    const known = new Set(verified);
    const found = findExpressions();
    expect(found.length).toBeGreaterThan(100);
    expect(
      found.filter((expression) => !known.has(nameOf(expression))).map(({ file, ...rest }) => [file, nameOf(rest)]),
    ).toEqual([]);
  });

  test("are literals, but for those of which it is said here why they are short (row 143)", () => {
    expect(filesThatBuildExpressions().sort()).toEqual(Object.keys(BUILT).sort());
  });
});
