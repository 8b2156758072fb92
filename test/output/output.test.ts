import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod-v3";
import { AgentError } from "../../src/errors.ts";
import { correctionOf, createOutput } from "../../src/output/index.ts";

const check = (schema: unknown, text: string): Promise<unknown> => createOutput(schema).check(text);

function errorOf(schema: unknown): AgentError {
  try {
    createOutput(schema);
  } catch (error) {
    if (error instanceof AgentError) return error;
  }
  throw new Error("it was taken");
}

const city = { type: "object", properties: { city: { type: "string" } }, required: ["city"] } as const;

describe("an output schema", () => {
  it.each([
    ["zod 4", z.object({ city: z.string() })],
    ["zod 3", z3.object({ city: z3.string() })],
    ["valibot", toStandardJsonSchema(v.object({ city: v.string() }))],
    ["arktype", type({ city: "string" })],
    ["plain JSON Schema", city],
  ])("of %s is sent as it is when it is an object, and checks answers", async (_name, schema) => {
    const output = createOutput(schema);
    expect(output.format).toMatchObject({ name: "answer", schema: city });
    expect(await output.check('{"city":"Oslo"}')).toEqual({ output: { city: "Oslo" } });
    expect(await output.check('{"city":7}')).toMatchObject({ issues: [{ path: "city" }] });
  });

  it.each([
    ["zod 4", z.union([z.object({ a: z.string() }), z.array(z.number())])],
    ["zod 3", z3.union([z3.object({ a: z3.string() }), z3.array(z3.number())])],
    ["valibot", toStandardJsonSchema(v.union([v.object({ a: v.string() }), v.array(v.number())]))],
    ["arktype", type({ a: "string" }).or("number[]")],
    [
      "plain JSON Schema",
      {
        anyOf: [
          { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
          { type: "array", items: { type: "number" } },
        ],
      },
    ],
  ])("of %s that is a union is put under answer, and taken out again", async (_name, schema) => {
    const output = createOutput(schema);
    expect(output.format.schema).toMatchObject({ type: "object", required: ["answer"], properties: { answer: {} } });
    expect(await output.check('{"answer":{"a":"x"}}')).toEqual({ output: { a: "x" } });
    expect(await output.check('{"answer":[1,2]}')).toEqual({ output: [1, 2] });
    const { issues } = await output.check('{"answer":5}');
    expect(issues?.map(({ path }) => path.split(".")[0])).toContain("answer");
    expect(await output.check("[1,2]")).toMatchObject({ issues: [{ message: expect.stringContaining('"answer"') }] });
  });

  it.each([
    ["a list", z.array(z.string()), ["a"], { type: "array" }],
    ["a text", z.string(), "a", { type: "string" }],
    ["a number", z.int(), 4, { type: "integer" }],
    ["a choice", z.enum(["yes", "no"]), "no", { enum: ["yes", "no"] }],
    ["an object or nothing", z.object({ a: z.string() }).nullable(), null, { anyOf: [{}, { type: "null" }] }],
    ["of two types", { type: ["object", "null"], properties: { a: { type: "string" } } }, null, {}],
  ])("may be %s", async (_name, schema, value, sent) => {
    const output = createOutput(schema);
    expect(output.format.schema).toMatchObject({ properties: { answer: sent } });
    expect(await output.check(JSON.stringify({ answer: value }))).toEqual({ output: value });
  });

  it("keeps its definitions where it is put under answer, and references into its own places", () => {
    const person = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
    const defined = createOutput({ type: "array", items: { $ref: "#/$defs/person" }, $defs: { person } });
    expect(defined.format.schema).toEqual({
      type: "object",
      properties: { answer: { type: "array", items: { $ref: "#/$defs/person" } } },
      required: ["answer"],
      $defs: { person },
    });
    const shared = z3.object({ n: z3.number() });
    const twice = createOutput(z3.array(z3.object({ a: shared, b: shared }))); // b refers to the place of a
    const n = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };
    expect(twice.format.schema).toMatchObject({ properties: { answer: { items: { properties: { a: n, b: n } } } } });
  });

  it("that is an object by reference is not put under answer", () => {
    const sent = createOutput({ $ref: "#/$defs/c", $defs: { c: city } }).format.schema;
    expect(sent).toMatchObject(city);
  });

  it("is enforced here where xAI does not take a constraint", async () => {
    const schema = z.object({ n: z.number().multipleOf(5), tags: z.string().array().max(300) });
    const output = createOutput(schema);
    expect(JSON.stringify(output.format.schema)).not.toContain("multipleOf");
    expect(await output.check('{"n":7,"tags":[]}')).toMatchObject({ issues: [{ path: "n" }] });
    const many = JSON.stringify({ n: 5, tags: Array.from({ length: 301 }, () => "t") });
    expect(await output.check(many)).toMatchObject({ issues: [{ path: "tags" }] });
  });

  it("gives out defaults and transforms as JSON", async () => {
    const schema = z.object({ day: z.iso.date().transform((text) => new Date(text)), unit: z.string().default("C") });
    expect(await check(schema, '{"day":"2026-11-20"}')).toEqual({
      output: { day: "2026-11-20T00:00:00.000Z", unit: "C" },
    });
  });

  it.each([
    ["recursion", z.object({ any: z.json() }), "any", "limit the depth"],
    ["recursion in a union", z.union([z.string(), z.json()]), "refers to itself", "limit the depth"],
    [
      "an intersection",
      {
        allOf: [
          { type: "object", properties: { a: {} } },
          { type: "object", properties: { b: {} } },
        ],
      },
      "the root: allOf has 2",
      "merge",
    ],
    [
      "a bad place under answer",
      { type: "array", items: { properties: { a: false } } },
      "[].a: the schema false",
      "leave the property out",
    ],
    ["a schema that says nothing", z.unknown(), "converts to nothing", "Use a schema that says something"],
    ["a date", z.date(), "Date cannot be represented", "types that JSON has"],
    ["a plain object of schemas", { city: z.string() }, "is a plain object of schemas", "Wrap it"],
    [
      "a map of names to types",
      { city: "string" },
      "has no keyword of JSON Schema: all it has is city",
      "z.object({ … })",
    ],
  ])("is refused for %s, naming the place and the fix", (_name, schema, place, fix) => {
    const error = errorOf(schema);
    expect(error.code).toBe("invalid_schema");
    expect(error.message).toMatch(/^output /);
    expect(error.message).toContain(place);
    expect(error.message).toContain(fix);
    expect(error.message).not.toContain("input");
  });
});

describe("an answer", () => {
  const schema = z.object({ a: z.number() });

  it.each(['{"a":1}', ' \n{"a":1}\t', '```json\n{"a":1}\n```', '\n```json\n{ "a": 1 }```\n'])(
    "may stand as %j",
    async (text) => {
      expect(await check(schema, text)).toEqual({ output: { a: 1 } });
    },
  );

  it.each([
    'Here you are: {"a":1}',
    '{"a":1} I hope this helps',
    '```\n{"a":1}\n```',
    '```json\n{"a":1}\n``` and ```json\n{"a":2}\n```',
    '{"a":1',
    "{'a':1}",
    "",
    "```json```",
    '{"__proto__":{"a":1}}',
    `${'{"a":'.repeat(65)}1${"}".repeat(65)}`,
  ])("that is not exactly JSON is not guessed at: %j", async (text) => {
    expect(await check(schema, text)).toMatchObject({ issues: [{ path: "", message: expect.any(String) }] });
  });

  it("with a key that changes prototypes is refused, whatever the schema says", async () => {
    const open = { type: "object", additionalProperties: true, properties: {} };
    expect(await check(open, '{"__proto__":{}}')).toEqual({
      issues: [{ path: "", message: "the key __proto__ is not allowed" }],
    });
  });

  it("is refused without its words when the check itself breaks, and the error is kept", async () => {
    const broken = schema.refine(async () => Promise.reject(new Error("postgres://s3cret")));
    const result = await createOutput(broken).check('{"a":1}');
    expect(result.issues).toEqual([{ path: "", message: "the check itself failed" }]);
    expect("error" in result && result.error).toBeInstanceOf(Error);
    const cyclic = schema.transform((value) => Object.assign(value, { self: value }));
    expect(await createOutput(cyclic).check('{"a":1}')).toMatchObject({
      issues: [{ message: "the check itself failed" }],
      error: { message: expect.stringContaining("cycle") },
    });
  });
});

describe("a correction", () => {
  it("names each place and asks for JSON alone, in words that do not grow with the answer", () => {
    const { role, content } = correctionOf([
      { path: "days.0.sky", message: "Expected string" },
      { path: "", message: "x".repeat(10_000) },
    ]);
    expect(role).toBe("user");
    expect(content).toContain("- days.0.sky: Expected string\n");
    expect(content).toContain("Answer again with JSON only");
    expect(content.length).toBeLessThan(800);
  });
});
