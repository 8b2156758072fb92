import { AgentError, createAgent, defineTool, type RunEvent } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fakeClock, settle } from "../support/fake-clock.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";
import { until } from "../support/until.ts";

const agentOf = (attempts: readonly ScriptedAttempt[] | ((n: number) => ScriptedAttempt), runtime = {}) =>
  createAgent({ name: "t", model: scriptedModel(attempts), runtime: { random: () => 0, ...runtime } });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("reading a run", () => {
  it("as batches gives the same events as one by one", async () => {
    const script = [{ text: "one two three" }];
    const single = await all(agentOf(script).stream("go"));
    const batched = (await all(agentOf(script).stream("go").batches())).flat();
    expect(batched.map((event) => event.type)).toEqual(single.map((event) => event.type));
  });

  it("as text gives the strings of the answer", async () => {
    expect(
      (
        await all(
          agentOf([{ text: "one two three" }])
            .stream("go")
            .text(),
        )
      ).join("|"),
    ).toBe("one |two |three");
  });

  it("as text rejects at the end when the run did not complete", async () => {
    const text = agentOf([{ text: "no", finishReason: "length" }])
      .stream("go")
      .text();
    await expect(all(text)).rejects.toMatchObject({ code: "output_truncated" });
  });

  it("as text gives nothing twice when an attempt was discarded and the next one begins alike", async () => {
    const run = agentOf([{ text: "one two", cut: true }, { text: "one two three" }]).stream("go");
    expect((await all(run.text())).join("")).toBe("one two three");
  });

  it("as text is an error when text that was handed out was discarded and cannot be taken back, and the run goes on", async () => {
    const run = agentOf([{ text: "one two", cut: true }, { text: "another answer" }]).stream("go");
    await expect(all(run.text())).rejects.toMatchObject({ code: "text_discarded" });
    expect(await run.result()).toMatchObject({ status: "completed", text: "another answer" });
  });

  it("once more through events() gives the whole record, also after the end (row 86)", async () => {
    const run = agentOf([{ text: "one two" }]).stream("go");
    const first = await all(run);
    const again = await all(run.events());
    expect(again).toEqual(run.record);
    expect(again.length).toBeLessThan(first.length);
    expect((await all(run.events({ after: 1 })))[0]).toBe(run.record[2]);
  });

  it("a reader of events() who leaves does not cancel the run (row 86)", async () => {
    const run = agentOf([{ text: "one two" }]).stream("go");
    for await (const _ of run.events()) break;
    expect(await run.result()).toMatchObject({ status: "completed" });
  });

  it("to the end and breaking off at its last event leaves the result as it is", async () => {
    const run = agentOf([{ text: "one" }]).stream("go");
    for await (const event of run) if (event.type === "run.completed") break;
    expect(await run.result()).toMatchObject({ status: "completed" });
  });
});

describe("a reader that lags", () => {
  it("holds the run at the buffer, and result() lets it go on with deltas lost and nothing else (rows 83, 87)", async () => {
    const words = Array.from({ length: 200 }, (_, n) => `w${n} `).join("");
    const run = agentOf([{ text: words }], { buffer: { events: 10, size: 1e6 } }).stream("go");
    await until(() => run.record.length > 1);
    await settle();
    expect(run.record.map((event) => event.type)).toEqual(["run.started", "turn.started"]);
    const result = await run.result();
    expect(result.text).toBe(words);
    const events = await all(run);
    expect(checkEvents(events)).toEqual([]);
    expect(events.filter((event) => event.type === "text.delta").length).toBeLessThan(20);
    expect(events.filter((event) => !("after" in event))).toEqual(run.record);
  });

  it("gets the whole text all the same", async () => {
    const words = Array.from({ length: 50 }, (_, n) => `w${n} `).join("");
    const run = agentOf([{ text: words }], { buffer: { events: 5, size: 1e6 } }).stream("go");
    await run.result();
    expect((await all(run.text())).join("")).toBe(words);
  });

  it("that reads everything holds nothing up", async () => {
    const words = Array.from({ length: 500 }, (_, n) => `w${n} `).join("");
    const events = await all(agentOf([{ text: words }], { buffer: { events: 3, size: 1e6 } }).stream("go"));
    expect(events.filter((event) => event.type === "text.delta")).toHaveLength(500);
  });
});

describe("stopping a run", () => {
  const slow = defineTool({
    name: "slow",
    description: "Ignores its signal.",
    input: z.object({}),
    effect: "read",
    execute: () => new Promise(() => {}),
  });
  const inTool = (): ScriptedAttempt[] => [{ calls: [{ tool: "slow", arguments: "{}" }] }, { text: "never" }];

  it.each([
    ["before it began", 0, [{ text: "hi" }]],
    ["while the model streams", 3, [{ text: "one two three", hang: true }]],
    ["while a tool runs that ignores its signal", 6, inTool()],
  ] as const)("%s ends it with one closing event and starts nothing more", async (_, after, attempts) => {
    const model = scriptedModel(attempts);
    const run = createAgent({ name: "t", model, tools: [slow] }).stream("go");
    const events: RunEvent[] = [];
    let cancelled: Promise<unknown> | undefined;
    if (after === 0) cancelled = run.cancel("enough");
    for await (const event of run) {
      events.push(event);
      if (events.length === after) cancelled = run.cancel("enough");
    }
    expect(checkEvents(events)).toEqual([]);
    expect(await cancelled).toMatchObject({ status: "cancelled", reason: "enough" });
    expect(await run.result()).toBe(await cancelled);
    expect(model.seen.length).toBeLessThan(2);
  });

  it("by leaving the loop cancels it, and the loop's end waits for that (row 84)", async () => {
    const run = agentOf([{ text: "one two three", hang: true }]).stream("go");
    for await (const event of run) if (event.type === "text.delta") break;
    expect(run.record.at(-1)).toMatchObject({ type: "run.cancelled", reason: "the reader left" });
    const failed = run.record.at(-2);
    expect(failed?.type).toBe("turn.failed");
    // At least what was read; what the model says after the stop is nobody's.
    if (failed?.type === "turn.failed") expect(failed.discarded.text).toBeGreaterThanOrEqual("one ".length);
  });

  it("by an error in the loop cancels it, and the error is the reader's own (row 85)", async () => {
    const run = agentOf([{ text: "one", hang: true }]).stream("go");
    const mine = new Error("mine");
    await expect(
      (async () => {
        for await (const event of run) if (event.type === "text.delta") throw mine;
      })(),
    ).rejects.toBe(mine);
    expect(await run.result()).toMatchObject({ status: "cancelled" });
  });

  it("is not what leaving the loop means after detach()", async () => {
    const run = agentOf([{ text: "one two" }]).stream("go");
    run.detach();
    for await (const event of run) if (event.type === "turn.started") break;
    expect(await run.result()).toMatchObject({ status: "completed" });
  });

  it("through a signal gives the signal's reason as the cause (row 88)", async () => {
    const controller = new AbortController();
    const reason = new Error("user left");
    const running = agentOf([{ text: "one", hang: true }]).run("go", { signal: controller.signal });
    await settle();
    controller.abort(reason);
    await expect(running).rejects.toMatchObject({
      code: "run_cancelled",
      cause: reason,
      result: { reason: "user left" },
    });
  });

  it("through a signal that was aborted before asks the model nothing (row 88)", async () => {
    const model = scriptedModel([{ text: "hi" }]);
    const run = createAgent({ name: "t", model }).stream("go", { signal: AbortSignal.abort("early") });
    expect(await run.result()).toMatchObject({ status: "cancelled", reason: "early" });
    expect(model.seen).toHaveLength(0);
  });

  it("a second time, or after its end, changes nothing (row 89)", async () => {
    const run = agentOf([{ text: "one" }]).stream("go");
    const result = await run.result();
    expect(await run.cancel("late")).toBe(result);
    expect(result.status).toBe("completed");
  });

  it("by its time limit ends it limited, with the clock of the run", async () => {
    const clock = fakeClock();
    const run = agentOf([{ text: "one", hang: true }], { clock }).stream("go", { limits: { durationMs: 5000 } });
    const result = run.result();
    await clock.pass(5000);
    expect(await result).toMatchObject({ status: "limited", limit: "durationMs", max: 5000 });
    expect(clock.waiting).toBe(0);
  });

  it("tells the model in a later run that the call was cancelled", async () => {
    const run = createAgent({ name: "t", model: scriptedModel(inTool()), tools: [slow] }).stream("go");
    for await (const event of run) if (event.type === "tool.executing") break;
    const result = await run.result();
    expect(result.toolCalls[0]).toMatchObject({ outcome: "cancelled", begun: true });
    expect(result.messages.at(-1)).toMatchObject({ role: "tool", content: expect.stringContaining("cancelled") });
  });
});

describe("a run nobody looks at", () => {
  it("that fails leaves no unhandled rejection (row 93)", async () => {
    const seen: unknown[] = [];
    const note = (error: unknown): number => seen.push(error);
    process.on("unhandledRejection", note);
    agentOf([{ fail: new AgentError("internal", "boom") }]).stream("go");
    await settle();
    process.off("unhandledRejection", note);
    expect(seen).toEqual([]);
  });
});
