import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTool, readArguments } from "../../src/tool/index.ts";
import { fakeClock } from "../support/fake-clock.ts";

const anything = defineTool({ name: "act", description: "Acts.", input: z.looseObject({}), execute: () => null });
const weather = defineTool({
  name: "get_weather",
  description: "Weather.",
  input: z.object({ city: z.string(), days: z.number().default(1) }),
  execute: () => null,
});

test("arguments that fit give the input as written and the value with defaults", async () => {
  expect(await readArguments(weather, '{"city":"Lisbon"}')).toEqual({
    input: { city: "Lisbon" },
    value: { city: "Lisbon", days: 1 },
  });
});

test.each(["", "  \n"])("empty text is an empty object (%j)", async (text) => {
  expect(await readArguments(anything, text)).toEqual({ input: {}, value: {} });
  expect(await readArguments(weather, text)).toMatchObject({ input: {}, issues: [{ path: "city" }] });
});

test("arguments that do not fit name the place (row 59)", async () => {
  expect(await readArguments(weather, '{"city":3}')).toEqual({
    input: { city: 3 },
    issues: [{ path: "city", message: expect.stringContaining("expected string") }],
  });
});

test("a tool that is not there has its arguments read, and not checked", async () => {
  expect(await readArguments(undefined, '{"a":1}')).toEqual({ input: { a: 1 } });
  expect(await readArguments(undefined, "{")).toMatchObject({ inputText: "{", issues: [{ path: "" }] });
});

describe("nothing is guessed", () => {
  test.each(['{"city":"Lis', "{city:1}", '```json\n{"city":"a"}\n```', "{}{}", "undefined"])(
    "%j is not JSON",
    async (text) => {
      const read = await readArguments(weather, text);
      expect(read).toEqual({ inputText: text, issues: [{ path: "", message: expect.stringContaining("not JSON") }] });
    },
  );
  test.each([
    ["[1]", [1]],
    ['"{\\"city\\":\\"a\\"}"', '{"city":"a"}'],
    ["null", null],
    ["3", 3],
  ])("%s is no object", async (text, input) => {
    expect(await readArguments(weather, text)).toEqual({
      input,
      issues: [{ path: "", message: "the arguments must be one JSON object" }],
    });
  });
});

describe("hostile arguments", () => {
  test.each([
    '{"__proto__":{"admin":true}}',
    '{"a":[{"b":{"__proto__":1}}]}',
    '[{"__proto__":1}]',
    '{"\\u005f_proto__":1}',
  ])("%s is refused and kept as text (row 63)", async (text) => {
    const issues = [{ path: "", message: "the key __proto__ is not allowed" }];
    expect(await readArguments(anything, text)).toEqual({ inputText: text, issues });
  });
  test("constructor.prototype is refused, a constructor alone is not (row 63)", async () => {
    const read = await readArguments(anything, '{"a":{"constructor":{"prototype":{"x":1}}}}');
    expect(read.issues?.[0]?.message).toBe("the key constructor.prototype is not allowed");
    expect(await readArguments(anything, '{"constructor":"Fiat"}')).toMatchObject({ value: { constructor: "Fiat" } });
  });
  test("100,000 levels are refused without running out of stack (row 64)", async () => {
    const read = await readArguments(anything, `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
    expect(read.issues).toEqual([{ path: "", message: "the arguments are nested deeper than 64 levels" }]);
  });
  test("brackets inside strings are no levels", async () => {
    const text = JSON.stringify({ a: `\\"${"[".repeat(500)}` });
    expect(await readArguments(anything, text)).toMatchObject({ input: JSON.parse(text) });
  });
  test("more than 1 MiB is refused, and not kept whole (row 65)", async () => {
    const read = await readArguments(anything, JSON.stringify({ a: "x".repeat(10_000_000) }));
    expect(read.issues?.[0]?.message).toContain("longer than 1048576 characters");
    expect(read.inputText?.length).toBeLessThan(5000);
  });
});

test("what the handler does to its input does not change what is recorded (row 77)", async () => {
  const { input, value } = await readArguments(anything, '{"list":[1]}');
  (value as { list: number[] }).list.push(2);
  expect(input).toEqual({ list: [1] });
});

test("a check that never answers becomes an issue when the tool's time is up", async () => {
  const slow = defineTool({
    name: "slow",
    description: "Slow.",
    input: z.looseObject({}).refine(() => new Promise<boolean>(() => {})),
    execute: () => null,
  });
  const clock = fakeClock();
  const reading = readArguments(slow, "{}", clock);
  await clock.pass(60_000);
  expect((await reading).issues).toEqual([{ path: "", message: "the check did not answer within 60000 ms" }]);
});

test("any text gives either a value or issues, and never throws", async () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(text, async (source) => {
      const read = await readArguments(anything, source);
      expect("value" in read).toBe(read.issues === undefined);
      expect("input" in read).toBe(!("inputText" in read));
      if (read.issues === undefined) expect(read.input).toEqual(source.trim() === "" ? {} : JSON.parse(source));
    }),
    { numRuns: 500 },
  );
});
