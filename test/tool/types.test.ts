import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod/v3";
import type { RunEvent } from "../../src/event/index.ts";
import {
  type AnyTool,
  type ContextOf,
  createToolbox,
  defineTool,
  type Stored,
  type Tool,
  type ToolContext,
} from "../../src/tool/index.ts";

interface Db {
  query(sql: string): string[];
}
interface Mailer {
  send(text: string): void;
}

const base = { description: "Does it." } as const;
const weather = defineTool({
  ...base,
  name: "get_weather",
  input: z.object({ city: z.string(), unit: z.enum(["celsius", "fahrenheit"]).default("celsius") }),
  execute: ({ city, unit }, { signal }) => {
    expectTypeOf(city).toEqualTypeOf<string>();
    expectTypeOf(unit).toEqualTypeOf<"celsius" | "fahrenheit">();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    return { temperature: 18, at: new Date(0) };
  },
  toModel: ({ temperature }) => `${temperature} degrees`,
});
const query = defineTool({
  ...base,
  name: "query",
  input: z.object({ id: z.string().transform(Number) }),
  execute: async ({ id }, tool: ToolContext<Db>) => tool.context.query(`${id satisfies number}`),
});
const mail = defineTool({
  ...base,
  name: "mail",
  input: z.object({}),
  execute: (_input, { context }: ToolContext<Mailer>) => context.send("hi"),
});

test("input, output and context are inferred", () => {
  expectTypeOf(weather).toEqualTypeOf<
    Tool<unknown, { city: string; unit?: "celsius" | "fahrenheit" | undefined }, { temperature: number; at: Date }>
  >();
  expectTypeOf(query).toEqualTypeOf<Tool<Db, { id: string }, string[]>>();
  expectTypeOf(mail).toEqualTypeOf<Tool<Mailer, Record<string, never>, void>>();
});

test("every library's input is inferred", () => {
  defineTool({
    ...base,
    name: "a",
    input: z3.object({ q: z3.number().default(1) }),
    execute: ({ q }) => expectTypeOf(q).toEqualTypeOf<number>(),
  });
  defineTool({
    ...base,
    name: "a",
    input: type({ q: "number" }),
    execute: ({ q }) => expectTypeOf(q).toEqualTypeOf<number>(),
  });
  defineTool({
    ...base,
    name: "a",
    input: toStandardJsonSchema(v.object({ q: v.number() })),
    execute: ({ q }) => expectTypeOf(q).toEqualTypeOf<number>(),
  });
  const plain = defineTool({
    ...base,
    name: "a",
    input: { type: "object", properties: { q: { type: "number" } } },
    execute: ({ q }) => expectTypeOf(q).toBeUnknown(),
  });
  expectTypeOf(plain).toExtend<Tool<unknown, Record<string, unknown>>>();
});

test("different tools make a list without a cast", () => {
  const tools: readonly AnyTool[] = [weather, query, mail];
  expect(createToolbox(tools).names).toEqual(["get_weather", "query", "mail"]);
});

test("tools of a list need the intersection of their contexts", () => {
  expectTypeOf<ContextOf<readonly [typeof weather, typeof query, typeof mail]>>().toEqualTypeOf<Db & Mailer>();
  expectTypeOf<ContextOf<readonly (typeof weather | typeof query)[]>>().toEqualTypeOf<Db>();
  expectTypeOf<ContextOf<readonly [typeof weather]>>().toEqualTypeOf<unknown>();
  expectTypeOf<ContextOf<readonly []>>().toEqualTypeOf<unknown>();
});

test("a wrong option does not compile", () => {
  const execute = (): null => null;
  const input = z.object({ city: z.string() });
  const wrong = [
    // @ts-expect-error the name of the option is input
    () => defineTool({ ...base, name: "a", parameters: input, execute }),
    // @ts-expect-error a handler may not ask for more than the schema gives
    () => defineTool({ ...base, name: "a", input, execute: (given: { town: string }) => given.town }),
    // @ts-expect-error the output schema says number
    () => defineTool({ ...base, name: "a", input, output: z.object({ n: z.number() }), execute: () => ({ n: "1" }) }),
    // @ts-expect-error an unknown effect
    () => defineTool({ ...base, name: "a", input, effect: "none", execute }),
  ];
  expect(wrong).toHaveLength(4);
});

const call = { id: "c", tool: "get_weather", executor: "client", kind: "function" } as const;
const stamp = { seq: 1, runId: "r", turn: 1, at: 0 } as const;

test("is narrows an event to the tool's input and its stored output", () => {
  const input: RunEvent = { ...stamp, type: "tool.input", call: { ...call, input: { city: "Lisbon" } } };
  const output = { temperature: 18, at: "1970-01-01T00:00:00.000Z" };
  const done: RunEvent = {
    ...stamp,
    type: "tool.completed",
    call,
    outcome: "ok",
    output,
    visibility: "full",
    content: "18",
    timing: "unknown",
  };
  const seen: string[] = [];
  for (const event of [input, done] as readonly RunEvent[]) {
    if (!weather.is(event)) continue;
    if (event.type === "tool.input") seen.push(event.call.input.city);
    if (event.type === "tool.completed") {
      expectTypeOf(event.output).toEqualTypeOf<{ temperature: number; at: string }>();
      seen.push(event.output.at);
    }
  }
  expect(seen).toEqual(["Lisbon", "1970-01-01T00:00:00.000Z"]);
});

test("is says no to other tools, other kinds, bad input and bad ends", () => {
  const events: unknown[] = [
    { type: "tool.input", call: { ...call, tool: "query", input: {} } },
    { type: "tool.input", call: { ...call, kind: "web_search", input: {} } },
    { type: "tool.input", call: { ...call, input: {} }, issues: [{ path: "city", message: "Required" }] },
    { type: "tool.input", call: { ...call, inputText: "{" } },
    { type: "tool.completed", call, outcome: "error" },
    { type: "tool.started", call },
    { type: "run.completed" },
    { type: "tool.executing", call: null },
  ];
  for (const event of events) expect(weather.is(event as RunEvent)).toBe(false);
  expect(weather.is({ type: "tool.executing", call } as unknown as RunEvent)).toBe(true);
});

test("a stored value has the type JSON gives it", () => {
  expectTypeOf<Stored<void>>().toEqualTypeOf<null>();
  expectTypeOf<Stored<bigint[]>>().toEqualTypeOf<string[]>();
  expectTypeOf<Stored<Map<string, Date>>>().toEqualTypeOf<{ [key: string]: string }>();
  expectTypeOf<Stored<Set<number>>>().toEqualTypeOf<number[]>();
  expectTypeOf<Stored<{ a?: Uint8Array }>>().toEqualTypeOf<{ a?: string | undefined }>();
  expectTypeOf<Stored<[Date, (1 | undefined)?]>>().toExtend<[string, (1 | null)?]>();
  expectTypeOf<Stored<unknown>>().toEqualTypeOf<unknown>();
});
