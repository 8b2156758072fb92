import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createAgent,
  createClient,
  defineTool,
  diffRuns,
  openApprovals,
  type RunEvent,
  remoteMcp,
  webSearch,
} from "fairwitness";
import { createFileStore, createMemoryStore } from "fairwitness/store";
import { checkEvents, expectRun, startScript } from "fairwitness/testing";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { call } from "../support/play.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";

const folder = mkdtempSync(join(tmpdir(), "fairwitness-replay-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A tool whose every call gives out another number. */
function counter(more: object = {}) {
  const given: unknown[] = [];
  const tool = defineTool({
    name: "count",
    description: "Counts.",
    input: z.looseObject({}),
    effect: "write",
    execute: (input) => given.push(input),
    ...more,
  });
  return { tool, given };
}

const SCRIPT: readonly ScriptedAttempt[] = [
  { calls: [call("count", { a: 1, b: { c: 2, d: 3 } }), call("count", { a: 2 })] },
  { calls: [call("count", { a: 2 })] },
  { text: "Counted." },
];

/** A run on record, and an agent of another process over its store. */
async function recorded(script = SCRIPT, more: object = {}, options: object = {}) {
  const store = createMemoryStore();
  const { tool, given } = counter(more);
  const agentOf = (attempts: readonly ScriptedAttempt[], changes: object = {}) =>
    createAgent({ name: "desk", model: scriptedModel(attempts), tools: [tool], store, ...changes });
  const agent = agentOf(script);
  const run = agent.stream("go", options);
  await run.result();
  const before = given.length;
  return { store, agentOf, runId: run.id, ran: () => given.length - before };
}

const outputsOf = (record: readonly RunEvent[]): unknown[] =>
  record.flatMap((event) => (event.type === "tool.completed" ? [event.output ?? event.error?.code] : []));

describe("a recorded run that is replayed", () => {
  it("is a run of its own in which no tool runs, each call takes its recorded result, and all rules are kept", async () => {
    const { agentOf, runId, ran, store } = await recorded();
    const run = await agentOf(SCRIPT).replay(runId, { tools: "recorded" });
    const events: RunEvent[] = [];
    for await (const event of run) events.push(event);
    expect(checkEvents(events)).toEqual([]);
    expectRun(run).completed().answered("Counted.").calledTimes("count", 3);
    expect(outputsOf(run.record)).toEqual([1, 2, 3]);
    expect(ran()).toBe(0);
    expect(run.id).not.toBe(runId);
    expect(run.record[0]).toMatchObject({ type: "run.started", replays: runId, conversation: run.id });
    expect(run.record.some(({ type }) => type === "tool.executing")).toBe(false);
    expect((await store.read(run.id)).events).toEqual(run.record);
  });

  it("does nothing differently when the model says the same, whatever its tools had come to", async () => {
    const deeds = fc.constantFrom("ok", "throw", "bad");
    const turns = fc.array(fc.array(deeds, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(turns, async (rounds) => {
        const asks = rounds.map((round) => ({
          calls: round.map((deed) => call(deed === "bad" ? "none" : "count", { deed })),
        }));
        const script = [...asks, { text: "done" }];
        let ran = 0;
        const execute = ({ deed }: { deed?: unknown }): number => {
          ran += 1;
          if (deed === "throw") throw new Error(`number ${ran}`);
          return ran;
        };
        const { agentOf, runId, store } = await recorded(script, { execute });
        const before = ran;
        const run = await agentOf(script).replay(runId, { tools: "recorded" });
        await run.result();
        expect(diffRuns((await store.read(runId)).events, run.record)).toEqual([]);
        expect(checkEvents(run.record)).toEqual([]);
        expect(ran).toBe(before);
      }),
      { numRuns: 40 },
    );
  });

  it("matches calls by tool and arguments, whatever the order of the keys, in order of occurrence, and repeats the last", async () => {
    const { agentOf, runId, ran } = await recorded();
    const asks = [
      { calls: [call("count", '{ "b": {"d": 3.0, "c": 2}, "a": 1 }'), call("count", { a: 1, b: { c: 2, d: 3 } })] },
      { calls: [call("count", { a: 2 }), call("count", { a: 2 }), call("count", { a: 2 })] },
      { text: "done" },
    ];
    const run = await agentOf(asks).replay(runId, { tools: "recorded" });
    await run.result();
    expect(outputsOf(run.record)).toEqual([1, 1, 2, 3, 3]);
    expect(ran()).toBe(0);
  });

  it("tells the model of a call that was not recorded, and says so on the record", async () => {
    const { agentOf, runId, ran } = await recorded();
    const model = scriptedModel([{ calls: [call("count", { a: 9 })] }, { text: "done without" }]);
    const run = await agentOf([], { model }).replay(runId, { tools: "recorded" });
    expect(await run.result()).toMatchObject({
      status: "completed",
      toolCalls: [{ outcome: "error", error: { code: "not_recorded" } }],
    });
    expect(JSON.stringify(model.seen[1])).toContain("has no result of a call with these arguments");
    expect(ran()).toBe(0);
  });

  it("gives failures and denials as they were, and asks nobody", async () => {
    const asks = [{ calls: [call("count", { a: 1 }), call("fails", {})] }, { text: "ok" }];
    const fails = defineTool({
      name: "fails",
      description: "d",
      input: z.looseObject({}),
      execute: () => {
        throw new Error("secret");
      },
    });
    const { tool, given } = counter({ approval: true });
    const store = createMemoryStore();
    const agentOf = (script: readonly ScriptedAttempt[]) =>
      createAgent({ name: "d", model: scriptedModel(script), tools: [tool, fails], store });
    const { runId } = await agentOf(asks).run("go", { reject: false });
    const [open] = await openApprovals(store, runId);
    const approvals = { [open?.callId ?? ""]: { approve: false, reason: "no money" } };
    await (await agentOf([{ text: "ok" }]).resume(runId, { approvals })).result();
    const run = await agentOf(asks).replay(runId, { tools: "recorded" });
    expect((await run.result()).toolCalls).toMatchObject([
      { outcome: "denied", content: expect.stringContaining("no money") },
      { outcome: "error", content: "fails failed.", error: { message: expect.stringContaining("secret") } },
    ]);
    expect(run.record.some(({ type }) => type.startsWith("tool.approval"))).toBe(false);
    expect(given).toEqual([]);
  });

  it("begins with the input, history, settings and limits of the recorded run, under what the experiment changes", async () => {
    const history = [
      { role: "user", content: "before" },
      { role: "assistant", content: "yes" },
    ] as const;
    const options = { messages: history, settings: { temperature: 0.5, seed: 3 }, limits: { turns: 9 } };
    const { agentOf, runId } = await recorded([{ text: "hm" }], {}, options);
    const model = scriptedModel([{ text: "hm" }]);
    const other = agentOf([{ text: "unused" }], { instructions: "Old." });
    const run = await other.replay(runId, {
      tools: "recorded",
      model,
      instructions: "New.",
      settings: { seed: 4 },
      limits: { toolCalls: 2 },
    });
    await run.result();
    expect(model.seen[0]?.map(({ content }) => content)).toEqual(["New.", "before", "yes", "go"]);
    expect(model.requests[0]?.settings).toMatchObject({ temperature: 0.5, seed: 4 });
    expect(run.record[0]).toMatchObject({ instructions: "New.", limits: { turns: 9, toolCalls: 2 } });
  });

  it("is told what the recorded run was told on the way: steering before the same turn, follow-ups when it would be done", async () => {
    const store = createMemoryStore();
    const { tool } = counter();
    const script = [{ calls: [call("count", { a: 1 })] }, { text: "first" }, { text: "second" }];
    const make = (model: ReturnType<typeof scriptedModel>) => createAgent({ name: "d", model, tools: [tool], store });
    const run = make(scriptedModel(script)).stream("go");
    for await (const event of run) {
      if (event.type === "turn.started" && event.turn === 1) void run.steer("use words");
      if (event.type === "turn.started" && event.turn === 2) void run.followUp("and then?");
    }
    const model = scriptedModel(script);
    const again = await make(model).replay(run.id, { tools: "recorded" });
    await again.result();
    const injected = (record: readonly RunEvent[]): unknown[] =>
      record.flatMap((event) => (event.type === "input.injected" ? [[event.as, event.turn, event.message]] : []));
    expect(injected(run.record)).toHaveLength(2);
    expect(injected(again.record)).toEqual(injected(run.record));
  });

  it("is no part of the conversation that the recorded run belongs to", async () => {
    const { agentOf, runId } = await recorded(SCRIPT, {}, { conversation: "c" });
    await (await agentOf([{ text: "in the replay" }]).replay(runId, { tools: "recorded" })).result();
    const next = scriptedModel([{ text: "on" }]);
    await agentOf([], { model: next }).run("further", { conversation: "c" });
    expect(JSON.stringify(next.seen[0])).toContain("Counted.");
    expect(JSON.stringify(next.seen[0])).not.toContain("in the replay");
  });

  it("keeps the taint that the recorded run had, and that its results bring", async () => {
    const { agentOf, runId } = await recorded(SCRIPT, { origin: "external", effect: "read" });
    const run = await agentOf(SCRIPT).replay(runId, { tools: "recorded" });
    const { taint, toolCalls } = await run.result();
    expect(taint).toMatchObject([{ by: "external_tool", tool: "count", callId: toolCalls[0]?.call.id }]);
  });

  it("counts what it took from the recording against limits.toolCalls, as the recorded run did", async () => {
    const { agentOf, runId, store } = await recorded(SCRIPT, {}, { limits: { toolCalls: 2 } });
    const [listed] = await store.list();
    expect(listed?.status).toBe("limited");
    const run = await agentOf(SCRIPT).replay(runId, { tools: "recorded" });
    expect(await run.result()).toMatchObject({ status: "limited", limit: "toolCalls" });
  });

  it("takes no word of a limit for a result: under another limit the call has what an equal one had", async () => {
    const { agentOf, runId } = await recorded(SCRIPT, {}, { limits: { toolCalls: 2 }, onLimit: "answer" });
    const same = await agentOf(SCRIPT).replay(runId, { tools: "recorded" });
    await same.result();
    expect(outputsOf(same.record)).toEqual([1, 2, "run_limited"]);
    const more = await agentOf(SCRIPT).replay(runId, { tools: "recorded", limits: { toolCalls: 9 } });
    expect(await more.result()).toMatchObject({ status: "completed" });
    expect(outputsOf(more.record)).toEqual([1, 2, 2]);
  });

  it("leaves the same record when every await is a replay of the loop", async () => {
    const { agentOf, runId, ran } = await recorded();
    const twin = agentOf(SCRIPT, { runtime: { alwaysReplay: true } });
    const run = await twin.replay(runId, { tools: "recorded" });
    await run.result();
    expect(outputsOf(run.record)).toEqual([1, 2, 3]);
    expect(checkEvents(run.record)).toEqual([]);
    expect(ran()).toBe(0);
  });

  it("goes on as a replay when it is resumed: still no tool runs", async () => {
    const { agentOf, runId, ran } = await recorded();
    const stopped = await agentOf(SCRIPT).replay(runId, { tools: "recorded", limits: { turns: 1 } });
    expect(await stopped.result()).toMatchObject({ status: "limited" });
    const run = await agentOf(SCRIPT.slice(1)).resume(stopped.id, { limits: { turns: 9 } });
    expect(await run.result()).toMatchObject({ status: "completed" });
    expect(outputsOf(run.record)).toEqual([1, 2, 3]);
    expect(checkEvents(run.record)).toEqual([]);
    expect(ran()).toBe(0);
  });

  it("may be replayed itself, and may be one that is not done: it has what its record has", async () => {
    const { agentOf, runId, ran } = await recorded(SCRIPT, {}, { limits: { turns: 1 } });
    const first = await agentOf(SCRIPT).replay(runId, { tools: "recorded", limits: { turns: 9 } });
    await first.result();
    expect(outputsOf(first.record)).toEqual([1, 2, 2]);
    const second = await agentOf(SCRIPT).replay(first.id, { tools: "recorded" });
    await second.result();
    expect(outputsOf(second.record)).toEqual([1, 2, 2]);
    expect(ran()).toBe(0);
  });

  it("takes results that stand beside the record in files, in another store of the same folder", async () => {
    const big = defineTool({
      name: "count",
      description: "d",
      input: z.looseObject({}),
      maxStoredBytes: 1_000,
      execute: () => "x".repeat(5_000),
    });
    const script = [{ calls: [call("count", { a: 1 })] }, { text: "done" }];
    const make = () =>
      createAgent({ name: "d", model: scriptedModel(script), tools: [big], store: createFileStore(folder) });
    const first = make().stream("go");
    await first.result();
    const run = await make().replay(first.id, { tools: "recorded" });
    const { toolCalls } = await run.result();
    expect(toolCalls[0]?.outputArtifact?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await run.artifact(toolCalls[0]?.outputArtifact?.sha256 ?? ""))?.byteLength).toBeGreaterThan(4_999);
  });
});

describe("what xAI runs itself", () => {
  const tools = [webSearch(), remoteMcp({ url: "https://mcp.example/mcp", label: "books" })];
  const script = [{ text: "found" }];

  it("is not offered in a replay, with a word on the record, unless searches are to run anew; an MCP server never is", async () => {
    await using xai = await startScript([...script, ...script, ...script]);
    const store = createMemoryStore();
    const agent = createAgent({ name: "s", model: xai.model(), tools, store });
    const { runId } = await agent.run("go");
    const none = await agent.replay(runId, { tools: "recorded" });
    await none.result();
    const live = await agent.replay(runId, { tools: "recorded", serverTools: "live" });
    await live.result();
    const offered = xai.requests.map(({ body }) =>
      ((body as { tools?: { type: string }[] }).tools ?? []).map((t) => t.type),
    );
    expect(offered).toEqual([["web_search", "mcp"], [], ["web_search"]]);
    const warned = (record: readonly RunEvent[]): unknown[] =>
      record.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    expect(warned(none.record)).toEqual([
      expect.stringContaining(
        'web_search runs at xAI, where no result can be taken from a recording, and is not offered: give serverTools: "live"',
      ),
      expect.stringContaining("never in a replay"),
    ]);
    expect(warned(live.record)).toEqual([expect.stringContaining("never in a replay")]);
    expect(none.record[0]).toMatchObject({ tools: [] });
  });

  it("is offered as it was when a replay is resumed", async () => {
    await using xai = await startScript([
      ...script,
      { toolCalls: [{ name: "count", arguments: { a: 1 } }] },
      ...script,
    ]);
    const store = createMemoryStore();
    const { tool, given } = counter();
    const agent = createAgent({ name: "s", model: xai.model(), tools: [tool, ...tools], store });
    const { runId } = await agent.run("go");
    const first = await agent.replay(runId, { tools: "recorded", serverTools: "live", limits: { turns: 1 } });
    await first.result();
    await (await agent.resume(first.id, { limits: { turns: 3 } })).result();
    const last = xai.requests.at(-1)?.body as { tools?: { type: string }[] };
    expect(last.tools?.map(({ type }) => type)).toEqual(["function", "web_search"]);
    expect(given).toEqual([]);
  });
});

describe("a replay that cannot be meant", () => {
  it.each([
    [{}, 'write tools: "recorded"'],
    [{ tools: "live" }, 'tools is "live". Write "recorded".'],
    [{ tools: "recorded", serverTools: "all" }, 'serverTools is "all"'],
    [{ tools: "recorded", instructions: "" }, "instructions is a text that is not empty"],
    [{ tools: "recorded", model: 3 }, "model is a name"],
    [{ tools: "recorded", conversation: "c" }, 'has no option "conversation"'],
    [{ tools: "recorded", model: "grok-4.6" }, 'model: client.model("grok-4.6")'],
    [{ tools: "recorded", limits: { turns: 0 } }, "limits"],
  ])("%j is refused, and nothing is run", async (options, message) => {
    const { agentOf, runId, store } = await recorded();
    const replay = agentOf(SCRIPT).replay(runId, options as never);
    await expect(replay).rejects.toMatchObject({ code: "invalid_option", message: expect.stringContaining(message) });
    expect(await store.list()).toHaveLength(1);
  });

  it("is one without a store, or of a run that is not there", async () => {
    const { agentOf, runId } = await recorded();
    await expect(agentOf([], { store: undefined }).replay(runId, { tools: "recorded" })).rejects.toMatchObject({
      message: expect.stringContaining("has no store"),
    });
    await expect(agentOf([]).replay("run_9", { tools: "recorded" })).rejects.toMatchObject({ code: "not_found" });
  });

  it("is one with a setting that the other model refuses", async () => {
    const { agentOf, runId } = await recorded([{ text: "hm" }], {}, { settings: { seed: 3, stop: ["x"] } });
    const model = createClient({ apiKey: "k" }).model("grok-4.7");
    await expect(agentOf([]).replay(runId, { tools: "recorded", model })).rejects.toMatchObject({
      code: "unsupported_setting",
    });
  });
});
