// Rows 68 to 72 and 77 to 82 of the fault matrix: what handlers do, and runs that get nowhere. Through `agent.run`.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { AgentError, type AnyTool, createAgent, defineTool, type StoredEvent, type ToolContext } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fakeClock, settle } from "../support/fake-clock.ts";
import { call, keeper, play, told } from "../support/play.ts";
import { scriptedModel } from "../support/scripted-model.ts";

describe("a handler", () => {
  const tool = (execute: (input: Record<string, never>, tool: ToolContext) => unknown, more: object = {}): AnyTool =>
    defineTool({ name: "act", description: "d", input: z.object({}), execute, ...more });

  it.each([
    ["an error", new Error("postgres://user:s3cret@db")],
    ["an error with a secret cause", new TypeError("x", { cause: new Error("s3cret") })],
    ["null", null],
    ["undefined", undefined],
    ["a string", "s3cret"],
    ["a frozen error", Object.freeze(new Error("s3cret"))],
  ])(
    "that throws %s becomes a result that tells the model no secret, and the run goes on (rows 68, 69, 70)",
    async (_, thrown) => {
      const model = scriptedModel([{ calls: [call("act")] }, { text: "sorry" }]);
      const played = await play(model, [
        tool(() => {
          throw thrown;
        }),
      ]);
      expect(played.result).toMatchObject({
        status: "completed",
        toolCalls: [{ outcome: "error", error: { code: "tool_failed" } }],
      });
      expect(JSON.stringify(model.seen)).not.toContain("s3cret");
    },
  );

  it("that never ends is a timeout after 60 s, of unknown effect where it writes, and the run goes on (row 71)", async () => {
    const clock = fakeClock();
    let stopped: unknown;
    const stuck = tool(
      (_, { signal }) => {
        signal.addEventListener("abort", () => (stopped = signal.reason));
        return new Promise(() => {});
      },
      { effect: "write" },
    );
    const model = scriptedModel([{ calls: [call("act")] }, { text: "sorry" }]);
    const playing = play(model, [stuck], { runtime: { clock, random: () => 0 } });
    await clock.pass(60_000);
    const { result } = await playing;
    expect(result).toMatchObject({ status: "completed", toolCalls: [{ outcome: "timeout", effect: "write" }] });
    expect(told(model)).toEqual([expect.stringContaining("may or may not have had its effect")]);
    expect(stopped).toMatchObject({ name: "TimeoutError" });
  });

  it("that ignores its signal holds no run; what it comes to later is evidence behind the end, and nothing else (row 72)", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const deaf = tool(() => promise, { effect: "write" });
    const run = createAgent({ name: "t", model: scriptedModel([{ calls: [call("act")] }]), tools: [deaf] }).stream(
      "go",
    );
    await settle();
    const result = await run.cancel("enough");
    const before = structuredClone(result);
    expect(run.record.slice(-2).map((event) => event.type)).toEqual(["tool.completed", "run.cancelled"]);
    resolve({ booked: 7 });
    await settle();
    expect(run.record.at(-1)).toMatchObject({
      type: "tool.late",
      outcome: "ok",
      output: { booked: 7 },
      step: "tool:1.1",
    });
    expect(checkEvents(run.record)).toEqual([]);
    expect(result).toEqual(before);
    expect(result.toolCalls).toMatchObject([{ outcome: "cancelled" }]);
    const seen: string[] = [];
    for await (const event of run.events()) seen.push(event.type);
    expect(seen.at(-1)).toBe("tool.late");
  });

  it("that is said to be late before its call has ended, or twice, breaks a rule of every run (row 72)", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const model = scriptedModel([{ calls: [call("act")] }]);
    const run = createAgent({ name: "t", model, tools: [tool(() => promise)] }).stream("go");
    await settle();
    await run.cancel();
    resolve(1);
    await settle();
    const [late] = run.record.slice(-1);
    const before = run.record.slice(0, -1);
    const numbered = (events: readonly (StoredEvent | undefined)[]): StoredEvent[] =>
      events.flatMap((event, seq) => (event === undefined ? [] : [{ ...event, seq }]));
    expect(checkEvents(numbered([...before, late, late]))).toEqual([expect.stringContaining("ended late already")]);
    expect(checkEvents(numbered([...before.slice(0, -2), late, ...before.slice(-2)]))).toEqual([
      expect.stringContaining("it follows the end of its call"),
    ]);
  });

  it("that fails after its time was up leaves the whole error as evidence, while the run goes on (row 72)", async () => {
    const clock = fakeClock();
    const { promise, reject } = Promise.withResolvers<unknown>();
    const model = scriptedModel((n) => (n === 0 ? { calls: [call("act")] } : { text: "done", hang: n === 1 }));
    const agent = createAgent({ name: "t", model, tools: [tool(() => promise)], runtime: { clock } });
    const run = agent.stream("go");
    const ended = run.result();
    await clock.pass(60_000);
    reject(new Error("too late"));
    await settle();
    const late = run.record.find((event) => event.type === "tool.late");
    expect(late).toMatchObject({ outcome: "error", error: { message: "Error: too late" }, durationMs: 60_000 });
    expect(late).not.toHaveProperty("content");
    await run.cancel();
    expect((await ended).toolCalls).toMatchObject([{ outcome: "timeout" }]);
    expect(checkEvents(run.record)).toEqual([]);
  });

  it.each([
    ["throws the reason", (signal: AbortSignal) => signal.throwIfAborted()],
    [
      "throws an error because of it",
      (signal: AbortSignal) => {
        throw new Error("fetch failed", { cause: signal.reason });
      },
    ],
  ])("that stops when it is told to, and %s, is not late (row 72)", async (_, stop) => {
    const obedient = tool(async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      stop(signal);
    });
    const agent = createAgent({ name: "t", model: scriptedModel([{ calls: [call("act")] }]), tools: [obedient] });
    const run = agent.stream("go");
    await settle();
    await run.cancel(new Error("enough"));
    await settle();
    expect(run.record.map((event) => event.type)).not.toContain("tool.late");
  });

  it("whose late result cannot be stored any more breaks nothing (row 72)", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    let isFull = false;
    const store = {
      append() {
        if (isFull) throw new Error("disk full");
      },
      read: () => Promise.reject(),
      list: () => Promise.reject(),
    };
    const model = scriptedModel([{ calls: [call("act")] }]);
    const run = createAgent({ name: "t", model, tools: [tool(() => promise)], store }).stream("go");
    await settle();
    await run.cancel();
    isFull = true;
    resolve(1);
    await settle(); // an unhandled rejection would fail the test
    expect(run.record.at(-1)?.type).toBe("run.cancelled");
  });

  it("that changes its input changes neither the record nor what the schema gives the next call (row 77)", async () => {
    const input = z.object({
      list: z.array(z.number()),
      tags: z.object({ all: z.array(z.string()) }).default({ all: [] }),
    });
    const given: unknown[] = [];
    const greedy = defineTool({
      name: "greedy",
      description: "d",
      input,
      execute(asked) {
        given.push(structuredClone(asked));
        asked.list.push(99);
        asked.tags.all.push("mine");
        (asked as { list: unknown }).list = "gone";
      },
    });
    const calls = [call("greedy", { list: [1] }), call("greedy", { list: [2] })];
    const { result } = await play(scriptedModel([{ calls }, { text: "done" }]), [greedy]);
    expect(given).toEqual([
      { list: [1], tags: { all: [] } },
      { list: [2], tags: { all: [] } },
    ]);
    expect(result.toolCalls.map((entry) => entry.input)).toEqual([{ list: [1] }, { list: [2] }]);
  });

  it("that changes the history it was started with changes nothing of the run (row 77)", async () => {
    const history = [
      { role: "user" as const, content: [{ type: "text" as const, text: "before" }] },
      { role: "assistant" as const, content: "yes" },
    ];
    const vandal = tool(() => {
      for (const message of history) message.content = "stolen";
      history.push({ role: "assistant", content: "more" });
    });
    const model = scriptedModel([{ calls: [call("act")] }, { text: "done" }]);
    const result = await createAgent({ name: "t", model, tools: [vandal] }).run("go", { messages: history });
    expect(model.seen[1]?.slice(0, 3)).toEqual([
      { role: "user", content: [{ type: "text", text: "before" }] },
      { role: "assistant", content: "yes" },
      { role: "user", content: "go" },
    ]);
    expect(JSON.stringify(result.messages)).not.toContain("stolen");
  });

  it("that throws in a tick of its own ends the process as it would without us: nothing is swallowed (row 78)", () => {
    const program = `
      import { createAgent, defineTool } from "fairwitness";
      const act = defineTool({ name: "act", description: "d", input: { type: "object", properties: {} },
        execute: () => { setTimeout(() => { throw new Error("in a tick of its own"); }); return new Promise(() => {}); } });
      const turn = { message: { role: "assistant", content: "", toolCalls: [{ id: "c", tool: "act", arguments: "{}" }] },
        finishReason: "tool_calls", cost: { basis: "unknown" } };
      const model = { id: "m", api: "chat", async *stream() { yield [{ type: "turn", turn }]; } };
      await createAgent({ name: "t", model, tools: [act] }).run("go");
      console.log("went on");`;
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const flags = ["--conditions=fairwitness-dev", "--no-warnings", "--input-type=module", "-e", program];
    const { status, stderr, stdout } = spawnSync(process.execPath, flags, { cwd: root, encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("in a tick of its own");
  });
});

describe("a run that gets nowhere", () => {
  it("stops at its turns, with the work kept, and can be gone on with (row 79)", async () => {
    const { tool } = keeper();
    const model = scriptedModel((n) => (n < 32 ? { calls: [call("keep", { n })] } : { text: "done" }));
    const { result } = await play(model, [tool]);
    expect(result).toMatchObject({ status: "limited", limit: "turns", used: 32, max: 32 });
    const next = await createAgent({ name: "t", model, tools: [tool] }).run("go on", { messages: result.messages });
    expect(next.text).toBe("done");
  });

  it("is an empty answer, told at once and not asked again, and its conversation can be gone on with (row 81)", async () => {
    const model = scriptedModel([{ calls: [call("keep")] }, { text: "" }, { text: "now I say it" }]);
    const { tool } = keeper();
    const { result } = await play(model, [tool]);
    expect(result).toMatchObject({
      status: "failed",
      error: { code: "empty_answer" },
      turns: 2,
      usage: { requests: 2 },
    });
    const next = await createAgent({ name: "t", model, tools: [tool] }).run("so?", { messages: result.messages });
    expect(next.text).toBe("now I say it");
  });
});

describe("a handler that runs agents", () => {
  it("stands at most four deep: the run that would be the fifth is a typed error that the model is told (row 82)", async () => {
    let runs = 0;
    const model = scriptedModel(() => {
      runs += 1;
      return { calls: [call("again")] };
    });
    const again: AnyTool = defineTool({
      name: "again",
      description: "d",
      input: z.object({}),
      onError: "fail",
      execute: async (): Promise<unknown> => (await agent.run("again")).text,
    });
    const agent = createAgent({ name: "deep", model, tools: [again] });
    const result = await agent.run("go", { reject: false });
    expect(runs).toBe(4);
    expect(result).toMatchObject({ status: "failed", error: { code: "tool_failed" } });
    const [first] = result.toolCalls;
    expect(first?.error?.message).toContain("maxDepth allows 4 runs");
  });

  it("may go as deep as maxDepth says, side by side as often as it likes, and out of what it left behind for ever (row 82)", async () => {
    const leaf = createAgent({ name: "leaf", model: scriptedModel(() => ({ text: "leaf" })), maxDepth: 2 });
    const errors: unknown[] = [];
    const later: Promise<unknown>[] = [];
    let links = 0;
    const chain = async (): Promise<void> => {
      links += 1;
      await new Promise((resolve) => setTimeout(resolve, 1)); // by now the handler that began it has ended
      if (links < 12) await outer.run("link").catch((error: unknown) => errors.push(error));
    };
    const many = defineTool({
      name: "many",
      description: "d",
      input: z.object({}),
      async execute() {
        later.push(chain());
        return (await Promise.all([1, 2, 3].map(() => leaf.run("x")))).map(({ text }) => text);
      },
    });
    const model = scriptedModel((n) => (n % 2 === 0 ? { calls: [call("many")] } : { text: "done" }));
    const outer = createAgent({ name: "outer", model, tools: [many] });
    const { toolCalls } = await outer.run("go");
    expect(toolCalls).toMatchObject([{ outcome: "ok", output: ["leaf", "leaf", "leaf"] }]);
    for (let done = 0; done < later.length; done += 1) await later[done];
    expect({ links, errors }).toEqual({ links: 12, errors: [] });
  });

  it("is refused by an agent that allows no depth, and that is an AgentError (row 82)", async () => {
    let thrown: unknown;
    const shy = createAgent({ name: "shy", model: scriptedModel(() => ({ text: "x" })), maxDepth: 1 });
    const asks = defineTool({
      name: "asks",
      description: "d",
      input: z.object({}),
      async execute() {
        await shy.run("x").catch((error: unknown) => {
          thrown = error;
        });
      },
    });
    await play(scriptedModel([{ calls: [call("asks")] }, { text: "done" }]), [asks]);
    expect(thrown).toBeInstanceOf(AgentError);
    expect(thrown).toMatchObject({ code: "run_limited", retryable: false });
    expect((await shy.run("x")).text).toBe("x");
  });
});
