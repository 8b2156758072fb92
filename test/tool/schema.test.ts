import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod/v3";
import { z as z3Package } from "zod-v3";
import { type AnyTool, defineTool, type ToolSchema } from "../../src/tool/index.ts";
import { errorOf } from "./support.ts";

function toolWith(input: unknown): AnyTool {
  return defineTool({ name: "find", description: "Finds.", input: input as ToolSchema, execute: () => null });
}

const expected = {
  type: "object",
  properties: { city: { type: "string", minLength: 2 }, unit: { enum: ["c", "f"] } },
  required: ["city"],
};

describe("every library's schema is stated, and its defaults reach the handler", () => {
  const schemas: [string, unknown][] = [
    ["zod 4", z.object({ city: z.string().min(2), unit: z.enum(["c", "f"]).default("c") })],
    ["zod/v3", z3.object({ city: z3.string().min(2), unit: z3.enum(["c", "f"]).default("c") })],
    [
      "the package of zod 3",
      z3Package.object({ city: z3Package.string().min(2), unit: z3Package.enum(["c", "f"]).default("c") }),
    ],
    [
      "valibot",
      toStandardJsonSchema(
        v.object({ city: v.pipe(v.string(), v.minLength(2)), unit: v.optional(v.picklist(["c", "f"]), "c") }),
      ),
    ],
    ["arktype", type({ city: "string >= 2", unit: "'c' | 'f' = 'c'" })],
  ];
  test.each(schemas)("%s", async (_name, schema) => {
    const tool = toolWith(schema);
    expect(tool.parameters).toMatchObject(expected);
    expect(await tool.check({ city: "Lisbon" })).toEqual({ ok: true, value: { city: "Lisbon", unit: "c" } });
    const verdict = await tool.check({ city: "L" });
    expect(verdict).toMatchObject({ ok: false, issues: [{ path: "city" }] });
  });
});

test("plain JSON Schema is stated and checked, with the place of every issue", async () => {
  const tool = toolWith({
    type: "object",
    properties: {
      city: { type: "string" },
      stops: { type: "array", items: { type: "object", properties: { at: { type: "string" } }, required: ["at"] } },
    },
    required: ["city"],
    additionalProperties: false,
  });
  expect(await tool.check({ city: "Lisbon", stops: [{ at: "noon" }] })).toMatchObject({ ok: true });
  expect(await tool.check({ stops: [{}], extra: 1 })).toEqual({
    ok: false,
    issues: [
      { path: "", message: 'Instance does not have required property "city".' },
      { path: "stops.0", message: 'Instance does not have required property "at".' },
      { path: "extra", message: "is not allowed here" },
    ],
  });
});

test("a draft-07 tuple, as zod 3 states it, is sent in the words of 2020-12", () => {
  const { parameters } = toolWith(z3.object({ pair: z3.tuple([z3.string(), z3.number()]) }));
  expect(parameters).toMatchObject({
    properties: {
      pair: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], minItems: 2, maxItems: 2 },
    },
  });
});

test("a part that zod 3 uses twice is written out twice, for only $defs can be referred to", () => {
  const place = z3.object({ name: z3.string() });
  const { parameters } = toolWith(z3.object({ from: place, to: place }));
  const stated = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
  expect(parameters.properties).toEqual({ from: stated, to: stated });
});

test("a tool without arguments is stated by every library", () => {
  for (const input of [z.object({}), z3.object({}), type({}), toStandardJsonSchema(v.object({}))]) {
    expect(toolWith(input).parameters).toMatchObject({ type: "object", properties: {} });
  }
});

const zod41 = { _zod: {}, "~standard": { version: 1, vendor: "zod", validate: () => ({ value: 1 }) } };
const nothing = {
  "~standard": { version: 1, vendor: "acme", validate: () => ({ value: 1 }), jsonSchema: { input: () => ({}) } },
};

test.each([
  ["nothing", undefined, "Tool find: input is missing. For a tool without arguments write z.object({})."],
  ["{}", {}, "converts to nothing"],
  ["a schema that converts to {}", nothing, "converts to nothing"],
  [
    "an object type without properties",
    { type: "object" },
    'has no "properties". For a tool without arguments write properties: {}.',
  ],
  [
    "misspelt properties",
    { type: "object", property: {}, additionalProperties: false, required: ["city"] },
    "required names city, which properties does not describe",
  ],
  ["a plain object of schemas", { city: z.string() }, "Wrap it: z.object({ … })."],
  [
    "a map of properties",
    { city: { type: "string" } },
    "has no keyword of JSON Schema: all it has is city. Write z.object({ … }), or",
  ],
  ["a string schema", z.string(), 'the root is of type "string"'],
  [
    "a union",
    z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
    "the root is anyOf, and a tool's arguments must be one object",
  ],
  ["a date", z.object({ at: z.date() }), "Date cannot be represented in JSON Schema"],
  ["bare valibot", v.object({ city: v.string() }), "write toStandardJsonSchema(schema)"],
  ["zod 4.1", zod41, "Upgrade: npm install zod@^4.2"],
  ["zod 3 around zod 4", z3.object({ city: z.string() as never }), "mixes zod 3 and zod 4: city is of zod 4"],
  ["recursion", z.object({ any: z.json() }), "the schema refers to itself; limit the depth"],
  ["text", "city", "is a string. Use an object schema"],
])("%s is refused at definition, with what to do", (_name, input, message) => {
  const error = errorOf(() => toolWith(input));
  expect(error.code).toBe("invalid_schema");
  expect(error.message).toContain(message);
});

test("an asynchronous refinement runs once", async () => {
  for (const zod of [z, z3]) {
    let runs = 0;
    const count = async (): Promise<boolean> => ++runs > 0;
    const input = zod === z ? z.object({ id: z.string().refine(count) }) : z3.object({ id: z3.string().refine(count) });
    expect(await toolWith(input).check({ id: "1" })).toEqual({ ok: true, value: { id: "1" } });
    expect(runs).toBe(1);
  }
});

test("a validator that throws makes a verdict whose words hold no secret", async () => {
  const broken = z.object({ id: z.string() }).refine(async () => {
    throw new Error("connect postgres://user:s3cret@db");
  });
  const verdict = await toolWith(broken).check({ id: "1" });
  expect(verdict).toMatchObject({ ok: false, issues: [{ path: "", message: "the check itself failed" }] });
  expect(JSON.stringify(verdict.ok ? "" : verdict.issues)).not.toContain("s3cret");
});
