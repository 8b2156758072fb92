import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type AnyTool,
  checkToolName,
  createToolbox,
  defineTool,
  invalidInputAnswer,
  nearestName,
  reservedToolNames,
  unknownOutcomeAnswer,
  unknownToolAnswer,
} from "../../src/tool/index.ts";
import { errorOf, toolOf } from "./support.ts";

const getWeather = defineTool({
  name: "get_weather",
  description: "Weather.",
  input: z.object({ city: z.string() }),
  execute: () => null,
});
const act = toolOf(() => null);

test("a toolbox declares its tools in order and finds them by name", () => {
  const toolbox = createToolbox([getWeather, act]);
  expect(toolbox.names).toEqual(["get_weather", "act"]);
  expect(toolbox.declarations[0]).toEqual({
    name: "get_weather",
    description: "Weather.",
    parameters: getWeather.parameters,
  });
  expect(toolbox.get("act")).toBe(act);
});

test.each(["__proto__", "constructor", "toString", ""])("%j is no tool", (name) => {
  expect(createToolbox([act]).get(name)).toBeUndefined();
});

test("a tool named like a part of every object is found (row 60)", () => {
  const toolbox = createToolbox([toolOf(() => 1, { name: "constructor" })]);
  expect(toolbox.get("constructor")?.name).toBe("constructor");
});

test("two tools of one name are refused, naming both positions", () => {
  const error = errorOf(() => createToolbox([act, getWeather, toolOf(() => 2)]));
  expect(error).toMatchObject({
    code: "duplicate_tool",
    message: "tools[0] and tools[2] are both named act. Rename one, or leave one out.",
  });
});

test.each<[unknown, string]>([
  [[{ name: "a" }], "tools[0] is a plain object, not a tool. Make tools with defineTool({ … })."],
  [[act, [getWeather]], "tools[1] is a list (spread it: ...tools), not a tool."],
  [[null], "tools[0] is null, not a tool."],
  [{ act }, "tools is not a list. Write tools: [getWeather]."],
])("what defineTool did not make is refused (%#)", (tools, message) => {
  const error = errorOf(() => createToolbox(tools as AnyTool[]));
  expect(error.code).toBe("invalid_tool");
  expect(error.message).toContain(message);
});

describe("names", () => {
  test.each(["a", "_a", "get-weather_2", "A".repeat(64)])("%s is a name", (name) => {
    expect(() => checkToolName(name)).not.toThrow();
  });
  test.each(["1a", "-a", "a.b", "a b", "é", "A".repeat(65), "", 3, ...reservedToolNames])("%j is none", (name) => {
    expect(errorOf(() => checkToolName(name)).code).toBe("invalid_tool");
  });
  test.each([
    ["getWeather", "get_weather"],
    ["get_wether", "get_weather"],
    ["get-weather", "get_weather"],
    ["send_mail", undefined],
    ["x".repeat(100_000), undefined],
  ])("the nearest of two to %s", (name, near) => {
    expect(nearestName(name, ["search_flights", "get_weather"])).toBe(near);
  });
});

describe("answers that the model can mend", () => {
  test("an unknown tool: the names, and the near one", () => {
    const content = 'No tool named "getWeather". Did you mean get_weather? Tools: get_weather, act.';
    expect(unknownToolAnswer("getWeather", createToolbox([getWeather, act]))).toEqual({
      outcome: "unknown_tool",
      content,
      error: { code: "unknown_tool", message: content },
    });
    expect(unknownToolAnswer("x", createToolbox([])).content).toBe('No tool named "x". There are no tools.');
  });
  test("arguments that do not fit: the reasons, the places and the schema", () => {
    const answer = invalidInputAnswer(getWeather, [{ path: "city", message: "expected string" }], new Error("db down"));
    expect(answer.outcome).toBe("invalid_input");
    expect(String(answer.content).split("\n")).toEqual([
      "get_weather was not run: its arguments do not fit.",
      "- city: expected string",
      `Call it again with one JSON object that fits this schema: ${JSON.stringify(getWeather.parameters)}`,
    ]);
    expect(answer.error).toEqual({
      code: "invalid_input",
      message: "The arguments of get_weather do not fit: city: expected string (Error: db down)",
    });
  });
  test("an outcome nobody knows is said to be unknown", () => {
    expect(unknownOutcomeAnswer(act)).toMatchObject({
      outcome: "unknown",
      content: expect.stringContaining("its outcome is not known"),
    });
  });
});
