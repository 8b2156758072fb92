import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPartialJson } from "../../src/output/index.ts";

/** Every state the value went through, the last one included. */
function states(pieces: readonly string[]): unknown[] {
  const json = createPartialJson();
  const seen: unknown[] = [];
  for (const piece of pieces) if (json.push(piece)) seen.push(structuredClone(json.value));
  if (json.end()) seen.push(structuredClone(json.value));
  return seen;
}

function pieces(text: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, n) => text.slice(places[n], end));
}

/** Whether `later` says all that `earlier` says: texts may have been cut, lists and objects may have gone on. */
function isPrefix(earlier: unknown, later: unknown): boolean {
  if (typeof earlier === "string") return typeof later === "string" && later.startsWith(earlier);
  if (typeof earlier !== "object" || earlier === null) return Object.is(earlier, later);
  if (typeof later !== "object" || later === null || Array.isArray(earlier) !== Array.isArray(later)) return false;
  const whole = new Map(Object.entries(later));
  return Object.entries(earlier).every(([key, value]) => whole.has(key) && isPrefix(value, whole.get(key)));
}

const cuts = fc.array(fc.nat(), { maxLength: 40 });
const text = fc
  .tuple(fc.jsonValue({ maxDepth: 4, stringUnit: "binary" }), fc.constantFrom("", " ", "\n\t"))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

describe("JSON that comes in pieces", () => {
  it("comes to what JSON.parse makes of it, however it is divided", () => {
    fc.assert(
      fc.property(text, cuts, (json, at) => {
        expect(states(pieces(json, at)).at(-1)).toEqual(JSON.parse(json));
      }),
      { numRuns: 500 },
    );
  });

  it("only ever grows", () => {
    fc.assert(
      fc.property(text, cuts, (json, at) => {
        const seen = states(pieces(json, at));
        for (let n = 1; n < seen.length; n += 1) expect(isPrefix(seen[n - 1], seen[n])).toBe(true);
        expect(seen.every((state) => isPrefix(state, JSON.parse(json)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("may be anything else, at which the reading just ends", () => {
    fc.assert(
      fc.property(text, fc.string({ unit: "binary" }), cuts, (json, noise, at) => {
        const cut = (at[0] ?? 0) % (json.length + 1);
        const seen = states(pieces(json.slice(0, cut) + noise + json.slice(cut), at));
        for (let n = 1; n < seen.length; n += 1) expect(isPrefix(seen[n - 1], seen[n])).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("shows texts cut, entries as soon as it is known what they are, numbers and words when they are complete", () => {
    expect(states(['{"na', 'me":', '"Li', 's"', ',"n":1', "2", ',"ok":tr', 'ue,"list":[', "4", "]}"])).toEqual([
      {},
      { name: "Li" },
      { name: "Lis" },
      { name: "Lis", n: 12 },
      { name: "Lis", n: 12, ok: true, list: [] },
      { name: "Lis", n: 12, ok: true, list: [4] },
    ]);
  });

  it("is never shown with half a character", () => {
    expect(states(['["\\ud83d', "\\ude00 ", '!"]'])).toEqual([[""], ["😀 "], ["😀 !"]]);
  });

  it.each([
    ["{1:2}", [{}]],
    ['{"a" 1}', [{}]],
    ["[1,,2]", [[1]]],
    ["[01]", [[]]],
    ["[tru]", [[]]],
    ['["a\nb"]', [["a"]]],
    ['["\\x"]', [[""]]],
    ["[1}", [[1]]],
    ["I think", []],
    ["{} {}", [{}]],
  ])("%s is read as far as it is JSON", (json, expected) => {
    expect(states([...json]).slice(-1)).toEqual(expected);
  });

  it("keeps a key that reaches for the prototype as data", () => {
    const [state] = states(['{"__proto__":{"x":1}}']) as [object];
    expect(Object.keys(state)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(state)).toBe(Object.prototype);
  });
});
