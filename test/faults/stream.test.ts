import {
  AgentError,
  createAgent,
  defineTool,
  type Model,
  type ModelEvent,
  type Run,
  type RunEvent,
  type StoredEvent,
} from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { checkEvents } from "fairwitness/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { fakeClock, settle } from "../support/fake-clock.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";

const agentOf = (attempts: readonly ScriptedAttempt[], more: object = {}) =>
  createAgent({ name: "t", model: scriptedModel(attempts), runtime: { random: () => 0 }, ...more });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** What a promise was rejected with. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error,
  );

const rejections: unknown[] = [];
const note = (reason: unknown): number => rejections.push(reason);
beforeEach(() => void process.on("unhandledRejection", note));
afterEach(async () => {
  await settle();
  process.off("unhandledRejection", note);
  expect(rejections.splice(0)).toEqual([]);
});

describe("a second reader", () => {
  const ways = ["events", "batches", "text"] as const;
  const read = (run: Run, way: (typeof ways)[number]): AsyncIterable<unknown> => (way === "events" ? run : run[way]());

  it.each(ways.flatMap((first) => ways.map((second) => [first, second] as const)))(
    "of a run read as %s is refused as %s by a typed error that says what to do, and the first goes on (row 86)",
    async (first, second) => {
      const run = agentOf([{ text: "one two" }]).stream("go");
      const reading = all(read(run, first));
      const error = await failureOf((async () => all(read(run, second)))());
      expect(error).toMatchObject({ code: "already_read", message: expect.stringContaining("run.events()") });
      expect((await reading).length).toBeGreaterThan(0);
      expect(await run.result()).toMatchObject({ status: "completed" });
    },
  );

  it("of events() who comes in the middle misses nothing that is stored, and several are alike (row 86)", async () => {
    const run = agentOf([{ text: "one two three" }]).stream("go");
    const others: Promise<RunEvent[]>[] = [];
    for await (const event of run) if (event.type === "text.delta") others.push(all(run.events()));
    for (const events of await Promise.all(others)) {
      expect(events.filter((event) => !("after" in event))).toEqual(run.record);
      expect(checkEvents(events)).toEqual([]);
    }
  });

  it("who throws in the loop over events() breaks neither the run nor its owner's reading (row 92)", async () => {
    const run = agentOf([{ text: "one two three" }]).stream("go");
    const owner = all(run);
    const mine = new Error("mine");
    const thrown = await failureOf(
      (async () => {
        for await (const event of run.events()) if (event.type === "turn.started") throw mine;
      })(),
    );
    expect(thrown).toBe(mine);
    expect(checkEvents(await owner)).toEqual([]);
    expect(await run.result()).toMatchObject({ status: "completed", text: "one two three" });
  });
});

describe("what the application hands in", () => {
  const noisy = defineTool({
    name: "noisy",
    description: "d",
    input: z.object({}),
    execute: (_, { progress }) => {
      progress({
        toJSON() {
          throw new Error("not this");
        },
      });
      return "ok";
    },
    toModel: () => {
      throw new Error("nor this");
    },
  });

  it("may throw wherever it is called: the run goes on or ends with that on its record (row 92)", async () => {
    const call: ScriptedAttempt = { calls: [{ tool: "noisy", arguments: "{}" }] };
    const run = agentOf([call, { text: "done" }], { tools: [noisy] }).stream("go");
    const events = await all(run);
    expect(checkEvents(events)).toEqual([]);
    expect(events.find((event) => event.type === "tool.progress")).toMatchObject({
      data: expect.stringContaining("threw"),
    });
    expect(await run.result()).toMatchObject({
      status: "completed",
      toolCalls: [{ outcome: "error", error: { message: expect.stringContaining("toModel") } }],
    });
    const broken = agentOf([{ text: "never" }], {
      instructions: () => {
        throw new Error("no instructions");
      },
    }).stream("go");
    expect(checkEvents(await all(broken))).toEqual([]);
    expect(await broken.result()).toMatchObject({ status: "failed", error: { message: "no instructions" } });
  });

  it.each(["run.started", "turn.started", "turn.completed", "run.completed", "run.failed", "run.cancelled"] as const)(
    "a store that fails at %s ends the run once, with a record in memory that is whole, and leaves nobody waiting (rows 91, 92)",
    async (type) => {
      const stored: StoredEvent[] = [];
      const store = {
        ...createMemoryStore(),
        append(_: string, events: readonly StoredEvent[]) {
          if (events.some((event) => event.type === type)) throw new Error("disk full");
          stored.push(...events);
        },
      };
      const script: ScriptedAttempt =
        type === "run.failed" ? { fail: new AgentError("internal", "boom") } : { text: "x" };
      const run = agentOf([{ ...script, hang: type === "run.cancelled" }], { store }).stream("go");
      const reading = all(run);
      const told = run.steer("more");
      if (type === "run.cancelled") await run.cancel("enough");
      const events = await reading;
      expect(checkEvents(events)).toEqual([]);
      expect(await run.result()).toMatchObject({ status: "failed", error: { code: "store_failed" } });
      expect((await told).status).toMatch(/^(delivered|ended)$/);
      expect(run.record.slice(0, stored.length)).toEqual(stored);
      expect(run.record[0]?.type).toBe("run.started");
    },
  );

  it("a store whose append is async is refused, and what it rejects with later is nobody's (row 93)", async () => {
    const store = { ...createMemoryStore(), append: async () => Promise.reject(new Error("late")) };
    expect(await agentOf([{ text: "x" }], { store }).run("go", { reject: false })).toMatchObject({
      status: "failed",
      error: { code: "store_failed", message: expect.stringContaining("returned a promise") },
    });
  });
});

describe("a model that ignores its signal", () => {
  /** Says a word for each time it is let go on; never listens. */
  function deafModel(): Model & { goOn(events: readonly ModelEvent[]): void; hasLeft: boolean } {
    let wake: (events: readonly ModelEvent[]) => void = () => {};
    const model = {
      id: "deaf",
      api: "chat" as const,
      hasLeft: false,
      goOn: (events: readonly ModelEvent[]) => wake(events),
      async *stream(): AsyncGenerator<readonly ModelEvent[]> {
        try {
          for (;;) yield await new Promise<readonly ModelEvent[]>((resolve) => (wake = resolve));
        } finally {
          model.hasLeft = true;
        }
      },
    };
    return model;
  }

  it("holds neither the run nor its record, and is left when it comes back (row 88)", async () => {
    const model = deafModel();
    const run = createAgent({ name: "t", model }).stream("go");
    const events: RunEvent[] = [];
    const reading = (async () => {
      for await (const event of run) events.push(event);
    })();
    await settle();
    model.goOn([{ type: "text.delta", delta: "one" }]);
    await settle();
    expect(await run.cancel("enough")).toMatchObject({ status: "cancelled" });
    const { length } = run.record;
    model.goOn([
      { type: "text.delta", delta: "two" },
      {
        type: "turn",
        turn: { message: { role: "assistant", content: "two" }, finishReason: "stop", cost: { basis: "unknown" } },
      },
    ]);
    await settle();
    await reading;
    expect(model.hasLeft).toBe(true);
    expect(run.record).toHaveLength(length);
    expect(checkEvents(events)).toEqual([]);
    expect(run.record.at(-2)).toMatchObject({ type: "turn.failed", discarded: { text: 3 } });
  });
});

describe("a run that nobody reads", () => {
  it("would end this very process if it left a rejection to nobody: the suite is that strict (row 93)", () => {
    expect(process.execArgv).toContain("--unhandled-rejections=strict");
  });

  it("and whose result alone is awaited completes, however long it is (row 87)", async () => {
    const text = Array.from({ length: 20_000 }, (_, n) => `w${n} `).join("");
    const run = agentOf([{ text }]).stream("go");
    expect(await run.result()).toMatchObject({ status: "completed", text });
    const left = await all(run);
    expect(left.filter((event) => event.type === "text.delta").length).toBeLessThanOrEqual(1024 + 1);
    expect(checkEvents(left)).toEqual([]);
  });

  it.each([
    ["fails", { fail: new AgentError("internal", "boom") }],
    ["is cut off", { text: "half", cut: true }],
    ["asks for what is not there", { calls: [{ tool: "nothing", arguments: "{" }] }],
  ] as const)("and that %s rejects nothing that somebody would have to catch (row 93)", async (_, attempt) => {
    // What agent.run() gives is the caller's to await: its rejection is the answer. Nothing else may reject unasked.
    const clock = fakeClock();
    const run = createAgent({ name: "t", model: scriptedModel(() => attempt), runtime: { clock } }).stream("go");
    run.text();
    run.batches();
    void run.steer("more");
    void run.cancel("enough");
    await settle();
    expect(checkEvents(run.record)).toEqual([]);
    expect(clock.waiting).toBe(0);
  });
});
