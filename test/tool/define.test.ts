import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTool } from "../../src/tool/index.ts";
import { errorOf, requestOf } from "./support.ts";

const good = {
  name: "get_weather",
  description: "Current weather in a city.",
  input: z.object({ city: z.string(), unit: z.enum(["celsius", "fahrenheit"]).default("celsius") }),
  execute: ({ city, unit }: { city: string; unit: string }): string => `${city} in ${unit}`,
};

/** What a JavaScript user, whom no type stops, gets to read. */
function refusal(options: unknown): { code: string; message: string } {
  return errorOf(() => defineTool(options as Parameters<typeof defineTool>[0]));
}

test("a tool has the defaults that are documented", () => {
  const tool = defineTool(good);
  expect(tool).toMatchObject({
    kind: "function",
    name: "get_weather",
    effect: undefined,
    origin: undefined,
    private: false,
    timeoutMs: 60_000,
    maxOutputBytes: 1_048_576,
    concurrency: "parallel",
    endsRun: false,
    onError: "model",
    weakened: [],
  });
  expect(tool.parameters).toEqual({
    type: "object",
    properties: {
      city: { type: "string" },
      unit: { type: "string", enum: ["celsius", "fahrenheit"], default: "celsius" },
    },
    required: ["city"],
  });
});

test("the handler gets what the schema gives out, defaults applied", async () => {
  const tool = defineTool(good);
  const verdict = await tool.check({ city: "Lisbon" });
  expect(verdict).toEqual({ ok: true, value: { city: "Lisbon", unit: "celsius" } });
  const context = { ...requestOf(), context: undefined };
  expect(await tool.execute({ city: "Lisbon", unit: "celsius" }, context)).toEqual({ output: "Lisbon in celsius" });
});

describe("a habit from another library is named with the option it is here", () => {
  const { input, execute, ...rest } = good;
  test.each(["parameters", "inputSchema", "schema", "args"])("%s for input", (key) => {
    expect(refusal({ ...rest, execute, [key]: input })).toMatchObject({
      code: "invalid_tool",
      message: `Tool get_weather has "${key}", which is called "input" here. Rename it.`,
    });
  });
  test.each(["handler", "run", "func"])("%s for execute", (key) => {
    expect(refusal({ ...rest, input, [key]: execute }).message).toContain(
      `has "${key}", which is called "execute" here`,
    );
  });
  test("the shape of the wire", () => {
    expect(refusal({ type: "function", function: { name: "a" } }).message).toContain("shape of the wire");
  });
});

test.each([
  [undefined, "defineTool takes one object"],
  [{ ...good, name: undefined }, 'A tool has no name. Give it one, such as name: "get_weather".'],
  [{ ...good, name: "get weather" }, '"get weather" is no name for a tool: it takes 1 to 64 letters'],
  [{ ...good, name: "web_search" }, "Rename it, for example to my_web_search."],
  [{ ...good, description: " " }, "Tool get_weather has no description."],
  [{ ...good, execute: undefined }, "Tool get_weather has no execute."],
  [{ ...good, timeoutMS: 5 }, 'has no option "timeoutMS". Did you mean "timeoutMs"?'],
  [{ ...good, zzz: 5 }, 'has no option "zzz". Options: name, description'],
  [{ ...good, timeoutMs: 0 }, "has timeoutMs 0. It takes a number from 1 to"],
  [{ ...good, timeoutMs: Number.NaN }, "has timeoutMs NaN."],
  [{ ...good, maxOutputBytes: 10 }, "has maxOutputBytes 10. It takes a number from 256"],
  [{ ...good, effect: "none" }, 'has effect none. It takes "read", "idempotent", "write".'],
  [{ ...good, concurrency: { key: "" } }, 'It takes "parallel", "serial" or { key: "…" }.'],
  [{ ...good, onError: "throw" }, 'It takes "model", "fail".'],
])("bad options are refused with what to do (%#)", (options, message) => {
  const error = refusal(options);
  expect(error.code).toBe("invalid_tool");
  expect(error.message).toContain(message);
});

test("an output schema is enforced, and what it makes of a result is stored", async () => {
  const output = z.object({ ok: z.boolean() });
  const tool = defineTool({ ...good, output, execute: () => ({ ok: true, secret: "s3cret" }) });
  expect(await tool.execute({}, requestOf())).toEqual({ output: { ok: true } });
  const broken = defineTool({ ...good, output, execute: () => JSON.parse('{"ok":"yes"}') });
  await expect(broken.execute({}, requestOf())).rejects.toMatchObject({
    code: "tool_failed",
    message: expect.stringContaining("get_weather ran, but returned what its output schema refuses (ok: "),
  });
});

test("toModel makes the model's view, and the stored result stays whole", async () => {
  const tool = defineTool({
    ...good,
    execute: () => ({ rows: [1, 2, 3] }),
    toModel: ({ rows }) => `${rows.length} rows`,
  });
  expect(await tool.execute({}, requestOf())).toEqual({ output: { rows: [1, 2, 3] }, content: "3 rows" });
});
