import { createAgent, defineTool, diffRuns, type RunDifference, type StoredEvent } from "fairwitness";
import fc from "fast-check";
import { beforeAll, describe, expect, it, test } from "vitest";
import { z } from "zod";
import { canonicalJson } from "../../src/digest.ts";
import { call } from "../support/play.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";
import { sampleRecord } from "./evidence-run.ts";

const act = defineTool({
  name: "act",
  description: "Acts.",
  input: z.looseObject({ n: z.number() }),
  execute: async ({ n }) => {
    if (n === 3) throw new Error("three");
    await new Promise((resolve) => setTimeout(resolve, n % 3));
    return { n };
  },
});

const attempt: fc.Arbitrary<ScriptedAttempt> = fc.oneof(
  fc.record({
    text: fc.constantFrom("", "hm"),
    calls: fc.array(
      fc.record({
        tool: fc.constantFrom("act", "act", "none"),
        arguments: fc.constantFrom('{"n":1}', '{"n":2}', '{"n":3}', "{"),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    ticks: fc.constantFrom(1, 2),
  }),
  fc.record({ text: fc.constantFrom("a", "b"), cut: fc.constantFrom(true, false) }),
  fc.record({ text: fc.constantFrom("a", "b"), finishReason: fc.constantFrom("stop", "length") }),
);
const script = fc.array(attempt, { minLength: 1, maxLength: 5 });

let made = 0;

async function play(attempts: readonly ScriptedAttempt[]): Promise<readonly StoredEvent[]> {
  made += 1;
  const run = createAgent({
    name: "random",
    model: scriptedModel((n) => attempts[n] ?? { text: "the end" }),
    tools: [act],
    limits: { turns: 5 },
    runtime: { random: () => 0, createId: () => `id${made}` },
  }).stream("go");
  await run.result();
  return run.record;
}

const swapped = ({ a, b, ...rest }: RunDifference): RunDifference => ({
  ...rest,
  ...(b === undefined ? {} : { a: b }),
  ...(a === undefined ? {} : { b: a }),
});

/** Without their order: of calls that one side alone made, those of the first come first. */
const unordered = (differences: readonly RunDifference[]): readonly string[] => differences.map(canonicalJson).sort();

describe("any run", () => {
  it("does nothing differently from itself, nor from one that did the same another time, in other steps at once", async () => {
    await fc.assert(
      fc.asyncProperty(script, async (attempts) => {
        const record = await play(attempts);
        expect(diffRuns(record, record)).toEqual([]);
        expect(diffRuns(record, await play(attempts))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("differs from another one as that differs from it, and what differs is plain data", async () => {
    await fc.assert(
      fc.asyncProperty(script, script, async (one, other) => {
        const [a, b] = [await play(one), await play(other)];
        const there = diffRuns(a, b);
        expect(unordered(diffRuns(b, a))).toEqual(unordered(there.map(swapped)));
        expect(JSON.parse(JSON.stringify(there))).toEqual(there);
      }),
      { numRuns: 60 },
    );
  });

  it("and any beginning of its record differ in nothing before the turn where that ends, but for how it ended", async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.nat(), async (attempts, at) => {
        const record = await play(attempts);
        const cut = record.slice(0, 1 + (at % record.length));
        const last = cut.findLast(({ type }) => type === "turn.started")?.turn ?? 0;
        const turns = diffRuns(record, cut).flatMap(({ turn }) => (turn === undefined ? [] : [turn]));
        expect(turns.filter((turn) => turn < last)).toEqual([]);
        if (cut.length < record.length) expect(diffRuns(record, cut).map(({ what }) => what)).toContain("ending");
      }),
      { numRuns: 60 },
    );
  });
});

describe("what differs", () => {
  let record: readonly StoredEvent[];
  beforeAll(async () => {
    record = await sampleRecord();
  });

  /** The record with the first event of a type that fits changed. */
  function changed<T extends StoredEvent["type"]>(
    type: T,
    change: (event: Extract<StoredEvent, { type: T }>) => object,
    fits: (event: Extract<StoredEvent, { type: T }>) => boolean = () => true,
  ): readonly StoredEvent[] {
    const isIt = (event: StoredEvent): event is Extract<StoredEvent, { type: T }> =>
      event.type === type && fits(event as Extract<StoredEvent, { type: T }>); // of that type, by the line before
    const at = record.findIndex(isIt);
    expect(at).not.toBe(-1);
    return record.map((event, index) =>
      index === at && isIt(event) ? ({ ...event, ...change(event) } as StoredEvent) : event,
    );
  }
  const weather = { executor: "client", tool: "get_weather", kind: "function" };
  const isOurs = ({ call: { executor } }: { call: { executor: string } }): boolean => executor === "client";
  const isSearch = ({ call: { id } }: { call: { id: string } }): boolean => id === "ws_1";

  test.each<[string, () => readonly StoredEvent[], readonly object[]]>([
    [
      "the model asked for",
      () => changed("run.started", () => ({ model: "other" })),
      [{ what: "model", a: "grok-test", b: "other" }],
    ],
    [
      "the instructions",
      () => changed("run.started", () => ({ instructions: "New." })),
      [{ what: "instructions", b: "New." }],
    ],
    ["the tools", () => changed("run.started", () => ({ tools: [] })), [{ what: "tools", b: [] }]],
    [
      "the settings",
      () => changed("run.started", () => ({ settings: { seed: 1 } })),
      [{ what: "settings", b: { seed: 1 } }],
    ],
    [
      "the input",
      () => changed("run.started", () => ({ messages: [{ role: "user", content: "x" }] })),
      [{ what: "input" }],
    ],
    [
      "the arguments of a call",
      () => changed("tool.input", ({ call }) => ({ call: { ...call, input: { city: "Oslo" } } }), isOurs),
      [{ turn: 1, what: "arguments", call: weather, a: { city: "Lisbon" }, b: { city: "Oslo" } }],
    ],
    [
      "the result of a call",
      () => changed("tool.completed", () => ({ output: { celsius: 1 } }), isOurs),
      [{ turn: 1, what: "result", call: weather, a: { celsius: 41 }, b: { celsius: 1 } }],
    ],
    [
      "what the model is told of a result, where that is the same",
      () => changed("tool.completed", () => ({ content: "41" }), isOurs),
      [{ turn: 1, what: "result", call: weather, a: '{"celsius":41}', b: "41" }],
    ],
    [
      "the outcome of a call",
      () =>
        changed(
          "tool.completed",
          ({ output: _, ...rest }) => ({
            ...rest,
            output: undefined,
            outcome: "timeout",
            error: { code: "tool_timeout", message: "late" },
          }),
          isOurs,
        ),
      [
        { turn: 1, what: "outcome", call: weather, a: "ok", b: "timeout" },
        { turn: 1, what: "result", call: weather, b: { code: "tool_timeout", message: "late" } },
      ],
    ],
    [
      "the sources of a search",
      () => changed("tool.completed", () => ({ sources: [] }), isSearch),
      [{ turn: 1, what: "sources", call: { executor: "server", tool: "web_search", action: "search" }, b: [] }],
    ],
    [
      "the text",
      () =>
        changed(
          "turn.completed",
          ({ message }) => ({ message: { ...message, content: "cold" } }),
          ({ turn }) => turn === 2,
        ),
      [{ turn: 2, what: "text", b: "cold" }, { what: "ending" }],
    ],
    [
      "what is cited",
      () => changed("citation", ({ source }) => ({ source: { ...source, id: "web:other" } })),
      [{ turn: 2, what: "citations" }],
    ],
    [
      "why a turn ended",
      () => changed("turn.completed", () => ({ finishReason: "other" })),
      [{ turn: 1, what: "finishReason", a: "tool_calls", b: "other" }],
    ],
    [
      "the tokens of a turn, which are unknown and not 0 where nobody told",
      () => changed("turn.completed", () => ({ usage: undefined })),
      [{ turn: 1, what: "usage", a: { inputTokens: 1_000 } }, { what: "usage" }],
    ],
    [
      "the cost, known or not",
      () => changed("turn.completed", () => ({ cost: { basis: "unknown" } })),
      [
        { turn: 1, what: "cost", a: { ticks: 123_000_000 }, b: { basis: "unknown" } },
        { what: "cost", a: { ticks: 130_000_000 }, b: { ticks: 7_000_000, unreported: 2 } },
      ],
    ],
    [
      "the model that answered",
      () => changed("turn.completed", () => ({ servedModel: "other" })),
      [{ what: "models", b: ["other"] }],
    ],
    [
      "a call that one run alone made",
      () => record.filter((event) => !("call" in event) || event.call.id !== "ws_2"),
      [{ turn: 1, what: "call", call: { tool: "web_search" }, a: { query: "Lisbon snow", allowed: ["a"] } }],
    ],
    [
      "how the run ended",
      () => changed("run.completed", () => ({ type: "run.failed", error: { code: "internal", message: "No." } })),
      [{ what: "ending", a: { status: "completed" }, b: { status: "failed", code: "internal", message: "No." } }],
    ],
    [
      "a turn that one run alone took",
      () => record.filter(({ turn, type }) => turn < 2 || type === "run.completed"),
      [
        { turn: 2, what: "turn", a: { calls: [], finishReason: "stop" } },
        { what: "ending" },
        { what: "usage" },
        { what: "cost" },
      ],
    ],
  ])("is %s, and nothing else", (_, make, expected) => {
    const differences = diffRuns(record, make());
    expect(differences).toMatchObject(expected);
    expect(differences).toHaveLength(expected.length);
  });

  it("is a call with other arguments, not the order of equal ones", async () => {
    const asks = (...numbers: number[]): readonly ScriptedAttempt[] => [
      { calls: numbers.map((n) => call("act", { n })) },
      { text: "done" },
    ];
    const one = await play(asks(1, 2, 2));
    expect(diffRuns(one, await play(asks(2, 1, 2)))).toEqual([]);
    expect(diffRuns(one, await play(asks(2, 2, 2)))).toMatchObject([
      { turn: 1, what: "arguments", a: { n: 1 }, b: { n: 2 } },
      { turn: 1, what: "result", a: { n: 1 }, b: { n: 2 } },
    ]);
  });
});
