import { createAgent, RunError } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { call, keeper, play } from "../support/play.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";

/** A model that asks for these, one a turn, and then answers. */
const asking = (...inputs: readonly unknown[]): ((n: number) => ScriptedAttempt) => {
  return (n) => (n < inputs.length ? { calls: [call("keep", inputs[n])] } : { text: "done" });
};
const same = (times: number): readonly unknown[] => Array.from({ length: times }, () => ({ q: 1 }));

describe("a model that asks for the same call turn after turn", () => {
  it("is warned of at the third, and stopped at the sixth, which does not run (row 80)", async () => {
    const { tool, given } = keeper();
    const { events, result } = await play(scriptedModel(asking(...same(20))), [tool]);
    expect(events.filter((event) => event.type === "limit.warning")).toMatchObject([
      { limit: "repeatedCall", used: 3, max: 6, tool: "keep", turn: 4 },
    ]);
    expect(result).toMatchObject({ status: "limited", limit: "repeatedCall", used: 6, max: 6, tool: "keep", turns: 6 });
    expect(given).toHaveLength(5);
    expect(result.toolCalls.at(-1)).toMatchObject({ begun: false });
  });

  it("ends in an error that says what to do, and can be gone on with (row 80)", async () => {
    const { tool } = keeper();
    const agent = createAgent({ name: "t", model: scriptedModel(asking(...same(6))), tools: [tool] });
    const error = await agent.run("go").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RunError);
    expect(error).toMatchObject({
      code: "run_limited",
      message: expect.stringContaining("same call of keep 6 turns in a row"),
    });
    const { messages } = (error as RunError).result;
    expect((await agent.run("try something else", { messages })).text).toBe("done");
  });

  it("is known by its call among others, and in whatever white space it is written (row 80)", async () => {
    const { tool } = keeper();
    const model = scriptedModel((n) => ({ calls: [call("keep", { n }), call("keep", `{ "q":${" ".repeat(n)}1}`)] }));
    const { result } = await play(model, [tool]);
    expect(result).toMatchObject({ status: "limited", limit: "repeatedCall", used: 6 });
  });

  it("as a replay of the loop sees it, is the same (row 80)", async () => {
    const { tool, given } = keeper();
    const runtime = { alwaysReplay: true, random: () => 0 };
    const { result } = await play(scriptedModel(asking(...same(20))), [tool], { runtime });
    expect(result).toMatchObject({ status: "limited", limit: "repeatedCall", turns: 6 });
    expect(given).toHaveLength(5);
  });

  it("is let go on where loopDetector is false, and stopped where it says (row 80)", async () => {
    const { tool } = keeper();
    const off = await play(scriptedModel(asking(...same(12))), [tool], { loopDetector: false });
    expect(off.result).toMatchObject({ status: "completed", turns: 13 });
    const strict = await play(scriptedModel(asking(...same(12))), [tool], { loopDetector: { stopAt: 2 } });
    expect(strict.result).toMatchObject({ status: "limited", used: 2, max: 2, turns: 2 });
    expect(strict.events.filter((event) => event.type === "limit.warning")).toMatchObject([{ used: 1, max: 2 }]);
  });
});

describe("a model that does not", () => {
  it.each([
    [
      "asks for something else in between",
      asking({ q: 1 }, { q: 1 }, { q: 2 }, { q: 1 }, { q: 1 }, { q: 2 }, { q: 1 }, { q: 1 }),
    ],
    [
      "asks for the same many times in one turn",
      (n: number): ScriptedAttempt =>
        n < 2 ? { calls: same(20).map((input) => call("keep", input)) } : { text: "done" },
    ],
  ])("because it %s, is left alone (row 80)", async (_, script) => {
    const { tool } = keeper();
    const { events, result } = await play(scriptedModel(script), [tool]);
    expect(result.status).toBe("completed");
    expect(events.map((event) => event.type)).not.toContain("limit.warning");
  });

  it("because a person steered in between, is counted anew (row 80)", async () => {
    const { tool, given } = keeper();
    const run = createAgent({ name: "t", model: scriptedModel(asking(...same(8))), tools: [tool] }).stream("go");
    for await (const event of run) if (event.type === "tool.completed" && event.turn === 3) void run.steer("once more");
    expect(checkEvents(run.record)).toEqual([]);
    expect(given).toHaveLength(8);
    expect(await run.result()).toMatchObject({ status: "completed" });
  });
});

describe("loopDetector", () => {
  it.each([
    [{ stopAt: 1 }, "loopDetector.stopAt"],
    [{ warnAt: 6 }, "warnAt is below stopAt"],
    [{ warnAt: 1.5 }, "loopDetector.warnAt"],
    [{ stop: 3 }, 'no option "stop"'],
    [true, "or false for none"],
  ])("cannot be %j", (loopDetector, message) => {
    const options = { name: "t", model: scriptedModel([]), loopDetector: loopDetector as false };
    expect(() => createAgent(options)).toThrow(message);
  });
});
