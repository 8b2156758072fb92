import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { planTurn, type SimRequest } from "../../src/sim/index.ts";
import {
  ask,
  chat,
  flatTool,
  type Json,
  namedTool,
  post,
  respond,
  say,
  speak,
  tool,
  withSimulator,
} from "./support.ts";

const QUESTION = "What is the weather in Lisbon and in Oslo?";
const CITY = { city: { type: "string" } };
const SCHEMA = {
  type: "object",
  properties: {
    days: {
      type: "array",
      items: {
        type: "object",
        properties: { city: { type: "string" }, temperature_c: { type: "number" }, wet: { type: "boolean" } },
        required: ["city", "temperature_c", "wet"],
        additionalProperties: false,
      },
    },
    summary: { type: "string", minLength: 3 },
  },
  required: ["days", "summary"],
  additionalProperties: false,
};
const SYSTEM = `Answer with one JSON value only, fitting this schema: ${JSON.stringify(SCHEMA)}\nNo other text.`;
const format = { type: "json_schema", json_schema: { name: "answer", schema: SCHEMA } };

/** What the planner answers to these fields of a chat request. */
function plan(fields: Json): Json {
  return planTurn({ model: "grok-4.7", messages: [{ role: "user", content: QUESTION }], ...fields } as SimRequest);
}

function answerTo(schema: unknown, content = QUESTION): Json {
  const messages = [{ role: "user", content }];
  return JSON.parse(plan({ messages, response_format: { type: "json_schema", json_schema: { schema } } }).text);
}

/** A loop of two requests by hand; the last answer as JSON. */
const loops: Readonly<Record<string, (tools: boolean) => Promise<Json>>> = {
  chat: (tools) =>
    withSimulator({}, async (simulator) => {
      const messages: Json[] = [{ role: "user", content: QUESTION }];
      const body = { response_format: format, ...(tools ? { tools: [tool("get_weather", CITY, "Weather.")] } : {}) };
      const first = (await post(simulator, chat({ ...body, messages }))).json.choices[0].message;
      if (!tools) return JSON.parse(first.content);
      messages.push(
        first,
        ...first.tool_calls.map((call: Json, n: number) => ({
          role: "tool",
          tool_call_id: call.id,
          content: weatherOf(JSON.parse(call.function.arguments), n),
        })),
      );
      return JSON.parse((await post(simulator, chat({ ...body, messages }))).json.choices[0].message.content);
    }),
  responses: (tools) =>
    withSimulator({}, async (simulator) => {
      const input: Json[] = [{ role: "user", content: QUESTION }];
      const text = { format: { type: "json_schema", name: "answer", schema: SCHEMA } };
      const body = { text, ...(tools ? { tools: [flatTool("get_weather", CITY, "Weather.")] } : {}) };
      const send = async (): Promise<Json> => (await respond(simulator, ask({ ...body, input }))).json.output;
      const first = await send();
      if (!tools) return JSON.parse(first.at(-1).content[0].text);
      const calls = first.filter(({ type }: Json) => type === "function_call");
      input.push(
        ...calls,
        ...calls.map((call: Json, n: number) => ({
          type: "function_call_output",
          call_id: call.call_id,
          output: weatherOf(JSON.parse(call.arguments), n),
        })),
      );
      return JSON.parse((await send()).at(-1).content[0].text);
    }),
  messages: (tools) =>
    withSimulator({}, async (simulator) => {
      const messages: Json[] = [{ role: "user", content: QUESTION }];
      const body = { system: SYSTEM, ...(tools ? { tools: [namedTool("get_weather", CITY, "Weather.")] } : {}) };
      const send = async (): Promise<Json> => (await speak(simulator, say({ ...body, messages }))).json.content;
      const first = await send();
      if (!tools) return JSON.parse(first[0].text);
      const results = first.map((call: Json, n: number) => ({
        type: "tool_result",
        tool_use_id: call.id,
        content: weatherOf(call.input, n),
      }));
      messages.push({ role: "assistant", content: first }, { role: "user", content: results });
      return JSON.parse((await send())[0].text);
    }),
};

function weatherOf({ city }: Json, n: number): string {
  return JSON.stringify({ place: { city }, temperatureC: n === 0 ? 21 : 3 });
}

test.each(Object.entries(loops))(
  "on %s the planner calls first, and answers from the results in JSON",
  async (_, loop) => {
    expect(await loop(true)).toEqual({
      days: [
        { city: "Lisbon", temperature_c: 21, wet: false },
        { city: "Oslo", temperature_c: 3, wet: false },
      ],
      summary: `simulated: ${QUESTION}`,
    });
  },
);

test.each(Object.entries(loops))("on %s the planner answers in JSON without tools", async (_, loop) => {
  const value = await loop(false);
  expect(new Validator(SCHEMA as Json, "2020-12").validate(value).errors).toEqual([]);
  expect(value.days.map(({ city }: Json) => city)).toEqual(["Lisbon", "Oslo"]);
});

test("a proxy takes Anthropic's own field for a schema", async () => {
  await withSimulator({ profile: "proxy" }, async (simulator) => {
    const body = say({ output_config: { format: { type: "json_schema", schema: SCHEMA } } });
    expect(JSON.parse((await speak(simulator, body)).json.content[0].text)).toHaveProperty("days");
    const bad = { type: "json_schema", schema: { type: "object", properties: { a: { enum: [] } } } };
    expect((await speak(simulator, say({ output_config: { format: bad } }))).json.error.message).toContain("enum");
  });
});

test("what xAI refuses of a schema is refused on chat and Responses alike", async () => {
  const bad = { type: "object", properties: { a: { type: "array", minItems: 300 } } };
  await withSimulator({}, async (simulator) => {
    const replies = [
      await post(
        simulator,
        chat({ response_format: { type: "json_schema", json_schema: { name: "x", schema: bad } } }),
      ),
      await respond(simulator, ask({ text: { format: { type: "json_schema", name: "x", schema: bad } } })),
    ];
    for (const { status, json } of replies) {
      expect(status).toBe(400);
      expect(json.error).toContain("#/properties/a: minItems must not exceed 256");
    }
  });
});

test.each([
  ["a choice the question names", { enum: ["red", "blue"] }, "Paint it blue", "blue"],
  ["a constant", { const: { a: 1 } }, "", { a: 1 }],
  ["a default", { type: "string", default: "x" }, "", "x"],
  ["a date of the question", { type: "string", format: "date" }, "On 2026-12-24 please", "2026-12-24"],
  ["a date", { type: "string", format: "date" }, "", "2026-01-01"],
  ["a number of the question", { type: "integer" }, "give me 7", 7],
  ["a number within limits", { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }, "", 0.5],
  ["a whole number within limits", { type: "integer", minimum: 2.5, maximum: 3.5 }, "", 3],
  ["a text of at least so many", { type: "string", minLength: 12 }, "", "simulatedsim"],
  ["a text of at most so many", { type: "string", maxLength: 3 }, "", "sim"],
  ["a text for a pattern", { type: "string", pattern: "^[A-Z]{2}-\\d{3}(?:x|y)?$" }, "", "AA-000"],
  ["nothing", { type: ["null", "string"] }, "", null],
  [
    "the first that can be made of several",
    { anyOf: [{ type: "string", pattern: "(?<!" }, { type: "null" }] },
    "",
    null,
  ],
  [
    "a pair",
    { type: "array", prefixItems: [{ type: "string" }, { type: "boolean" }], items: false, minItems: 2 },
    "",
    ["simulated", false],
  ],
  ["a list of at least so many", { type: "array", items: { type: "boolean" }, minItems: 2 }, "", [false, false]],
  [
    "a definition",
    {
      $ref: "#/$defs/a",
      $defs: { a: { type: "object", properties: { b: { $ref: "#/$defs/c" } }, required: ["b"] }, c: { const: 2 } },
    },
    "",
    { b: 2 },
  ],
  [
    "both halves of allOf",
    { type: "object", allOf: [{ properties: { a: { const: 1 } }, required: ["a"] }] },
    "",
    { a: 1 },
  ],
  [
    "what is required and not declared",
    { type: "object", required: ["a"], additionalProperties: { type: "integer" } },
    "",
    { a: 0 },
  ],
])("the planner answers with %s", (_name, schema, content, expected) => {
  expect(answerTo(schema, content)).toEqual(expected);
});

test("a schema that nothing fits, or that is only a circle, is said to be too hard", () => {
  const circle = {
    $ref: "#/$defs/a",
    $defs: { a: { type: "object", properties: { b: { $ref: "#/$defs/a" } }, required: ["b"] } },
  };
  for (const schema of [{ type: "integer", minimum: 3, maximum: 2 }, circle, { allOf: [false] }])
    expect(plan({ response_format: { type: "json_schema", json_schema: { schema } } }).text).toMatch(/cannot fill/);
});

test("JSON of no schema tells the question and the results", () => {
  const messages = [
    { role: "user", content: "And?" },
    { role: "assistant", content: "", tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "a", content: "3 degrees" },
  ];
  const { text } = plan({ messages, response_format: { type: "json_object" } });
  expect(JSON.parse(text)).toEqual({ simulated: true, question: "And?", results: ["3 degrees"] });
});

const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.record({ type: fc.constantFrom("string", "number", "integer", "boolean", "null") }),
  fc
    .record({ type: fc.constant("string"), minLength: fc.nat(20), format: fc.constantFrom("email", "uri", "uuid") })
    .map(({ format: kind, minLength }) =>
      minLength > 5 ? { type: "string", minLength } : { type: "string", format: kind },
    ),
  fc
    .tuple(fc.integer({ min: -99, max: 99 }), fc.nat(9))
    .map(([minimum, more]) => ({ type: "integer", minimum, maximum: minimum + more })),
  fc.record({ enum: fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { minLength: 1 }) }),
  fc.record({ const: fc.oneof(fc.string(), fc.integer(), fc.boolean()) }),
);
const { node } = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthIdentifier: "schema" },
    leaf,
    fc
      .dictionary(fc.stringMatching(/^[a-z]\w{0,8}$/), tie("node"), { maxKeys: 4 })
      .chain((properties) =>
        fc
          .subarray(Object.keys(properties))
          .map((required) => ({ type: "object", properties, required, additionalProperties: false })),
      ),
    fc.record({ type: fc.constant("array"), items: tie("node"), minItems: fc.nat(3) }),
    fc.record({ anyOf: fc.array(tie("node"), { minLength: 1, maxLength: 3 }) }),
  ),
}));

test("any schema that can be kept is kept, whatever is asked and known", () => {
  const words = fc.array(fc.constantFrom("Lisbon", "Oslo", "7", "blue", "2026-01-02", "a@b.de"), { maxLength: 6 });
  fc.assert(
    fc.property(node, words, fc.option(fc.jsonValue()), (schema, said, result) => {
      const messages = [
        { role: "user", content: said.join(" ") },
        ...(result === null ? [] : [{ role: "tool", tool_call_id: "a", content: JSON.stringify(result) }]),
      ];
      const { text } = plan({ messages, response_format: { type: "json_schema", json_schema: { schema } } });
      expect(new Validator(schema, "2020-12").validate(JSON.parse(text)).errors).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
