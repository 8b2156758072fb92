import { AgentError, createAgent, defineTool, RunError, type RunEvent, type StoredEvent } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { scriptedModel } from "../support/scripted-model.ts";

const echo = defineTool({
  name: "echo",
  description: "Gives back what it is given.",
  input: z.object({ say: z.string() }),
  effect: "read",
  execute: ({ say }) => ({ said: say }),
});

async function collect(run: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  return events;
}

const types = (events: readonly RunEvent[]): string[] => events.map((event) => event.type);

describe("a run", () => {
  it("calls a tool, gives its result to the model, and completes with the answer", async () => {
    const model = scriptedModel([
      { calls: [{ tool: "echo", arguments: '{"say":"hi"}', id: "c1" }] },
      { text: "It said hi.", usage: { inputTokens: 10, outputTokens: 4, totalTokens: 14 }, ticks: 7 },
    ]);
    const run = createAgent({ name: "t", model, tools: [echo] }).stream("say hi");
    const events = await collect(run);
    expect(types(events).filter((type) => !type.endsWith("delta"))).toEqual([
      "run.started",
      "turn.started",
      "tool.started",
      "tool.input",
      "turn.completed",
      "tool.executing",
      "tool.completed",
      "turn.started",
      "turn.completed",
      "run.completed",
    ]);
    const result = await run.result();
    expect(result).toMatchObject({
      status: "completed",
      text: "It said hi.",
      turns: 2,
      usage: { requests: 2, unreported: 1 },
    });
    expect(result.cost).toEqual({ basis: "billed", ticks: 7, unreported: 1 });
    expect(model.seen[1]).toEqual([
      { role: "user", content: "say hi" },
      { role: "assistant", content: "", toolCalls: [{ id: "c1", tool: "echo", arguments: '{"say":"hi"}' }] },
      { role: "tool", callId: "c1", tool: "echo", content: '{"said":"hi"}' },
    ]);
  });

  it("puts results into the conversation in call order, whichever ends first", async () => {
    const wait = defineTool({
      name: "wait",
      description: "Waits.",
      input: z.object({ ms: z.number() }),
      effect: "read",
      execute: async ({ ms }) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return ms;
      },
    });
    const model = scriptedModel([
      {
        calls: [
          { tool: "wait", arguments: '{"ms":30}' },
          { tool: "wait", arguments: '{"ms":1}' },
        ],
      },
      { text: "done" },
    ]);
    const run = createAgent({ name: "t", model, tools: [wait] }).stream("go");
    const events = await collect(run);
    const completed = events.filter((event) => event.type === "tool.completed").map((event) => event.output);
    expect(completed).toEqual([1, 30]);
    expect(model.seen[1]?.slice(-2).map((message) => message.content)).toEqual(["30", "1"]);
  });

  it("gives a server that repeats its call ids in every turn ids of our own", async () => {
    const model = scriptedModel((n) =>
      n < 3 ? { calls: [{ tool: "echo", arguments: '{"say":"x"}', id: "call_0" }] } : { text: "ok" },
    );
    const run = createAgent({ name: "t", model, tools: [echo] }).stream("go");
    await collect(run);
    const { toolCalls } = await run.result();
    expect(new Set(toolCalls.map((entry) => entry.call.id)).size).toBe(3);
    expect(toolCalls.map((entry) => entry.outcome)).toEqual(["ok", "ok", "ok"]);
  });

  it("retries a turn whose stream was cut, voids what it showed and counts what it cost", async () => {
    const model = scriptedModel([
      { text: "Half an", cut: true },
      { text: "Half an answer, whole.", usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } },
    ]);
    const run = createAgent({ name: "t", model, runtime: { random: () => 0 } }).stream("go");
    const events = await collect(run);
    const retrying = events.find((event) => event.type === "turn.retrying");
    expect(retrying).toMatchObject({
      attempt: 1,
      discarded: { text: 7, reasoning: 0 },
      error: { code: "stream_incomplete" },
    });
    expect(await run.result()).toMatchObject({
      status: "completed",
      text: "Half an answer, whole.",
      usage: { requests: 2, unreported: 1 },
    });
  });

  it("fails when every attempt at a turn was cut, and runs no tool of any of them", async () => {
    const model = scriptedModel(() => ({ text: "Half", cut: true }));
    const run = createAgent({ name: "t", model, tools: [echo], runtime: { random: () => 0 } }).stream("go");
    const events = await collect(run);
    expect(types(events)).not.toContain("tool.started");
    expect(await run.result()).toMatchObject({
      status: "failed",
      error: { code: "stream_incomplete", attempts: 3 },
      usage: { requests: 3, unreported: 3 },
    });
  });

  it.each([
    ["length", "output_truncated"],
    ["content_filter", "content_filtered"],
    ["refusal", "refused"],
  ] as const)("a turn that finished by %s is %s, and its calls do not run", async (finishReason, code) => {
    const model = scriptedModel([{ text: "part", calls: [{ tool: "echo", arguments: '{"say":"x"}' }], finishReason }]);
    const run = createAgent({ name: "t", model, tools: [echo] }).stream("go");
    const events = await collect(run);
    expect(types(events)).not.toContain("tool.executing");
    expect(await run.result()).toMatchObject({ status: "failed", text: "part", error: { code } });
  });

  it("an answer with neither text nor calls is a failure at once, not an empty success (row 81)", async () => {
    await expect(createAgent({ name: "t", model: scriptedModel([{}]) }).run("go")).rejects.toMatchObject({
      code: "empty_answer",
    });
  });

  it("a model error ends the run with the error's own code, and the error as cause", async () => {
    const fail = new AgentError("permission_denied", "No credits.");
    const error = await createAgent({ name: "t", model: scriptedModel([{ fail }]) })
      .run("go")
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error).toMatchObject({ code: "permission_denied", cause: fail, result: { status: "failed" } });
  });
});

describe("what the model can mend", () => {
  it.each([
    ["invalid_input", { tool: "echo", arguments: '{"say":1}' }],
    ["invalid_input", { tool: "echo", arguments: "{not json" }],
    ["unknown_tool", { tool: "ecko", arguments: "{}" }],
  ])("becomes a result with outcome %s", async (outcome, call) => {
    const model = scriptedModel([{ calls: [call] }, { text: "sorry" }]);
    const run = createAgent({ name: "t", model, tools: [echo] }).stream("go");
    const events = await collect(run);
    expect(types(events)).not.toContain("tool.executing");
    const result = await run.result();
    expect(result.status).toBe("completed");
    expect(result.toolCalls[0]).toMatchObject({ outcome });
    expect(model.seen[1]?.at(-1)).toMatchObject({ role: "tool", content: expect.stringContaining("echo") });
  });

  it("is allowed in correctionBudget turns in a row, and fails the run in the next (rows 59, 60)", async () => {
    const model = scriptedModel(() => ({ calls: [{ tool: "nothing", arguments: "{}" }] }));
    const run = createAgent({ name: "t", model, tools: [echo] }).stream("go");
    await collect(run);
    expect(await run.result()).toMatchObject({ status: "failed", turns: 3, error: { code: "corrections_exhausted" } });
  });

  it("starts anew after a turn in which all calls went well", async () => {
    const bad = { calls: [{ tool: "nothing", arguments: "{}" }] };
    const good = { calls: [{ tool: "echo", arguments: '{"say":"x"}' }] };
    const model = scriptedModel([bad, bad, good, bad, bad, good, { text: "done" }]);
    expect((await createAgent({ name: "t", model, tools: [echo] }).run("go")).turns).toBe(7);
  });

  it("a handler that throws with onError fail ends the run", async () => {
    const strict = defineTool({
      name: "strict",
      description: "Must work.",
      input: z.object({}),
      onError: "fail",
      execute: () => {
        throw new Error("broken");
      },
    });
    const model = scriptedModel([{ calls: [{ tool: "strict", arguments: "{}" }] }]);
    await expect(createAgent({ name: "t", model, tools: [strict] }).run("go")).rejects.toMatchObject({
      code: "tool_failed",
    });
  });

  it("a tool with endsRun completes the run without another turn", async () => {
    const finish = defineTool({
      name: "finish",
      description: "Ends.",
      input: z.object({ answer: z.string() }),
      endsRun: true,
      execute: ({ answer }) => answer,
    });
    const model = scriptedModel([{ calls: [{ tool: "finish", arguments: '{"answer":"42"}' }] }]);
    expect(await createAgent({ name: "t", model, tools: [finish] }).run("go")).toMatchObject({ text: "42", turns: 1 });
  });
});

describe("limits", () => {
  it("stop the run before the turn that would exceed them, with the work kept and a warning before", async () => {
    const model = scriptedModel((n) => ({ text: "on", calls: [{ tool: "echo", arguments: `{"say":"${n}"}` }] }));
    const run = createAgent({ name: "t", model, tools: [echo], limits: { turns: 5 } }).stream("go");
    const events = await collect(run);
    expect(events.filter((event) => event.type === "limit.warning")).toMatchObject([
      { limit: "turns", used: 4, max: 5 },
    ]);
    const result = await run.result();
    expect(result).toMatchObject({ status: "limited", limit: "turns", used: 5, max: 5 });
    expect(result.toolCalls).toHaveLength(5);
  });

  it("on toolCalls lets only as many begin, and leaves a conversation that can be sent", async () => {
    const call = { tool: "echo", arguments: '{"say":"x"}' };
    const model = scriptedModel([{ calls: [call, call, call] }, { text: "more" }]);
    const agent = createAgent({ name: "t", model, tools: [echo] });
    const run = agent.stream("go", { limits: { toolCalls: 2 } });
    await collect(run);
    const result = await run.result();
    expect(result).toMatchObject({ status: "limited", limit: "toolCalls", used: 2, max: 2 });
    expect(result.toolCalls.map((entry) => entry.outcome)).toEqual(["ok", "ok", undefined]);
    expect(result.messages.filter((message) => message.role === "tool")).toHaveLength(3);
    const next = await agent.run("go on", { messages: result.messages });
    expect(next.text).toBe("more");
  });

  it.each([
    [{ tokens: 10 }, "tokens"],
    [{ costUsd: 1e-9 }, "costUsd"],
  ] as const)("on %o count what the server reported", async (limits, limit) => {
    const usage = { inputTokens: 8, outputTokens: 4, totalTokens: 12 };
    const model = scriptedModel(() => ({ calls: [{ tool: "echo", arguments: '{"say":"x"}' }], usage, ticks: 20 }));
    const run = createAgent({ name: "t", model, tools: [echo], limits }).stream("go");
    await collect(run);
    expect(await run.result()).toMatchObject({ status: "limited", limit, turns: 1 });
  });
});

describe("a limit on what the server does not report", () => {
  it("is said once not to be kept exactly, and once that nothing is reserved for it", async () => {
    const model = scriptedModel((n) =>
      n < 3 ? { calls: [{ tool: "echo", arguments: '{"say":"x"}' }] } : { text: "done" },
    );
    const run = createAgent({ name: "t", model, tools: [echo], limits: { costUsd: 1, tokens: 100 } }).stream("go");
    await collect(run);
    const { warnings, status } = await run.result();
    expect(status).toBe("completed");
    expect(warnings).toMatchObject([
      {
        code: "limit_unenforced",
        message: expect.stringMatching(/^limits.tokens and limits.costUsd cannot be kept before a turn/),
      },
      {
        code: "limit_unenforced",
        message: expect.stringMatching(/^limits.tokens and limits.costUsd cannot be kept exactly/),
      },
    ]);
  });
});

describe("steering and following up", () => {
  it("a steered message is delivered before the next turn, a follow-up when the run would be done", async () => {
    let steered: Promise<unknown> | undefined;
    const poke = defineTool({
      name: "poke",
      description: "Steers.",
      input: z.object({}),
      execute: () => {
        steered = run.steer("look left");
        return "poked";
      },
    });
    const model = scriptedModel([
      { calls: [{ tool: "poke", arguments: "{}" }] },
      { text: "left it is" },
      { text: "and done" },
    ]);
    const run = createAgent({ name: "t", model, tools: [poke] }).stream("go");
    const followed = run.followUp("anything else?");
    const events = await collect(run);
    expect(await steered).toEqual({ status: "delivered", turn: 2 });
    expect(await followed).toEqual({ status: "delivered", turn: 3 });
    expect(events.filter((event) => event.type === "input.injected").map((event) => event.as)).toEqual([
      "steer",
      "follow_up",
    ]);
    expect(model.seen[1]?.at(-1)).toEqual({ role: "user", content: "look left" });
    expect(model.seen[2]?.slice(-2)).toEqual([
      { role: "assistant", content: "left it is" },
      { role: "user", content: "anything else?" },
    ]);
    expect(await run.steer("too late")).toEqual({ status: "ended" });
  });
});

describe("a stored prefix", () => {
  it("of any length leads the always-replayed loop to the same end", async () => {
    const script = [
      {
        calls: [
          { tool: "echo", arguments: '{"say":"a"}' },
          { tool: "echo", arguments: '{"say":"b"}' },
        ],
      },
      { text: "done" },
    ];
    const live = createAgent({ name: "t", model: scriptedModel(script), tools: [echo] }).stream("go");
    const twin = createAgent({
      name: "t",
      model: scriptedModel(script),
      tools: [echo],
      runtime: { alwaysReplay: true },
    }).stream("go");
    await collect(live);
    await collect(twin);
    const essence = (events: readonly StoredEvent[]): string[] =>
      events.map((event) => `${event.type} ${event.step ?? ""}`).sort();
    expect(essence(twin.record)).toEqual(essence(live.record));
  });
});
