import { type AnyTool, createAgent, defineTool, type RunEvent, type StoredEvent } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { systemClock } from "../../src/clock.ts";
import { fakeClock, settle } from "../support/fake-clock.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";

const words = (count: number): string => Array.from({ length: count }, (_, n) => `w${n} `).join("");
const call = (tool: string, input: object = {}): ScriptedAttempt => ({
  calls: [{ tool, arguments: JSON.stringify(input) }],
});
const simple = (name: string, more: object = {}): AnyTool =>
  defineTool({ name, description: "d", input: z.object({}), effect: "read", execute: () => name, ...more });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("a run that waits for somebody who never comes", () => {
  it("is stopped in its instructions", async () => {
    const agent = createAgent({ name: "t", model: scriptedModel([]), instructions: () => new Promise(() => {}) });
    const run = agent.stream("go");
    await settle();
    expect(await run.cancel("enough")).toMatchObject({ status: "cancelled", reason: "enough" });
    expect(checkEvents(run.record)).toEqual([]);
  });

  it("is stopped in a check of arguments", async () => {
    const stuck = defineTool({
      name: "stuck",
      description: "d",
      input: z.object({ a: z.string().refine(() => new Promise<boolean>(() => {})) }),
      execute: () => 1,
    });
    const run = createAgent({ name: "t", model: scriptedModel([call("stuck", { a: "x" })]), tools: [stuck] }).stream(
      "go",
    );
    await settle();
    expect(await run.cancel("enough")).toMatchObject({ status: "cancelled" });
  });

  it("is stopped by its signal though its reader is behind", async () => {
    const controller = new AbortController();
    const model = scriptedModel([{ text: words(200) }]);
    const agent = createAgent({ name: "t", model, runtime: { buffer: { events: 5, size: 1e6 } } });
    const run = agent.stream("go", { signal: controller.signal });
    await settle();
    controller.abort("enough");
    await settle();
    expect(run.record.at(-1)?.type).toBe("run.cancelled");
  });

  it("counts no time in which its reader holds it up, and all other", async () => {
    const clock = fakeClock();
    const model = scriptedModel([{ text: words(200) }, { text: "a", hang: true }]);
    const runtime = { buffer: { events: 5, size: 1e6 }, clock };
    const run = createAgent({ name: "t", model, runtime }).stream("go", { limits: { durationMs: 5000 } });
    void run.followUp("and then?");
    const events = run[Symbol.asyncIterator]();
    await events.next();
    await clock.pass(86_400_000); // the reader went away for a day
    expect(run.record.some((event) => event.type.startsWith("run.") && event.type !== "run.started")).toBe(false);
    const result = run.result(); // lets the run go on alone, into a model that hangs
    await clock.pass(5000);
    expect(await result).toMatchObject({ status: "limited", limit: "durationMs", used: 5000, turns: 2 });
  });

  it("by its time limit says how long it was active, and a limit of a month is not over at once", async () => {
    const clock = fakeClock();
    const agent = createAgent({ name: "t", model: scriptedModel([{ text: "a", hang: true }]), runtime: { clock } });
    const result = agent.stream("go", { limits: { durationMs: 5000 } }).result();
    await clock.pass(5000);
    expect(await result).toMatchObject({ status: "limited", used: 5000, max: 5000 });
    let isOver = false;
    const cancel = systemClock.after(30 * 86_400_000, () => {
      isOver = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    cancel();
    expect(isOver).toBe(false);
  });

  it("gives the reason of the stop as the cause, also where a call waits for its turn", async () => {
    const reason = new Error("mine");
    const controller = new AbortController();
    const slow = simple("slow", { concurrency: "serial", execute: () => new Promise(() => {}) });
    const model = scriptedModel([{ calls: [1, 2].map(() => ({ tool: "slow", arguments: "{}" })) }]);
    const running = createAgent({ name: "t", model, tools: [slow] }).run("go", { signal: controller.signal });
    await settle();
    controller.abort(reason);
    await expect(running).rejects.toMatchObject({ code: "run_cancelled", cause: reason });
  });
});

describe("a store that fails", () => {
  it("ends the run, keeps what is stored whole, and leaves nobody waiting", async () => {
    const stored: StoredEvent[] = [];
    const store = {
      append(_: string, events: readonly StoredEvent[]) {
        if (stored.length > 1) throw new Error("disk full");
        stored.push(...events);
      },
      read: () => Promise.reject(),
      list: () => Promise.reject(),
    };
    let ran = 0;
    const tool = simple("act", { execute: () => ++ran });
    const run = createAgent({
      name: "t",
      model: scriptedModel([call("act"), { text: "x" }]),
      tools: [tool],
      store,
    }).stream("go");
    const told = run.followUp("more");
    const events = await all(run);
    expect(events.at(-1)).toMatchObject({
      type: "run.failed",
      error: { code: "store_failed", message: expect.stringContaining("disk full") },
    });
    expect(await told).toEqual({ status: "ended" });
    expect(ran).toBe(0);
    expect(run.record.slice(0, stored.length)).toEqual(stored);
    // What comes after is in memory alone: the attempt that could not be stored, and the end.
    expect(run.record.slice(stored.length).map((event) => event.type)).toEqual(["turn.failed", "run.failed"]);
  });
});

describe("text", () => {
  it("of a reader who lost deltas in the middle is whole all the same", async () => {
    const run = createAgent({
      name: "t",
      model: scriptedModel([{ text: words(300) }]),
      runtime: { buffer: { events: 4, size: 1e6 } },
    }).stream("go");
    const reading = run.text()[Symbol.asyncIterator]();
    const first = await reading.next();
    await run.result();
    let text = String(first.value);
    for (let read = await reading.next(); read.done !== true; read = await reading.next()) text += read.value;
    expect(text).toBe(words(300));
  });

  it("after a retry costs no more for being long", async () => {
    const long = words(30_000);
    const run = createAgent({
      name: "t",
      model: scriptedModel([{ text: long, cut: true }, { text: long }]),
      runtime: { random: () => 0 },
    }).stream("go");
    expect((await all(run.text())).join("")).toBe(long); // quadratic, this took minutes
  });
});

describe("a check of arguments that breaks", () => {
  it("is told to whoever wrote it, and to the model no more than that its arguments were not accepted", async () => {
    const fragile = defineTool({
      name: "fragile",
      description: "d",
      input: z.object({ a: z.string().refine(() => Promise.reject(new Error("db password hunter2"))) }),
      execute: () => 1,
    });
    const model = scriptedModel([call("fragile", { a: "x" }), { text: "sorry" }]);
    const run = createAgent({ name: "t", model, tools: [fragile] }).stream("go");
    const events = await all(run);
    expect(checkEvents(events)).toEqual([]);
    expect(await run.result()).toMatchObject({
      warnings: [{ code: "check_failed", message: expect.stringContaining("hunter2") }],
    });
    expect(JSON.stringify(model.seen)).not.toContain("hunter2");
  });
});

describe("iterators", () => {
  it.each(["batches", "text"] as const)("of %s() that are left before they were begun cancel the run", async (kind) => {
    const run = createAgent({ name: "t", model: scriptedModel([{ text: "a", hang: true }]) }).stream("go");
    const iterator = run[kind]()[Symbol.asyncIterator]();
    await iterator.return?.();
    expect(await run.result()).toMatchObject({ status: "cancelled" });
  });

  it("asked several times at once give every event once, in order", async () => {
    const run = createAgent({ name: "t", model: scriptedModel([{ text: words(20) }]) }).stream("go");
    const iterator = run[Symbol.asyncIterator]();
    const asked = await Promise.all(Array.from({ length: 40 }, () => iterator.next()));
    const events = asked.flatMap((result): RunEvent[] => (result.done === true ? [] : [result.value]));
    expect(checkEvents(events)).toEqual([]);
    expect(asked.at(-1)?.done).toBe(true);
  });
});

describe("limits.toolCalls", () => {
  const act = simple("act");
  it("lets a run answer that made just as many calls", async () => {
    const agent = createAgent({
      name: "t",
      model: scriptedModel([call("act"), { text: "done" }]),
      tools: [act],
      limits: { toolCalls: 1 },
    });
    expect((await agent.run("go")).text).toBe("done");
  });

  it("holds whatever the finish reason", async () => {
    const calls = Array.from({ length: 5 }, () => ({ tool: "act", arguments: "{}" }));
    const agent = createAgent({
      name: "t",
      model: scriptedModel([{ calls, finishReason: "other" }]),
      tools: [act],
      limits: { toolCalls: 2 },
    });
    expect(await agent.run("go", { reject: false })).toMatchObject({ status: "limited", used: 2, max: 2 });
  });
});

describe("a run whose last answer is there", () => {
  it("completes at its turn limit, and tells who had more to say that it has ended", async () => {
    const run = createAgent({ name: "t", model: scriptedModel([{ text: "done" }]), limits: { turns: 1 } }).stream("go");
    const told = run.followUp("more?");
    expect(await run.result()).toMatchObject({ status: "completed", text: "done" });
    expect(await told).toEqual({ status: "ended" });
  });

  it("for an unknown reason completes, with the reason on record and a warning", async () => {
    const agent = createAgent({ name: "t", model: scriptedModel([{ text: "done", finishReason: "other" }]) });
    expect(await agent.run("go")).toMatchObject({ text: "done", warnings: [{ code: "finish_reason" }] });
  });
});

describe("onError and endsRun", () => {
  const boom = new Error("boom");
  const strict = simple("strict", {
    onError: "fail",
    execute: () => {
      throw boom;
    },
  });
  const finish = simple("finish", { endsRun: true });

  it("a handler's own error is the cause of the run's", async () => {
    const agent = createAgent({ name: "t", model: scriptedModel([call("strict")]), tools: [strict] });
    await expect(agent.run("go")).rejects.toMatchObject({ code: "tool_failed", cause: boom });
  });

  it("a failure counts though another call of the turn ends the run", async () => {
    const both = {
      calls: [
        { tool: "finish", arguments: "{}" },
        { tool: "strict", arguments: "{}" },
      ],
    };
    const agent = createAgent({ name: "t", model: scriptedModel([both]), tools: [strict, finish] });
    await expect(agent.run("go")).rejects.toMatchObject({ code: "tool_failed" });
  });

  it("arguments that do not fit are the model's to mend", async () => {
    const picky = defineTool({
      name: "picky",
      description: "d",
      input: z.object({ n: z.number() }),
      onError: "fail",
      execute: () => 1,
    });
    const agent = createAgent({
      name: "t",
      model: scriptedModel([call("picky", { n: "x" }), { text: "sorry" }]),
      tools: [picky],
    });
    expect((await agent.run("go")).text).toBe("sorry");
  });

  it("the result of the call that ends the run is the answer, not what was said beside it", async () => {
    const agent = createAgent({
      name: "t",
      model: scriptedModel([{ text: "Let me finish.", ...call("finish") }]),
      tools: [finish],
    });
    expect((await agent.run("go")).text).toBe("finish");
  });

  it("only a call that went well ends the run", async () => {
    const bad = simple("bad", { endsRun: true, execute: () => Promise.reject(new Error("no")) });
    const agent = createAgent({ name: "t", model: scriptedModel([call("bad"), { text: "went on" }]), tools: [bad] });
    expect((await agent.run("go")).text).toBe("went on");
  });
});

describe("what the agent applies", () => {
  const track = (): { most: number; tool: (name: string, more?: object) => AnyTool } => {
    const state = { now: 0, most: 0 };
    return {
      get most() {
        return state.most;
      },
      tool: (name, more = {}) =>
        simple(name, {
          async execute() {
            state.most = Math.max(state.most, ++state.now);
            await new Promise((resolve) => setTimeout(resolve, 5));
            state.now -= 1;
          },
          ...more,
        }),
    };
  };
  const many = (tool: string, count: number): ScriptedAttempt => ({
    calls: Array.from({ length: count }, () => ({ tool, arguments: "{}" })),
  });

  it.each([
    ["eight calls at a time", {}, {}, 8],
    ["toolConcurrency", {}, { toolConcurrency: 3 }, 3],
    ["serial tools one by one", { concurrency: "serial" }, {}, 1],
    ["tools of one key one by one", { concurrency: { key: "k" } }, {}, 1],
  ])("%s", async (_, more, options, most) => {
    const tracked = track();
    const agent = createAgent({
      name: "t",
      model: scriptedModel([many("act", 20), { text: "done" }]),
      tools: [tracked.tool("act", more)],
      ...options,
    });
    await agent.run("go");
    expect(tracked.most).toBe(most);
  });

  it("a handler may run the agent it belongs to", async () => {
    const model = scriptedModel((n) => (n < 3 ? call("again") : { text: "deep" }));
    const again: AnyTool = simple("again", { execute: async () => (await agent.run("again")).text });
    const agent = createAgent({ name: "t", model, tools: [again], toolConcurrency: 1 });
    expect((await agent.run("go", { limits: { turns: 4 } })).status).toBe("completed");
  });

  it("progress reaches readers, and is dropped where they do not read", async () => {
    const chatty = defineTool({
      name: "chatty",
      description: "d",
      input: z.object({}),
      execute: (_, { progress }) => {
        for (let n = 0; n < 5000; n += 1) progress({ n });
        return "ok";
      },
    });
    const run = createAgent({
      name: "t",
      model: scriptedModel([call("chatty"), { text: "done" }]),
      tools: [chatty],
    }).stream("go");
    await settle();
    run.result();
    const progress = (await all(run)).filter((event) => event.type === "tool.progress");
    expect(progress[0]).toMatchObject({ data: { n: 0 }, call: { tool: "chatty" } });
    expect(progress.length).toBeLessThanOrEqual(1024);
  });

  it("32 turns unless told otherwise, also where a limit is undefined (row 79)", async () => {
    const agent = createAgent({
      name: "t",
      model: scriptedModel(() => call("act")),
      tools: [simple("act")],
      loopDetector: false,
    });
    const options = { limits: { turns: undefined } as object, reject: false as const };
    expect(await agent.run("go", options)).toMatchObject({ status: "limited", limit: "turns", used: 32 });
  });

  it("its retry policy, and refuses one that cannot be", async () => {
    const model = scriptedModel(() => ({ text: "half", cut: true }));
    const agent = createAgent({ name: "t", model, retry: { attempts: 1 } });
    expect(await agent.run("go", { reject: false })).toMatchObject({ status: "failed", usage: { requests: 1 } });
    expect(() => createAgent({ name: "t", model, retry: { attempt: 5 } as object })).toThrow("attempts");
    expect(() => createAgent({ name: "t", model, retry: { attempts: Number.NaN } })).toThrow("attempts");
  });

  it("one request id for all attempts at a turn, another for the next", async () => {
    const model = scriptedModel([{ text: "h", cut: true }, call("act"), { text: "done" }]);
    await createAgent({ name: "t", model, tools: [simple("act")], runtime: { random: () => 0 } }).run("go");
    const [first, again, next] = model.requests.map((request) => request.requestId);
    expect(first).toBe(again);
    expect(next).not.toBe(first);
  });

  it("the run's id as its conversation, unless one is given", async () => {
    const model = scriptedModel([{ text: "a" }, { text: "b" }]);
    const agent = createAgent({ name: "t", model });
    const { runId } = await agent.run("go");
    await agent.run("go", { conversation: "c" });
    expect(model.requests.map((request) => request.conversation)).toEqual([runId, "c"]);
  });

  it("checks arguments once, and hands the handler a copy of its own", async () => {
    let checks = 0;
    const tool = defineTool({
      name: "change",
      description: "d",
      input: { type: "object", properties: { list: { type: "array", items: { type: "number" } } } },
      execute: (input) => {
        (input as { list: number[] }).list.push(9);
        return "changed";
      },
    });
    const check = (input: unknown): ReturnType<typeof tool.check> => {
      checks += 1;
      return tool.check(input);
    };
    const counted = { ...tool, check };
    const run = createAgent({
      name: "t",
      model: scriptedModel([call("change", { list: [1] }), { text: "x" }]),
      tools: [counted],
    }).stream("go");
    const result = await run.result();
    expect(result.toolCalls[0]?.input).toEqual({ list: [1] });
    expect(checks).toBe(1);
  });

  it("when the first text came, and lets go of the caller's signal", async () => {
    const controller = new AbortController();
    const listeners = new Set<unknown>();
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = ((type: string, listener: () => void, options?: object) => {
      listeners.add(listener);
      add(type as "abort", listener, options);
    }) as typeof signal.addEventListener;
    const remove = signal.removeEventListener.bind(signal);
    signal.removeEventListener = ((type: string, listener: () => void) => {
      listeners.delete(listener);
      remove(type as "abort", listener);
    }) as typeof signal.removeEventListener;
    const run = createAgent({ name: "t", model: scriptedModel([{ text: "a" }]) }).stream("go", { signal });
    await run.result();
    expect(listeners.size).toBe(0);
    const turn = run.record.find((event) => event.type === "turn.completed");
    expect(turn).toMatchObject({ timing: { firstDeltaMs: expect.any(Number), totalMs: expect.any(Number) } });
  });
});
