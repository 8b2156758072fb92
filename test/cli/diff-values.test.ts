import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { differenceSides } from "../../src/cli/diff-values.ts";
import { lineDiff } from "../../src/cli/line-diff.ts";
import { canonicalJson } from "../../src/digest.ts";
import type { RunDifference } from "../../src/event/index.ts";

const lines = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 });

describe("lines of two texts", () => {
  const textsOf = (side: "a" | "b", all: ReturnType<typeof lineDiff>): readonly string[] =>
    all.filter((line) => line.side === side || line.side === "both").map(({ text }) => text);

  test("give both texts back, and call nothing different that they have in common at their ends", () => {
    fc.assert(
      fc.property(lines, lines, lines, lines, (start, a, b, end) => {
        const [one, other] = [
          [...start, ...a, ...end],
          [...start, ...b, ...end],
        ];
        const all = lineDiff(one, other);
        expect(textsOf("a", all)).toEqual(one);
        expect(textsOf("b", all)).toEqual(other);
        expect(all.filter(({ side }) => side === "both").length).toBeGreaterThanOrEqual(start.length + end.length);
      }),
    );
  });

  test("that are very many are told apart too", () => {
    const many = (first: string): string[] => [
      first,
      ...Array.from({ length: 2_000 }, (_, n) => `${first}${n}`),
      "end",
    ];
    const all = lineDiff(many("x"), many("y"));
    expect(textsOf("a", all)).toEqual(many("x"));
    expect(all.at(-1)).toEqual({ side: "both", text: "end" });
  });
});

describe("what is shown of a difference", () => {
  const usage = fc.record(
    { inputTokens: fc.nat(3), outputTokens: fc.nat(3), totalTokens: fc.nat(3), cachedInputTokens: fc.nat(3) },
    { requiredKeys: ["inputTokens", "outputTokens", "totalTokens"] },
  );
  const total = fc
    .tuple(usage, fc.record({ requests: fc.nat(3), unreported: fc.nat(1) }))
    .map(([a, b]) => ({ ...a, ...b }));
  const cost = fc.oneof(
    fc.constant({ basis: "unknown" }),
    fc.record({ basis: fc.constantFrom("billed", "estimated"), ticks: fc.nat(40_000) }),
  );
  const text = fc.string({
    unit: fc.constantFrom("a", "b", " ", "\n", "\t", "\u001b", "\u202e", "😀"),
    maxLength: 400,
  });
  const value = fc.oneof(text, fc.jsonValue());
  const side = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });

  it.each<[string, RunDifference["what"], number | undefined, fc.Arbitrary<unknown>]>([
    ["tokens of a turn", "usage", 1, side(usage)],
    ["tokens of a run", "usage", undefined, side(total)],
    ["costs", "cost", 1, side(cost)],
    ["texts", "text", 1, text],
    ["results", "result", 1, value],
    ["arguments", "arguments", 1, value],
    ["settings", "settings", undefined, side(fc.dictionary(fc.string(), fc.nat(3)))],
  ])("is never the same line twice, and obeyed by no terminal: %s", (_, what, turn, sideValue) => {
    fc.assert(
      fc.property(sideValue, sideValue, (a, b) => {
        fc.pre(canonicalJson(a) !== canonicalJson(b));
        const shown = differenceSides({ what, ...(turn === undefined ? {} : { turn }), a, b });
        const of = (which: string): string =>
          JSON.stringify(shown.filter((line) => line.side === which).map((line) => line.text));
        expect(of("a")).not.toBe(of("b"));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(shown.map((line) => line.text).join("")).not.toMatch(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e]/);
      }),
      { numRuns: 300 },
    );
  });

  it("says what is not known, and never 0", () => {
    const shown = (one: RunDifference): readonly string[] =>
      differenceSides(one).map((line) => `${line.side} ${line.text}`);
    expect(shown({ what: "usage", turn: 1, a: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } })).toEqual([
      "a 3 in, 2 out",
      "b unknown",
    ]);
    expect(shown({ what: "cost", a: { basis: "unknown" }, b: { basis: "billed", ticks: 10_000_000 } })).toEqual([
      "a cost unknown",
      "b $0.001000 billed",
    ]);
  });

  it("leaves out what both texts say, but for a line around what differs", () => {
    const a = ["1", "2", "3", "4", "5", "6", "7"].join("\n");
    expect(differenceSides({ what: "text", turn: 1, a, b: a.replace("4", "four") })).toEqual([
      { side: "both", text: "…" },
      { side: "both", text: "3" },
      { side: "a", text: "4" },
      { side: "b", text: "four" },
      { side: "both", text: "5" },
      { side: "both", text: "…" },
    ]);
  });
});
