import fc from "fast-check";
import { expect, test } from "vitest";
import { schemaRefusal } from "../../src/sim/index.ts";

const object = (properties: Record<string, unknown>, extra: Record<string, unknown> = {}): unknown => ({
  type: "object",
  properties,
  ...extra,
});
const many = (count: number): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, {}]));

const refused: readonly (readonly [name: string, schema: unknown, reason: string])[] = [
  ["a list at the root", [], "#: tool parameter root must be an object type"],
  ["true at the root", true, "root must be an object type"],
  ["an array type at the root", { type: "array", items: {} }, "root must be an object type"],
  ["a union at the root", { type: "object", anyOf: [{}] }, "root must be an object type, not anyOf"],
  ["a reference at the root", { $ref: "#/$defs/a", $defs: { a: { type: "object" } } }, "root must be an object type"],
  ["a boolean property schema", object({ a: true }), "#/properties/a: a boolean schema"],
  ["a property schema that is text", object({ a: "string" }), "#/properties/a: a schema must be an object"],
  ["a recursive reference", object({ a: { $ref: "#" } }), "#/properties/a: circular $ref #"],
  [
    "a circle of two",
    object(
      { a: { $ref: "#/$defs/x" } },
      { $defs: { x: { items: { $ref: "#/$defs/y" } }, y: { anyOf: [{ $ref: "#/$defs/x" }] } } },
    ),
    "circular $ref",
  ],
  ["a reference that points nowhere", object({ a: { $ref: "#/$defs/x" } }), "points nowhere"],
  ["a remote reference", object({ a: { $ref: "https://example.com/s" } }), "only references within the schema"],
  ["a longer string than 2048", object({ a: { type: "string", maxLength: 2049 } }), "maxLength must not exceed 2048"],
  ["more items than 256", object({ a: { type: "array", maxItems: 257 } }), "maxItems must not exceed 256"],
  ["65 properties", object(many(65)), "#: an object must not have more than 64 properties"],
  ["65 properties deep inside", object({ a: { items: object(many(65)) } }), "#/properties/a/items: an object must not"],
  ["an empty enum", object({ a: { enum: [] } }), "enum must not be empty"],
  ["an empty anyOf", object({ a: { anyOf: [] } }), "anyOf must not be empty"],
  ["an empty oneOf", object({ a: { oneOf: [] } }), "oneOf must not be empty"],
  ["two subschemas of allOf", object({ a: { allOf: [{}, {}] } }), "allOf must have exactly one"],
  ["minContains", object({ a: { minContains: 1 } }), "minContains is not supported"],
  ["maxContains", object({ a: { maxContains: 1 } }), "maxContains is not supported"],
  ["multipleOf", object({ a: { multipleOf: 5 } }), "multipleOf is not supported"],
  ["uniqueItems", object({ a: { uniqueItems: true } }), "uniqueItems is not supported"],
  ["items as a list", object({ a: { items: [{}] } }), "items must not be an array"],
  ["look-ahead", object({ a: { pattern: "^(?=x)" } }), "look-around"],
  ["look-behind", object({ a: { pattern: "(?<!x)y" } }), "look-around"],
  ["a type that does not exist", object({ a: { type: "date" } }), 'unknown type "date"'],
];

test.each(refused)("%s is refused", (_name, schema, reason) => {
  expect(schemaRefusal(schema)).toContain(reason);
});

const taken: readonly (readonly [name: string, schema: unknown])[] = [
  ["an object without properties", { type: "object" }],
  [
    "the limits themselves",
    object({ ...many(62), a: { type: "string", maxLength: 2048 }, b: { type: "array", maxItems: 256 } }),
  ],
  [
    "unions, constants and one allOf",
    object({ a: { anyOf: [{ type: "string" }, { const: 1 }] }, b: { oneOf: [{}] }, c: { allOf: [{ type: "null" }] } }),
  ],
  [
    "the same definition used twice",
    object({ a: { $ref: "#/$defs/x" }, b: { $ref: "#/$defs/x" } }, { $defs: { x: { type: "string" } } }),
  ],
  ["prefixItems", object({ a: { type: "array", prefixItems: [{ type: "string" }] } })],
  [
    "additionalProperties, true, false or a schema",
    object(
      { a: { additionalProperties: true }, b: { additionalProperties: { type: "string" } } },
      { additionalProperties: false },
    ),
  ],
  ["what only looks like look-ahead", object({ a: { pattern: "\\(?=[(?=]" }, b: { pattern: "(?:x)(?<name>y)" } })],
  ["uniqueItems that asks for nothing", object({ a: { uniqueItems: false } })],
  [
    "keywords as property names",
    object({ multipleOf: { type: "number" }, enum: { type: "string" }, $ref: { type: "string" } }),
  ],
  ["several types", object({ a: { type: ["string", "null"] } })],
];

test.each(taken)("%s is taken", (_name, schema) => {
  expect(schemaRefusal(schema)).toBeUndefined();
});

test("no JSON makes it throw, and its answer is a reason or nothing", () => {
  const words = [
    "type",
    "properties",
    "items",
    "$ref",
    "$defs",
    "anyOf",
    "allOf",
    "enum",
    "pattern",
    "#",
    "object",
    "#/$defs/a",
    "a",
  ];
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(...words),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...words), tie("node"), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(node, (value) => {
      expect(["string", "undefined"]).toContain(typeof schemaRefusal(value));
    }),
  );
});

test("many references to one another are looked through once", () => {
  const $defs = Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => [
      `d${n}`,
      n === 59 ? {} : { anyOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] },
    ]),
  );
  expect(schemaRefusal(object({ a: { $ref: "#/$defs/d0" } }, { $defs }))).toBeUndefined();
});
