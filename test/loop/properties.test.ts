import { createAgent, defineTool, foldResult, type RunEvent, type RunResult, type StoredEvent } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { closesStep, isDelta } from "../../src/event/index.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";

/** What a tool of the random runs does; its arguments decide, so that a twin does the same. */
const DEEDS = ["ok", "throw", "throw null", "undefined", "cyclic", "bigint", "late", "progress"] as const;

const act = defineTool({
  name: "act",
  description: "Does what it is told.",
  input: z.object({ deed: z.enum(DEEDS), ms: z.number().default(0) }),
  async execute({ deed, ms }, tool): Promise<unknown> {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    switch (deed) {
      case "throw":
        throw new Error("secret detail");
      case "throw null":
        throw null;
      case "undefined":
        return undefined;
      case "cyclic": {
        const loop: unknown[] = [];
        loop.push(loop);
        return loop;
      }
      case "bigint":
        return 10n;
      case "late":
        await new Promise((resolve) => setImmediate(resolve));
        return "late";
      case "progress":
        tool.progress({ half: true });
        return "done";
      default:
        return { fine: true };
    }
  },
});

const call = fc.oneof(
  fc.record({
    tool: fc.constant("act"),
    arguments: fc
      .record({ deed: fc.constantFrom(...DEEDS), ms: fc.constantFrom(0, 0, 1, 3) })
      .map((input) => JSON.stringify(input)),
    id: fc.constantFrom("", "", "", "call_0", "call_1"), // an id given to two different calls voids the turn
  }),
  fc.record({
    tool: fc.constantFrom("act", "nothing", "__proto__", "constructor"),
    arguments: fc.constantFrom("", "{", "[]", '{"deed":"fly"}', '{"__proto__":{}}'),
    id: fc.constantFrom("call_0", "x"),
  }),
);

const attempt: fc.Arbitrary<ScriptedAttempt> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ text: fc.constantFrom("", "hm "), calls: fc.array(call, { minLength: 1, maxLength: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ text: fc.constantFrom("half a sen", "x"), cut: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ text: fc.lorem({ maxCount: 4 }), reasoning: fc.constant("thinking") }) },
  {
    weight: 1,
    arbitrary: fc.record({
      text: fc.constant("cut short"),
      calls: fc.array(call, { maxLength: 2 }),
      finishReason: fc.constantFrom("length", "content_filter", "other"),
    }),
  },
);

const script = fc.array(attempt, { minLength: 1, maxLength: 6 }).map((attempts) => [...attempts, { text: "the end" }]);

/** Answers of which some fit the output schema of the agent below, and some do not. */
const answer: fc.Arbitrary<ScriptedAttempt> = fc.record({
  text: fc.constantFrom('{"n":1}', ' ```json\n{"n":2}```', '{"n":"1"}', "One.", '{"n":1', "{}", ""),
  finishReason: fc.constantFrom("stop", "stop", "stop", "stop", "other", "length", "refusal"),
});

const output = z.object({ n: z.number() });

async function play(
  attempts: readonly ScriptedAttempt[],
  alwaysReplay: boolean,
  more: { output?: typeof output } = {},
): Promise<{ events: RunEvent[]; record: readonly StoredEvent[] }> {
  let id = 0;
  const agent = createAgent({
    name: "random",
    model: scriptedModel((n) => attempts[n] ?? { text: "the end" }),
    tools: [act],
    instructions: "Act.",
    limits: { turns: 6, toolCalls: 9 },
    runtime: { alwaysReplay, random: () => 0, createId: () => `id${id++}` },
    ...more,
  });
  const run = agent.stream("go");
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  return { events, record: run.record };
}

/** A result without what depends on the clock. */
function timeless(result: Partial<RunResult> | undefined): unknown {
  return JSON.parse(JSON.stringify(result, (key, value) => (key === "durationMs" ? undefined : value)));
}

describe("any run, whatever the model says and the tools do,", () => {
  it("keeps the rules of every run, and ends (row 91)", async () => {
    await fc.assert(
      fc.asyncProperty(script, async (attempts) => {
        const { events, record } = await play(attempts, false);
        expect(checkEvents(events)).toEqual([]);
        expect(events.filter((event) => !isDelta(event))).toEqual(record);
        expect(foldResult(record)).toBeDefined();
      }),
      { numRuns: 150 },
    );
  });

  it("folds to the same result as its always-replayed twin", async () => {
    await fc.assert(
      fc.asyncProperty(script, async (attempts) => {
        const live = await play(attempts, false);
        const twin = await play(attempts, true);
        expect(checkEvents(twin.events)).toEqual([]);
        expect(timeless(foldResult(twin.record))).toEqual(timeless(foldResult(live.record)));
      }),
      { numRuns: 150 },
    );
  });

  it("completes an agent with output only with an answer that fits, and the same in its always-replayed twin", async () => {
    const answers = fc.array(fc.oneof({ weight: 3, arbitrary: answer }, { weight: 1, arbitrary: attempt }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(answers, async (attempts) => {
        const live = await play(attempts, false, { output });
        const twin = await play(attempts, true, { output });
        expect(checkEvents(live.events)).toEqual([]);
        const result = foldResult(live.record);
        expect(timeless(foldResult(twin.record))).toEqual(timeless(result));
        if (result?.status === "completed") expect(output.parse(result.output)).toEqual(result.output);
        else expect(result).not.toHaveProperty("output");
      }),
      { numRuns: 150 },
    );
  });

  it("folds the same when void epochs are left out, and when parallel steps are stored in another order", async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.infiniteStream(fc.nat(7)), async (attempts, picks) => {
        const { record } = await play(attempts, false);
        const result = timeless(foldResult(record));
        expect(timeless(foldResult(shuffleSteps(record, picks)))).toEqual(result);
        const { usage: _, cost: __, ...withoutMoney } = foldResult(withoutVoid(record)) ?? {};
        expect(result).toMatchObject(timeless(withoutMoney) as object);
      }),
      { numRuns: 100 },
    );
  });

  it("never shows a viewer that keeps only the newest epoch anything but the text of the whole turns", async () => {
    await fc.assert(
      fc.asyncProperty(script, async (attempts) => {
        const { events } = await play(attempts, false);
        const shown = new Map<string, { epoch: string; text: string }>();
        for (const event of events) {
          if (event.type === "text.delta") {
            const before = shown.get(event.step);
            const text = before?.epoch === event.epoch ? before.text + event.delta : event.delta;
            shown.set(event.step, { epoch: event.epoch, text });
          }
          if (event.type === "turn.completed" && event.message.content !== "") {
            expect(shown.get(event.step ?? "")?.text).toBe(event.message.content);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

/** The record with the events of parallel tool steps interleaved otherwise; each step keeps its own order. */
function shuffleSteps(record: readonly StoredEvent[], picks: Iterator<number>): StoredEvent[] {
  const out: StoredEvent[] = [];
  let round: StoredEvent[] = [];
  const flush = (): void => {
    const queues = Map.groupBy(round, (event) => event.step ?? "");
    const left = [...queues.values()].map((events) => [...events]);
    while (left.some((events) => events.length > 0)) {
      const full = left.filter((events) => events.length > 0);
      const next = full[(picks.next().value ?? 0) % full.length]?.shift();
      if (next !== undefined) out.push(next);
    }
    round = [];
  };
  for (const event of record) {
    if (event.step?.startsWith("tool:")) round.push(event);
    else {
      flush();
      out.push(event);
    }
  }
  flush();
  return out.map((event, seq) => ({ ...event, seq }));
}

/** The record without the epochs that closed no step: they are evidence, and only money is counted from them. */
function withoutVoid(record: readonly StoredEvent[]): StoredEvent[] {
  const closing = record.filter(closesStep).map((event) => event.epoch);
  return record.filter((event) => event.epoch === undefined || closing.includes(event.epoch));
}
