import { AssertionError } from "node:assert";
import { createAgent, defineTool, type RunEvent } from "fairwitness";
import { checkEvents, createAutomaton, expectRun, startScript } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { scriptedModel } from "../support/scripted-model.ts";

const add = defineTool({
  name: "add",
  description: "Adds.",
  input: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
});

async function sample(): Promise<RunEvent[]> {
  const model = scriptedModel([
    { text: "cut", cut: true },
    { text: "let me see", calls: [{ tool: "add", arguments: '{"a":1,"b":2}' }] },
    { text: "3" },
  ]);
  const events: RunEvent[] = [];
  const run = createAgent({ name: "a", model, tools: [add], runtime: { random: () => 0 } }).stream("1+2?");
  for await (const event of run) events.push(event);
  return events;
}

describe("expectRun", () => {
  it("passes what is so and throws, saying what happened instead, what is not", async () => {
    const model = scriptedModel([{ calls: [{ tool: "add", arguments: '{"a":1,"b":2}' }] }, { text: "It is 3." }]);
    const run = createAgent({ name: "a", model, tools: [add] }).stream("1+2?");
    await run.result();
    const expectation = expectRun(run)
      .completed()
      .called("add")
      .called("add", { a: 1 })
      .answered(/3/)
      .calledTimes("add", 1)
      .notCalled("sub");
    expect(() => expectation.called("add", { a: 9 })).toThrow(AssertionError);
    expect(() => expectation.called("sub")).toThrow(/sub was not called.*add \(ok\)/);
    expect(() => expectation.notCalled("add")).toThrow("add was called");
    expect(() => expectation.calledTimes("add", 2)).toThrow("1 times");
    expect(() => expectation.ended("failed")).toThrow("completed");
    expect(() => expectation.answered("4")).toThrow("another text");
    expect(() => expectRun(run.record.slice(0, 3))).toThrow("has not ended");
    expect(() => expectRun(undefined as never)).toThrow("expectRun takes a run");
    expect(() => expectRun(run.result() as unknown as never)).toThrow("expectRun takes a run");
  });
});

describe("assertComplete", () => {
  it("throws when scripted turns are left over", async () => {
    await using simulator = await startScript([{ text: "one" }, { text: "two" }]);
    await createAgent({ name: "a", model: simulator.model() }).run("go");
    expect(() => simulator.assertComplete()).toThrow(/1 scripted turns.*two/);
  });
});

describe("the automaton", () => {
  it("finds nothing wrong with a run", async () => {
    expect(checkEvents(await sample())).toEqual([]);
  });

  it("finds every stored event that is left out, stands twice or comes too early", async () => {
    const events = await sample();
    const stored = events.flatMap((event, index) => ("seq" in event ? [index] : []));
    for (const index of stored) {
      expect(checkEvents(events.toSpliced(index, 1)), `without ${events[index]?.type}`).not.toEqual([]);
      const twice = events[index];
      if (twice !== undefined)
        expect(checkEvents(events.toSpliced(index, 0, twice)), `twice ${twice.type}`).not.toEqual([]);
    }
  });

  const change = async (type: RunEvent["type"], edit: (event: RunEvent) => RunEvent): Promise<readonly string[]> => {
    let isDone = false;
    return checkEvents(
      (await sample()).map((event) => {
        if (event.type !== type || isDone) return event;
        isDone = true;
        return edit(event);
      }),
    );
  };

  it.each([
    [
      "an executor that changes",
      "tool.completed",
      (e: RunEvent) => ({ ...e, call: { ...("call" in e ? e.call : {}), executor: "server" } }),
    ],
    [
      "a delta of a void epoch",
      "turn.retrying",
      (e: RunEvent) => ({ ...e, type: "text.delta", after: 1, n: 99, delta: "x" }),
    ],
    ["an event of a step without an epoch", "tool.executing", (e: RunEvent) => ({ ...e, epoch: undefined })],
    ["a closing event inside a step", "run.completed", (e: RunEvent) => ({ ...e, step: "turn:9", epoch: "x" })],
  ] as const)("finds %s", async (_, type, edit) => {
    expect(await change(type, (event) => edit(event) as unknown as RunEvent)).not.toEqual([]);
  });

  it("says of a last turn that nothing runs in it, and that none follows", async () => {
    const said = await change("turn.started", (event) => ({ ...event, final: true }) as RunEvent);
    expect(said).toEqual([
      expect.stringContaining("nothing runs in a last turn"),
      expect.stringContaining("the turn 1 was the last"),
    ]);
  });

  it("finds a completed run with a call left open, and a stream without an end", async () => {
    const events = await sample();
    const automaton = createAutomaton();
    for (const event of events.slice(0, -1)) automaton.see(event);
    expect(automaton.violations()).toEqual([]);
    automaton.end();
    expect(automaton.violations()).toEqual(["the stream ended without a closing event"]);
  });
});
