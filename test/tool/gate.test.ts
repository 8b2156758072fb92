import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { schemaRefusal } from "../../src/sim/index.ts";
import { defineTool, type GateVerdict, gateSchema, type JsonSchema, xaiSchemaProfile } from "../../src/tool/index.ts";

function gate(properties: JsonSchema, rest: JsonSchema = {}): GateVerdict {
  return gateSchema({ type: "object", properties, ...rest }, xaiSchemaProfile);
}

function sentOf(verdict: GateVerdict): JsonSchema {
  if (verdict.verdict === "refuse") throw new Error(JSON.stringify(verdict.refusals));
  return verdict.schema;
}

test("a schema that xAI takes is sent as it is, without noise", () => {
  const verdict = gateSchema(
    {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "x",
      type: "object",
      properties: { n: { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: 10, default: 3 } },
      additionalProperties: false,
    },
    xaiSchemaProfile,
  );
  expect(verdict).toEqual({
    verdict: "send",
    schema: { type: "object", properties: { n: { type: "integer", maximum: 10, default: 3 } } },
  });
});

test("what xAI does not take moves into the description, and stays enforced", async () => {
  const tool = defineTool({
    name: "book",
    description: "Books.",
    input: z.object({
      seats: z.number().multipleOf(2).describe("Seats to book."),
      code: z.string().regex(/^(?=A)../),
      note: z.string().max(5000).optional(),
    }),
    execute: () => null,
  });
  expect(tool.weakened).toEqual(["input.seats: multipleOf", "input.code: pattern", "input.note: maxLength"]);
  expect(tool.parameters.properties).toEqual({
    seats: { type: "number", description: "Seats to book. Must be a multiple of 2." },
    code: { type: "string", description: "Must match the regular expression ^(?=A).." },
    note: { type: "string", description: "At most 5000 characters." },
  });
  expect(await tool.check({ seats: 3, code: "AB" })).toMatchObject({ ok: false, issues: [{ path: "seats" }] });
});

test.each<[string, JsonSchema, string, JsonSchema]>([
  [
    "uniqueItems",
    { type: "array", items: { type: "string" }, uniqueItems: true },
    "uniqueItems",
    { type: "array", items: { type: "string" }, description: "Must hold no duplicates." },
  ],
  ["maxItems", { type: "array", maxItems: 300 }, "maxItems", { type: "array", description: "At most 300 items." }],
  [
    "minContains",
    { type: "array", contains: { const: 1 }, minContains: 2 },
    "contains",
    { type: "array", description: 'Must also satisfy JSON Schema {"contains":{"const":1},"minContains":2}.' },
  ],
  [
    "patternProperties",
    { type: "object", patternProperties: { "^x": {} } },
    "patternProperties",
    {
      type: "object",
      additionalProperties: true,
      description: 'Must also satisfy JSON Schema {"patternProperties":{"^x":{}}}.',
    },
  ],
])("%s is weakened", (_name, schema, keyword, sent) => {
  const verdict = gate({ value: schema });
  expect(verdict).toMatchObject({ verdict: "weakened" });
  expect(verdict.verdict === "weakened" && verdict.weakened[0]).toBe(`input.value: ${keyword}`);
  expect(sentOf(verdict).properties).toEqual({ value: sent });
});

test("a pattern beside its format needs no words", () => {
  const verdict = gate({ mail: { type: "string", format: "email", pattern: "^(?!a)b" } });
  expect(verdict).toMatchObject({ verdict: "weakened", weakened: ["input.mail: pattern"] });
  expect(sentOf(verdict).properties).toEqual({ mail: { type: "string", format: "email" } });
});

test.each<[string, JsonSchema, string]>([
  ["a property that is false", { a: false }, "input.a"],
  ["an empty enum", { a: { enum: [] } }, "input.a"],
  ["an empty anyOf", { a: { anyOf: [] } }, "input.a"],
  ["several allOf", { list: { type: "array", items: { allOf: [{}, {}] } } }, "input.list[]"],
  ["a reference to the whole", { a: { $ref: "#" } }, "input.a"],
  ["a reference to nowhere", { a: { $ref: "#/$defs/none" } }, "input.a"],
  ["a reference to another document", { a: { $ref: "https://example.com/a" } }, "input.a"],
  ["an unknown type", { a: { type: "int" } }, "input.a"],
  ["required as a boolean", { a: { type: "string", required: true } }, "input.a"],
  ["a property named __proto__", JSON.parse('{"__proto__":{"type":"string"}}'), "input"],
  ["65 properties", Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`p${n}`, {}])), "input"],
  ["$dynamicRef", { a: { $dynamicRef: "#x" } }, "input.a"],
])("%s is refused, naming the place and the fix", (_name, properties, path) => {
  const verdict = gate(properties);
  expect(verdict).toMatchObject({ verdict: "refuse", refusals: [{ path, reason: /./, fix: /./ }] });
});

test("all that is wrong is told at once", () => {
  const verdict = gate({ a: { enum: [] }, b: { anyOf: [] } });
  expect(verdict.verdict === "refuse" && verdict.refusals.map(({ path }) => path)).toEqual(["input.a", "input.b"]);
});

test("circles of references and of objects are refused", () => {
  const $defs = { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } };
  expect(gate({ a: { $ref: "#/$defs/node" } }, { $defs })).toMatchObject({ verdict: "refuse" });
  const self: Record<string, unknown> = { type: "array" };
  self.items = self;
  expect(gate({ self })).toMatchObject({ verdict: "refuse", refusals: [{ path: "input.self[]" }] });
});

test("definitions in use stay, each once; others are left out", () => {
  const $defs = { place: { type: "string" }, unused: { enum: [] } };
  const verdict = gate(
    { from: { $ref: "#/$defs/place" }, to: { $ref: "#/$defs/place", description: "Goal." } },
    { $defs },
  );
  expect(verdict).toEqual({
    verdict: "send",
    schema: {
      type: "object",
      properties: { from: { $ref: "#/$defs/place" }, to: { $ref: "#/$defs/place", description: "Goal." } },
      $defs: { place: { type: "string" } },
    },
  });
});

test("definitions of one name from two places stay apart", () => {
  const verdict = gate(
    { a: { $ref: "#/$defs/x" }, b: { $ref: "#/definitions/x" } },
    { $defs: { x: { type: "string" } }, definitions: { x: { type: "number" } } },
  );
  expect(sentOf(verdict)).toMatchObject({
    properties: { a: { $ref: "#/$defs/x" }, b: { $ref: "#/$defs/x_2" } },
    $defs: { x: { type: "string" }, x_2: { type: "number" } },
  });
});

test("a root that is a reference is the definition it names", () => {
  const schema = { $ref: "#/$defs/ask", $defs: { ask: { type: "object", properties: { q: { type: "string" } } } } };
  expect(sentOf(gateSchema(schema, xaiSchemaProfile))).toEqual({
    type: "object",
    properties: { q: { type: "string" } },
  });
});

test("conditions at the root are told, not sent", () => {
  const verdict = gate(
    { a: { type: "string" }, b: { type: "string" } },
    { anyOf: [{ required: ["a"] }, { required: ["b"] }] },
  );
  expect(verdict).toMatchObject({ verdict: "weakened", weakened: ["input: anyOf"] });
  expect(sentOf(verdict)).not.toHaveProperty("anyOf");
  expect(sentOf(verdict).description).toContain('{"anyOf":[{"required":["a"]},{"required":["b"]}]}');
});

test("a nested object of any shape can still be filled, though the server's default is to allow nothing", () => {
  expect(sentOf(gate({ meta: { type: "object" } })).properties).toEqual({
    meta: { type: "object", additionalProperties: true },
  });
});

test("the schema that was given is not changed, and later changes to it are not sent", () => {
  const schema = { type: "object", properties: { a: { enum: ["x"], uniqueItems: true } } };
  const before = structuredClone(schema);
  const sent = sentOf(gateSchema(schema, xaiSchemaProfile));
  expect(schema).toEqual(before);
  schema.properties.a.enum.push("y");
  expect(sent).toMatchObject({ properties: { a: { enum: ["x"] } } });
});

type Keywords = (child: fc.Arbitrary<unknown>) => Record<string, fc.Arbitrary<unknown>>;

/** Keywords with values that are sound, though not all of them are taken. */
const sound: Keywords = (child) => ({
  type: fc.constantFrom<unknown[]>("object", "string", "array", "number", ["string", "null"]),
  description: fc.string({ maxLength: 5 }),
  properties: fc.dictionary(fc.constantFrom("a", "b", "x/y", "~"), child, { maxKeys: 2 }),
  items: child,
  prefixItems: fc.array(child, { minLength: 1, maxLength: 2 }),
  anyOf: fc.array(child, { minLength: 1, maxLength: 2 }),
  allOf: fc.array(child, { minLength: 1, maxLength: 1 }),
  not: child,
  if: child,
  contains: child,
  minContains: fc.nat(),
  additionalProperties: fc.oneof(child, fc.boolean()),
  patternProperties: fc.dictionary(fc.string({ maxLength: 3 }), child, { maxKeys: 2 }),
  propertyNames: child,
  enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { minLength: 1, maxLength: 2 }),
  const: fc.jsonValue({ maxDepth: 1 }),
  default: fc.jsonValue({ maxDepth: 1 }),
  pattern: fc.constantFrom("^a", "(?=a)", "(?<!b)", "(a)\\1"),
  multipleOf: fc.nat(),
  uniqueItems: fc.boolean(),
  minLength: fc.nat(4000),
  maxItems: fc.nat(500),
  maxProperties: fc.nat(100),
  $ref: fc.constantFrom("#/$defs/d", "#/$defs/e%41"),
  "x-note": fc.jsonValue({ maxDepth: 1 }),
});

/** The same, and what must be refused. */
const hostile: Keywords = (child) => ({
  ...sound(child),
  type: fc.constantFrom<unknown[]>("object", "string", "int", [], null, 3),
  required: fc.constantFrom<unknown[]>(["a"], [], true, "a"),
  properties: fc.oneof(
    fc.dictionary(fc.string({ maxLength: 3 }), child, { maxKeys: 2 }),
    fc.jsonValue({ maxDepth: 1 }),
  ),
  items: fc.oneof(child, fc.array(child, { maxLength: 2 }), fc.boolean()),
  anyOf: fc.oneof(fc.array(child, { maxLength: 2 }), fc.jsonValue({ maxDepth: 1 })),
  allOf: fc.array(child, { maxLength: 2 }),
  enum: fc.jsonValue({ maxDepth: 1 }),
  $ref: fc.constantFrom<unknown[]>("#", "#/$defs/d", "#/properties/a", "#/definitions/d", "other", 3),
  $defs: fc.oneof(fc.record({ d: child }), fc.jsonValue({ maxDepth: 1 })),
});

function schemaOf(keywords: Keywords, leaves: readonly unknown[]): fc.Arbitrary<unknown> {
  const { schema } = fc.letrec<{ schema: unknown }>((tie) => {
    const pairs = Object.entries(keywords(tie("schema"))).map(([name, value]) =>
      value.map((json) => [name, json] as const),
    );
    const node = fc.array(fc.oneof(...pairs), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));
    return { schema: fc.oneof({ maxDepth: 3 }, fc.constantFrom(...leaves), node) };
  });
  return schema;
}

const leaves = [{ type: "string" }, { type: "number" }, {}, true];
const soundSchema = schemaOf(sound, leaves);
const soundRoot = fc.record({
  type: fc.constant("object"),
  properties: fc.dictionary(fc.constantFrom("a", "b"), soundSchema, { minKeys: 1 }),
  $defs: fc.constant({ d: { type: "string", uniqueItems: true }, "e%41": true, eA: { $ref: "#/$defs/d" } }),
});
const anyRoot = fc.oneof(soundRoot, schemaOf(hostile, [...leaves, false, null, "text", []]));

const neverSent = Object.entries(xaiSchemaProfile.keywords).flatMap(([keyword, rule]) =>
  rule === "send" ? [] : [keyword],
);

/** Every keyword in the places where keywords stand. */
function* keywordsOf(schema: unknown): Generator<string> {
  if (typeof schema !== "object" || schema === null) return;
  for (const [keyword, value] of Object.entries(schema)) {
    yield keyword;
    if (keyword === "properties" || keyword === "$defs")
      for (const part of Object.values(value)) yield* keywordsOf(part);
    else if (Array.isArray(value) && /Of$|^prefix/.test(keyword)) for (const part of value) yield* keywordsOf(part);
    else if (keyword === "items" || keyword === "additionalProperties") yield* keywordsOf(value);
  }
}

test("whatever the schema, the gate gives a verdict, sends no keyword it does not know, and the simulator takes what it sends", () => {
  const seen = { send: 0, weakened: 0, refuse: 0 };
  fc.assert(
    fc.property(anyRoot, (schema) => {
      const verdict = gateSchema(schema as JsonSchema, xaiSchemaProfile);
      seen[verdict.verdict]++;
      if (verdict.verdict === "refuse") {
        expect(verdict.refusals.length).toBeGreaterThan(0);
        return;
      }
      const keywords = new Set(keywordsOf(verdict.schema));
      for (const keyword of neverSent) expect(keywords).not.toContain(keyword);
      for (const keyword of keywords) expect([...Object.keys(xaiSchemaProfile.keywords), "$defs"]).toContain(keyword);
      expect(schemaRefusal(verdict.schema)).toBeUndefined();
      const again = gateSchema(verdict.schema, xaiSchemaProfile);
      expect(again).toEqual({ verdict: "send", schema: verdict.schema });
    }),
    { numRuns: 1500 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
});

/** Random zod objects of the types people use. */
const zodSchema = fc.letrec<{ type: z.ZodType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<z.ZodType[]>(
      z.string(),
      z.email(),
      z.uuid(),
      z.iso.datetime(),
      z.int(),
      z.number().min(0),
      z.boolean(),
      z.enum(["a", "b"]),
      z.literal(3),
      z.null(),
      z.any(),
      z.unknown(),
      z.string().regex(/^(?=x)/),
      z.number().multipleOf(5),
      z.url(),
      z.string().transform(Number),
      z.coerce.number(),
      z.string().default("d"),
      z.never(),
      z.string().max(9999),
    ),
    tie("type").map((item) => z.array(item).max(300)),
    tie("type").map((item) => item.optional()),
    tie("type").map((item) => item.nullable()),
    tie("type").map((value) => z.record(z.string(), value)),
    fc.tuple(tie("type"), tie("type")).map(([a, b]) => z.union([a, b])),
    fc.tuple(tie("type"), tie("type")).map(([a, b]) => z.tuple([a, b])),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("type")).map((shape) => z.object(shape)),
  ),
})).type;

test("every zod object becomes a tool whose schema the simulator takes, or a clear refusal", () => {
  let tools = 0;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("a", "b", "c"), zodSchema), (shape) => {
      try {
        const tool = defineTool({ name: "t", description: "T.", input: z.object(shape), execute: () => null });
        tools++;
        expect(schemaRefusal(tool.parameters)).toBeUndefined();
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid_schema" });
      }
    }),
    { numRuns: 500 },
  );
  expect(tools).toBeGreaterThan(200);
});
