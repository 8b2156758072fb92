import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeJson } from "../../src/tool/index.ts";

class Point {
  x = 1;
  secret = undefined;
}

test.each<[string, unknown, unknown]>([
  ["undefined", undefined, null],
  ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
  ["an invalid date", new Date(Number.NaN), null],
  ["a big integer", 12345678901234567890n, "12345678901234567890"],
  ["not a number", Number.NaN, null],
  ["a map of strings", new Map([["a", new Date(0)]]), { a: "1970-01-01T00:00:00.000Z" }],
  ["another map", new Map([[1, "a"]]), [[1, "a"]]],
  ["a set", new Set([1, undefined]), [1, null]],
  ["bytes", new TextEncoder().encode("hi"), "aGk="],
  ["a buffer", Buffer.from("hi"), "aGk="],
  ["an array buffer", new Uint8Array([104, 105]).buffer, "aGk="],
  ["a typed array", new Float64Array([0.5, Number.POSITIVE_INFINITY]), [0.5, null]],
  ["big integers", new BigInt64Array([1n]), ["1"]],
  ["an error", new TypeError("no"), { name: "TypeError", message: "no" }],
  [
    "an error with a code",
    Object.assign(new Error("no"), { code: "ENOENT" }),
    { name: "Error", message: "no", code: "ENOENT" },
  ],
  ["a pattern", /a/g, "/a/g"],
  ["an address", new URL("https://example.com/a"), "https://example.com/a"],
  ["an instance", new Point(), { x: 1 }],
  ["what JSON leaves out", { a: undefined, b: () => 1, c: Symbol("c"), d: [() => 1] }, { d: [null] }],
  ["a list with holes", Array(2), [null, null]],
  ["an object without prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
])("%s has a defined encoding (rows 73, 74)", (_name, value, json) => {
  expect(encodeJson(value)).toEqual({ ok: true, json });
  expect(JSON.parse(JSON.stringify(json))).toEqual(json);
});

test("an own key __proto__ stays a key", () => {
  const encoding = encodeJson(JSON.parse('{"__proto__":{"admin":true}}'));
  expect(JSON.stringify(encoding.ok && encoding.json)).toBe('{"__proto__":{"admin":true}}');
});

test("the same object twice is no cycle", () => {
  const shared = { a: 1 };
  expect(encodeJson([shared, { shared }])).toEqual({ ok: true, json: [{ a: 1 }, { shared: { a: 1 } }] });
});

test("a toJSON that gives itself, a revoked proxy and great depth are no JSON (row 75)", () => {
  const self = { toJSON: (): unknown => self };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  let deep: unknown = 1;
  for (let n = 0; n < 100_000; n++) deep = [deep];
  for (const value of [self, proxy, deep]) expect(encodeJson(value)).toMatchObject({ ok: false, reason: /./ });
});

test.each<[string, unknown]>([
  ["2 GB of one text", Array(2000).fill("x".repeat(1_000_000))],
  ["100 MB that are all escaped", "\ud83d".repeat(100_000_000)],
  ["bytes beyond what base64 can hold", new Uint8Array(300_000_000)],
])("%s are refused before they are written out (row 76)", (_name, value) => {
  expect(encodeJson(value)).toEqual({ ok: false, reason: expect.stringContaining("it is longer than 268435456") });
});

test("JSON is its own encoding, and a copy", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const encoding = encodeJson(value);
      expect(encoding).toEqual({ ok: true, json: JSON.parse(JSON.stringify(value)) });
      if (encoding.ok && typeof value === "object" && value !== null) expect(encoding.json).not.toBe(value);
    }),
  );
});

test("anything is either JSON or a reason (rows 74, 75)", () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withNullPrototype: true,
  });
  fc.assert(
    fc.property(anything, (value) => {
      const encoding = encodeJson(value);
      if (encoding.ok) expect(JSON.parse(JSON.stringify(encoding.json))).toEqual(encoding.json);
      else expect(encoding.reason).not.toBe("");
    }),
    { numRuns: 300 },
  );
});
