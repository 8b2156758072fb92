import { createAgent, defineTool } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, play } from "../support/play.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";

/** A tool that answers any question with one of a few texts. */
const search = (answers: readonly string[], more: object = {}) =>
  defineTool({
    name: "search",
    description: "d",
    input: z.object({ n: z.number() }),
    effect: "read",
    execute: ({ n }) => answers[n] ?? answers.at(-1) ?? "",
    ...more,
  });
/** A model that asks another question in each of so many turns, and then answers. */
const asking = (turns: number) =>
  scriptedModel((n) => (n < turns ? { calls: [call("search", { n })] } : { text: "done" }));
const warned = (events: readonly { type: string }[]) => events.filter(({ type }) => type === "limit.warning");

describe("calls that differ and tell nothing new turn after turn", () => {
  it("are warned of at the third of them, and let go on (row 80)", async () => {
    const { events, result } = await play(asking(9), [search(["nothing"])]);
    expect(result).toMatchObject({ status: "completed", turns: 10 });
    expect(warned(events)).toMatchObject([{ limit: "noProgress", used: 3, max: 6, tool: "search", turn: 5 }]);
  });

  it("end the run at the sixth of them where that is asked for (row 80)", async () => {
    const detector = { loopDetector: { noProgress: "stop" as const } };
    const { events, result } = await play(asking(20), [search(["nothing"])], detector);
    expect(result).toMatchObject({ status: "limited", limit: "noProgress", used: 6, max: 6, tool: "search", turns: 7 });
    expect(warned(events)).toHaveLength(1);
    const twin = await play(asking(20), [search(["nothing"])], {
      ...detector,
      runtime: { alwaysReplay: true, random: () => 0 },
    });
    expect(twin.result).toMatchObject({ status: "limited", limit: "noProgress", turns: 7 });
  });

  it("end in an error that says what to do (row 80)", async () => {
    const agent = createAgent({
      name: "t",
      model: asking(20),
      tools: [search(["nothing"])],
      loopDetector: { noProgress: "stop", stopAt: 4 },
    });
    await expect(agent.run("go")).rejects.toMatchObject({
      code: "run_limited",
      message: expect.stringContaining("the calls of 4 turns in a row told nothing new, of search at last"),
    });
  });

  it("are also two calls that take turns (row 80)", async () => {
    const model = scriptedModel((n) => ({ calls: [call("search", { n: n % 2 })] }));
    const { result } = await play(model, [search(["a", "b"])], { loopDetector: { noProgress: "stop" } });
    expect(result).toMatchObject({ status: "limited", limit: "noProgress", used: 6, turns: 8 });
  });

  it("are still the same call where they are, whatever was before (row 80)", async () => {
    const model = scriptedModel((n) => ({ calls: [call("search", { n: n < 4 ? n : 9 })] }));
    const { result } = await play(model, [search(["nothing"])]);
    expect(result).toMatchObject({ status: "limited", limit: "repeatedCall", used: 6, turns: 10 });
  });

  it.each<[string, Parameters<typeof play>[1][number], (n: number) => ScriptedAttempt]>([
    [
      "tell something new now and then",
      search(["a", "a", "b", "b", "c", "c", "d", "d"]),
      (n) => ({ calls: [call("search", { n })] }),
    ],
    [
      "change the world, whatever they answer",
      search(["ok"], { effect: "write" }),
      (n) => ({ calls: [call("search", { n })] }),
    ],
    ["may change the world", search(["ok"], { effect: undefined }), (n) => ({ calls: [call("search", { n })] })],
    [
      "show more than text",
      search(["ok"], { toModel: () => [{ type: "text", text: "ok" }] }),
      (n) => ({ calls: [call("search", { n })] }),
    ],
  ])("are not those that %s (row 80)", async (_, tool, script) => {
    const model = scriptedModel((n) => (n < 8 ? script(n) : { text: "done" }));
    const { events, result } = await play(model, [tool], { loopDetector: { noProgress: "stop" } });
    expect(result.status).toBe("completed");
    expect(warned(events)).toEqual([]);
  });

  it("are counted anew once a person has steered, and not at all where nobody asks for it (row 80)", async () => {
    const agent = createAgent({
      name: "t",
      model: asking(8),
      tools: [search(["nothing"])],
      loopDetector: { noProgress: "stop" },
    });
    const run = agent.stream("go");
    for await (const event of run) if (event.type === "tool.completed" && event.turn === 5) void run.steer("go on");
    expect(checkEvents(run.record)).toEqual([]);
    expect(await run.result()).toMatchObject({ status: "completed", turns: 9 });
    for (const loopDetector of [false, { noProgress: "ignore" }] as const) {
      const { events } = await play(asking(9), [search(["nothing"])], { loopDetector });
      expect(warned(events)).toEqual([]);
    }
  });
});

describe('an empty reply, with emptyReply: "ask",', () => {
  const ask = { loopDetector: { emptyReply: "ask" as const } };

  it("is asked about once, and what comes then is the answer (row 81)", async () => {
    const model = scriptedModel([{}, { text: "Here." }]);
    const { events, result } = await play(model, [], ask);
    expect(result).toMatchObject({ status: "completed", text: "Here.", turns: 2 });
    expect(events.filter(({ type }) => type === "input.injected")).toMatchObject([
      { as: "correction", turn: 2, message: { content: expect.stringContaining("Your last reply was empty") } },
    ]);
  });

  it("is a failure the second time in a row, and where the budget is used up (row 81)", async () => {
    const twice = scriptedModel(() => ({ reasoning: "hm" }));
    const { result } = await play(twice, [], ask);
    expect(result).toMatchObject({ status: "failed", error: { code: "empty_answer" }, turns: 2 });
    const none = await play(
      scriptedModel(() => ({})),
      [],
      { ...ask, correctionBudget: 0 },
    );
    expect(none.result).toMatchObject({ status: "failed", error: { code: "empty_answer" }, turns: 1 });
    const unknown = await play(scriptedModel([{ finishReason: "other" }, { text: "x" }]), [], ask);
    expect(unknown.result).toMatchObject({ status: "completed", turns: 2 });
  });

  it("may come again later, within the budget of corrections in a row (row 81)", async () => {
    const model = scriptedModel([{}, { calls: [call("search", { n: 0 })] }, {}, { text: "x" }]);
    const { result } = await play(model, [search(["a"])], ask);
    expect(result).toMatchObject({ status: "completed", turns: 4 });
  });

  it("comes to the same as a replay of the loop sees it (row 81)", async () => {
    const model = scriptedModel([{}, { text: "Here." }]);
    const { result } = await play(model, [], { ...ask, runtime: { alwaysReplay: true, random: () => 0 } });
    expect(result).toMatchObject({ status: "completed", text: "Here.", turns: 2 });
  });
});

describe("loopDetector", () => {
  it.each<[object, string]>([
    [{ noProgress: "end" }, 'noProgress is "end". Write "warn" or "stop" or "ignore"'],
    [{ emptyReply: true }, "emptyReply is true"],
    [{ callShapedText: "run" }, "callShapedText"],
    [{ emptyreply: "ask" }, 'no option "emptyreply"'],
  ])("cannot be %j", (loopDetector, message) => {
    const options = { name: "t", model: scriptedModel([]), loopDetector: loopDetector as { stopAt?: number } };
    expect(() => createAgent(options)).toThrow(message);
  });
});
