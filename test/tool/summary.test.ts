import fc from "fast-check";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import type { ContentPart } from "../../src/message/index.ts";
import { type AnyTool, defineTool, summaryOf } from "../../src/tool/index.ts";
import { errorOf, toolOf } from "./support.ts";

const base = { name: "look", description: "Looks.", input: z.object({}) };
const SHORT = { tool: "look", output: { rows: [1, 2, 3] }, content: '{"rows":[1,2,3]}' };
const long = "harbour ".repeat(100);

test("a tool says itself what is left of an old result, from what the record holds of it", () => {
  const tool = defineTool({
    ...base,
    execute: () => ({ rows: [1, 2, 3], at: new Date(0) }),
    summary: ({ rows, at }) => {
      expectTypeOf(at).toEqualTypeOf<string>();
      return `${rows.length} rows of ${at.slice(0, 4)}`;
    },
  });
  const output = { rows: [1, 2, 3], at: "1970-01-01T00:00:00.000Z" };
  expect(summaryOf(tool, { ...SHORT, output })).toBe("3 rows of 1970");
});

test("without a summary the first 200 characters are left, and how many there were", () => {
  const expected = `${long.slice(0, 200)}\n[shortened: the first 200 of 800 characters of what look returned]`;
  expect(summaryOf(undefined, { tool: "look", content: long })).toBe(expected);
  expect(
    summaryOf(
      toolOf(() => null),
      { tool: "look", output: long, content: long },
    ),
  ).toBe(expected);
});

test("what is short already stays as it is", () => {
  expect(summaryOf(undefined, SHORT)).toBe('{"rows":[1,2,3]}');
});

test("the cut is between characters", () => {
  const content = `${"x".repeat(199)}🌊${"y".repeat(99)}`;
  expect(summaryOf(undefined, { tool: "look", content })).toMatch(
    /^x{199}\n\[shortened: the first 199 of 300 characters/,
  );
});

test("images and files are named", () => {
  const content: ContentPart[] = [
    { type: "text", text: "Two of them:" },
    { type: "image", url: "https://example.com/a.png" },
    { type: "file", fileId: "file_1", filename: "tides.pdf" },
  ];
  expect(summaryOf(undefined, { tool: "look", content })).toBe("Two of them:\n[image]\n[file tides.pdf]");
});

test("a result that stands beside the record has the first characters of what was shown", () => {
  const tool = toolOf(() => null, { summary: () => "never asked" });
  expect(summaryOf(tool, { tool: "look", content: "the first page" })).toBe("the first page");
});

test("a result that is null is one", () => {
  expect(
    summaryOf(
      toolOf(() => null, { summary: (output) => `was ${output}` }),
      { ...SHORT, output: null },
    ),
  ).toBe("was null");
});

test.each<[string, () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("no");
    },
  ],
  [
    "throws what cannot be read",
    () => {
      throw Object.create(null);
    },
  ],
  ["gives back no text", () => 42],
  ["gives back nothing", () => undefined],
  ["gives back white space", () => " \n"],
  ["is asynchronous", async () => "late"],
  ["fails later", () => Promise.reject(new Error("late"))],
  [
    "gives back what cannot be touched",
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      get then() {
        throw new Error("no");
      },
    }),
  ],
])("a summary that %s is as if there were none", async (_, summary) => {
  expect(
    summaryOf(
      toolOf(() => null, { summary: summary as () => string }),
      SHORT,
    ),
  ).toBe(SHORT.content);
  await new Promise((resolve) => setImmediate(resolve)); // a rejection that nobody handles would fail the test
});

test("a summary that is long is cut as well", () => {
  const summary = summaryOf(
    toolOf(() => null, { summary: () => "x".repeat(1_000_000) }),
    SHORT,
  );
  expect(summary).toMatch(
    /^x{2000}\n\[shortened: the first 2000 of 1000000 characters of the summary of what look returned\]$/,
  );
});

test("a summary that changes the output changes nothing of the record", () => {
  const tool = toolOf(() => null, {
    summary: (output) => String((output as { rows: number[] }).rows.splice(0).length),
  });
  const output = { rows: [1, 2, 3] };
  expect(summaryOf(tool, { ...SHORT, output })).toBe("3");
  expect(output).toEqual({ rows: [1, 2, 3] });
});

test("whatever a tool returned and says of it, a short text of whole characters is left", () => {
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)); // halves of characters too
  const text = fc.string({ unit, maxLength: 3000, size: "max" });
  const tools = fc.oneof(
    fc.constant(undefined),
    fc.oneof(text, fc.anything()).map((made): AnyTool => toolOf(() => null, { summary: () => made as string })),
  );
  fc.assert(
    fc.property(tools, text, text, fc.anything(), (tool, name, content, output) => {
      const left = summaryOf(tool, { tool: name, content, output });
      expect(left.isWellFormed()).toBe(true);
      expect(left.length).toBeGreaterThan(0);
      expect(left.length).toBeLessThanOrEqual(2200);
    }),
  );
});

test("what is no function is refused, and the habit of others is named", () => {
  const refusal = (options: object): string =>
    errorOf(() => defineTool({ ...base, execute: () => 1, ...options })).message;
  expect(refusal({ summary: "short" })).toBe("Tool look has a summary that is no function.");
  expect(refusal({ toModel: 7 })).toBe("Tool look has a toModel that is no function.");
  expect(refusal({ summarize: () => "" })).toBe(
    'Tool look has "summarize", which is called "summary" here. Rename it.',
  );
});
