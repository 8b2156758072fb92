import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { planTurn, type SimMessage, type SimRequest, type SimTool } from "../../src/sim/index.ts";
import { tool } from "./support.ts";

// As: `tool` makes a function tool; it is typed as JSON for the tests that send it.
const make = (...made: Parameters<typeof tool>): SimTool => tool(...made) as unknown as SimTool;

const weather = make(
  "get_weather",
  { city: { type: "string", description: "City, e.g. San Francisco" } },
  "Current weather in a city, e.g. Lisbon.",
);
const time = make("get_time", { city: { type: "string" } }, "Local time in a city");
const search = make(
  "search_docs",
  { query: { type: "string" }, limit: { type: "integer", default: 5 } },
  "Search the documentation",
);
const route = make("find_route", { from: { type: "string" }, to: { type: "string" } }, "Route between two places");
const add = make("add", { a: { type: "number" }, b: { type: "number" } }, "Adds two numbers");
const average = make("average", { values: { type: "array", items: { type: "number" } } });
const email = make("send_email", {
  to: { type: "string", format: "email" },
  subject: { type: "string" },
  urgent: { type: "boolean" },
});
const convert = make("convert_temperature", {
  value: { type: "number" },
  unit: { type: "string", enum: ["celsius", "fahrenheit"] },
});

function ask(
  question: string,
  tools: readonly SimTool[],
  extra: Partial<SimRequest> = {},
): ReturnType<typeof planTurn> {
  return planTurn({ model: "grok-4.7", messages: [{ role: "user", content: question }], tools, ...extra });
}

const plans: readonly (readonly [question: string, tools: readonly SimTool[], calls: unknown[]])[] = [
  [
    "What is the weather in Lisbon and in Oslo?",
    [time, weather],
    [
      ["get_weather", { city: "Lisbon" }],
      ["get_weather", { city: "Oslo" }],
    ],
  ],
  [
    "What's the weather in New York, San Francisco and Rio?",
    [weather],
    [
      ["get_weather", { city: "New York" }],
      ["get_weather", { city: "San Francisco" }],
      ["get_weather", { city: "Rio" }],
    ],
  ],
  [
    "what's the weather in lisbon and oslo",
    [weather],
    [
      ["get_weather", { city: "lisbon" }],
      ["get_weather", { city: "oslo" }],
    ],
  ],
  [
    "Compare Lisbon's weather with Porto's",
    [weather],
    [
      ["get_weather", { city: "Lisbon" }],
      ["get_weather", { city: "Porto" }],
    ],
  ],
  [
    "What is the weather in Lisbon and what time is it in Tokyo?",
    [weather, time],
    [
      ["get_weather", { city: "Lisbon" }],
      ["get_time", { city: "Tokyo" }],
    ],
  ],
  [
    "Search the docs for retries",
    [search, weather],
    [["search_docs", { query: "Search the docs for retries", limit: 5 }]],
  ],
  ["Find a route from Lisbon to Porto", [route], [["find_route", { from: "Lisbon", to: "Porto" }]]],
  ["Add 17 and -2.5", [weather, add], [["add", { a: 17, b: -2.5 }]]],
  ["The average of 1, 2 and 3.5, please", [average], [["average", { values: [1, 2, 3.5] }]]],
  [
    'Send an urgent email to bob@example.com, subject "Hello there"',
    [email],
    [["send_email", { to: "bob@example.com", subject: "Hello there", urgent: true }]],
  ],
  [
    "Convert a temperature of 20 to fahrenheit",
    [convert],
    [["convert_temperature", { value: 20, unit: "fahrenheit" }]],
  ],
];

test.each(plans)("%s", (question, tools, calls) => {
  expect(ask(question, tools).toolCalls?.map((call) => [call.name, call.arguments])).toEqual(calls);
});

test.each(["Tell me a joke", "What is the weather?", "The best city in Portugal?", ""])(
  "unsure about %j, it says so and shows the script to write",
  (question) => {
    const { text, toolCalls } = ask(question, [weather]);
    expect(toolCalls).toBeUndefined();
    expect(text).toMatch(
      /not sure[\s\S]*get_weather[\s\S]*startSimulator\(\{ script: \[\{ toolCalls: \[\{ name: "get_weather"[\s\S]*simulated/,
    );
  },
);

test("without tools it gives a plain answer that is labelled as simulated", () => {
  expect(planTurn({ model: "grok-4.7", messages: [{ role: "user", content: "Hi" }] }).text).toMatch(
    /"Hi"[\s\S]*simulated/,
  );
});

test("tool_choice is heeded", () => {
  const question = "What is the weather in Oslo?";
  expect(ask(question, [weather], { tool_choice: "none" }).toolCalls).toBeUndefined();
  expect(ask("Oslo?", [time], { tool_choice: "required" }).toolCalls).toHaveLength(1);
  const forced = ask(question, [weather, time], { tool_choice: { type: "function", function: { name: "get_time" } } });
  expect(forced.toolCalls).toEqual([{ name: "get_time", arguments: { city: "Oslo" } }]);
});

test("without parallel calls it makes one at a time, then answers from all results", () => {
  const messages: SimMessage[] = [{ role: "user", content: "What is the weather in Lisbon and in Oslo?" }];
  const cities = [];
  for (let n = 0; n < 5; n++) {
    const turn = planTurn({ model: "grok-4.7", messages, tools: [weather], parallel_tool_calls: false });
    const call = turn.toolCalls?.[0];
    if (call === undefined) {
      expect(turn.text).toMatch(/^Lisbon: sky clear, wind 3\.\nOslo: sky clear, wind 3\.\n\(simulated/);
      break;
    }
    expect(turn.toolCalls).toHaveLength(1);
    cities.push(call.arguments);
    messages.push({
      role: "assistant",
      content: "",
      tool_calls: [{ id: `c${n}`, function: { name: call.name, arguments: JSON.stringify(call.arguments) } }],
    });
    messages.push({ role: "tool", tool_call_id: `c${n}`, content: '{"sky":"clear","wind":3}' });
  }
  expect(cities).toEqual([{ city: "Lisbon" }, { city: "Oslo" }]);
});

test("results that are plain words, lists or empty are told as they are", () => {
  const told = (content: string): string | undefined =>
    planTurn({
      model: "grok-4.7",
      messages: [
        { role: "user", content: "Weather?" },
        {
          role: "assistant",
          content: "",
          tool_calls: [{ id: "a", function: { name: "get_weather", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "a", content },
      ],
    }).text?.split("\n")[0];
  expect(told("Sunny, 21 degrees")).toBe("get_weather: Sunny, 21 degrees.");
  expect(told('[{"n":1},null]')).toBe("get_weather: n 1, null.");
  expect(told("{}")).toBe("get_weather: nothing.");
});

test("an answer in JSON follows the schema where the question fills it", () => {
  const schema = {
    type: "object",
    properties: { city: { type: "string" }, count: { type: "integer" } },
    required: ["city", "count"],
  };
  const format = { response_format: { type: "json_schema" as const, json_schema: { name: "x", schema } } };
  expect(JSON.parse(ask("I stay in Lisbon for 3 nights", [], format).text ?? "")).toEqual({ city: "Lisbon", count: 3 });
  expect(JSON.parse(ask("hello", [], format).text ?? "")).toEqual({ city: "simulated", count: 0 });
  expect(JSON.parse(ask("hello", [], { response_format: { type: "json_object" } }).text ?? "").simulated).toBe(true);
});

const leaf = fc.oneof(
  fc.record({ type: fc.constantFrom("string", "number", "integer", "boolean", "array", "object", "null", "nonsense") }),
  fc.record({
    type: fc.constant("string"),
    format: fc.constantFrom("email", "date", "uri", "uuid"),
    default: fc.option(fc.jsonValue(), { nil: undefined }),
  }),
  fc.record({
    type: fc.constant("string"),
    minLength: fc.nat(9),
    maxLength: fc.nat(9),
    pattern: fc.constantFrom("^a", "[", ".*"),
  }),
  fc.record({ type: fc.constant("integer"), minimum: fc.integer(), maximum: fc.integer() }),
  fc.record({ enum: fc.array(fc.constantFrom("red", "blue", 1, null)) }),
  fc.record({ const: fc.jsonValue() }),
  fc.record({ $ref: fc.constantFrom("#", "#/$defs/x", "https://example.com/") }),
  fc.jsonValue(),
);
const name = fc.oneof(
  fc.constantFrom("city", "query", "count", "urgent", "__proto__", "toString", "unit"),
  fc.string(),
);
const objectOf = (inner: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.record({
    type: fc.constant("object"),
    properties: fc.dictionary(name, inner, { maxKeys: 4 }),
    required: fc.array(name, { maxLength: 3 }),
  });
const schema = fc.oneof(
  objectOf(leaf),
  objectOf(
    fc.oneof(
      leaf,
      objectOf(leaf),
      fc.record({ anyOf: fc.array(leaf, { maxLength: 3 }) }),
      fc.record({ type: fc.constant("array"), items: leaf }),
    ),
  ),
);
const question = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc
    .array(
      fc.constantFrom(
        "Lisbon",
        "Oslo",
        "New",
        "York",
        "the",
        "weather",
        "in",
        "and",
        "17",
        "-2.5",
        '"quoted"',
        "red",
        "bob@example.com",
        "2026-11-21",
        "?",
      ),
      { maxLength: 14 },
    )
    .map((words) => words.join(" ")),
);

test("any question to any tools gives arguments that their schemas accept, and never throws", () => {
  const tools = fc.array(
    fc.record({
      name: fc.constantFrom("get_weather", "find_city", "x"),
      description: fc.constantFrom("the weather", "red city", ""),
      parameters: schema,
    }),
    { maxLength: 4 },
  );
  const choice = fc.constantFrom<SimRequest["tool_choice"][]>("auto", "required", "none");
  let called = 0;
  const holds = fc.property(
    question,
    tools,
    choice,
    fc.boolean(),
    (text, functions, tool_choice, parallel_tool_calls) => {
      const turn = ask(
        text,
        functions.map((fn) => ({ type: "function", function: fn })),
        { ...(tool_choice === undefined ? {} : { tool_choice }), parallel_tool_calls },
      );
      expect((turn.toolCalls ?? []).length > 0 || typeof turn.text === "string").toBe(true);
      for (const call of turn.toolCalls ?? []) {
        called++;
        const fits = functions.some(
          (fn) => fn.name === call.name && isValid(fn.parameters, JSON.parse(JSON.stringify(call.arguments))),
        );
        expect(fits).toBe(true);
      }
    },
  );
  fc.assert(holds, { numRuns: 1000 });
  expect(called).toBeGreaterThan(20);
});

function isValid(parameters: unknown, value: unknown): boolean {
  try {
    // As: a validator that cannot read the schema throws.
    return new Validator(parameters as object, "2020-12").validate(value).valid;
  } catch {
    return false;
  }
}
