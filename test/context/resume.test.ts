import { createAgent, type RunResult, type StoredEvent } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { closesStep } from "../../src/event/index.ts";
import { call } from "../support/play.ts";
import type { ScriptedAttempt } from "../support/scripted-model.ts";
import { type RoomyOptions, roomyModel } from "./roomy-model.ts";
import { readPage } from "./support.ts";

const PAGES = 9;

/** Nine pages, with room for four. */
function agentOn(events: readonly StoredEvent[], method: Method, { alwaysReplay = false, ...options }: Options) {
  const before = events.filter(({ type }) => type === "turn.completed").length;
  const script = (n: number): ScriptedAttempt =>
    n + before < PAGES
      ? { calls: [call("read_page", { page: n + before }, `call_${n + before}`)], ticks: 1 }
      : { text: "Done.", ticks: 1 };
  const store = createMemoryStore();
  const model = roomyModel(script, options);
  const agent = createAgent({
    name: "t",
    model,
    instructions: "Read.",
    tools: [readPage],
    context: { methods: [method] },
    store,
    runtime: { alwaysReplay, random: () => 0 },
  });
  const [first] = events;
  if (first !== undefined) store.append(first.runId, events);
  return { agent, model };
}

type Method = "tool_outputs" | "xai" | "summary";
type Options = RoomyOptions & { alwaysReplay?: boolean };

/** What must be the same, however often the run was carried on. A refusal that a process did not live to record costs nothing. */
function essence({ status, text, turns, messages, toolCalls, cost }: RunResult): unknown {
  const outputs = toolCalls.map(({ output }) => output);
  return { status, text, turns, messages, outputs, ticks: "ticks" in cost && cost.ticks };
}

const compactions = (events: readonly StoredEvent[]) =>
  events.filter((event) => event.type === "context.compacted" && closesStep(event)).map(({ step }) => step);

const ways: readonly (readonly [string, Method, Options])[] = [
  ["before a turn by tool_outputs", "tool_outputs", { contextWindow: 24_000 }],
  ["before a turn by xai", "xai", { contextWindow: 24_000 }],
  ["before a turn by summary", "summary", { contextWindow: 24_000 }],
  ["before a turn by summary, in a loop that is replayed", "summary", { contextWindow: 24_000, alwaysReplay: true }],
  ["when the server has refused it, by tool_outputs", "tool_outputs", { limit: 16_000 }],
  ["when the server has refused it, by summary", "summary", { limit: 16_000, alwaysReplay: true }],
];

describe("a run that was made shorter", () => {
  it.each(ways)("%s, carried on from any point of its record, comes to the same", async (_, method, options) => {
    const whole = agentOn([], method, options).agent.stream("go");
    const expected = await whole.result();
    expect(expected.status).toBe("completed");
    expect(compactions(whole.record).length).toBeGreaterThan(1);
    for (let length = 1; length < whole.record.length; length += 1) {
      const before = whole.record.slice(0, length);
      const { agent } = agentOn(before, method, options);
      const run = await agent.resume(whole.id);
      const result = await run.result();
      expect(checkEvents(run.record)).toEqual([]);
      expect(essence(result)).toEqual(essence(expected));
      expect(compactions(run.record)).toEqual(compactions(whole.record));
    }
  });

  it("does again what a process did not live to record, and pays for both", async () => {
    const options: Options = {
      contextWindow: 24_000,
      summary: (n) => (n === 0 ? { text: "Half", cut: true } : { text: "All." }),
    };
    const whole = agentOn([], "summary", options).agent.stream("go");
    await whole.result();
    const retrying = whole.record.findIndex(({ type }) => type === "turn.retrying");
    expect(whole.record[retrying]).toMatchObject({ step: "compact:6.summary" });
    const { agent, model } = agentOn(whole.record.slice(0, retrying + 1), "summary", { contextWindow: 24_000 });
    const run = await agent.resume(whole.id);
    expect(await run.result()).toMatchObject({ status: "completed", usage: { requests: 10 + 2 + 1 } });
    expect(model.summed.length).toBe(2);
    expect(checkEvents(run.record)).toEqual([]);
  });

  it("is not asked a second time for a summary that failed when the server had refused the turn", async () => {
    const options: Options = { limit: 16_000, summary: () => ({ text: "" }) };
    const whole = agentOn([], "summary", options).agent.stream("go");
    expect(await whole.result()).toMatchObject({ status: "failed", error: { code: "context_overflow" } });
    const at = whole.record.findIndex(({ type }) => type === "warning");
    expect(whole.record[at]?.step).toMatch(/^compact:\d\.summary\.2$/);
    const { agent, model } = agentOn(whole.record.slice(0, at + 1), "summary", options);
    const run = await agent.resume(whole.id);
    expect(await run.result()).toMatchObject({ status: "failed", error: { code: "context_overflow" } });
    expect(checkEvents(run.record)).toEqual([]);
    expect(model.summed).toEqual([]);
  });

  it("keeps what xAI made of it before other instructions that it is carried on with", async () => {
    const options: Options = { contextWindow: 24_000 };
    const whole = agentOn([], "xai", options).agent.stream("go");
    await whole.result();
    const at = whole.record.findIndex(({ type }) => type === "context.compacted");
    const before = whole.record.slice(0, at + 1);
    const { model } = agentOn(before, "xai", options);
    const store = createMemoryStore();
    store.append(whole.id, before);
    const other = createAgent({
      name: "t",
      model,
      instructions: "Read aloud.",
      tools: [readPage],
      context: { methods: ["xai"] },
      store,
    });
    const run = await other.resume(whole.id, { changed: "continue" });
    const result = await run.result();
    expect(result.status).toBe("completed");
    const [made, system] = model.seen[0] ?? [];
    expect(made).toMatchObject({ role: "assistant", raw: { items: [{ type: "compaction" }] } });
    expect(system).toEqual({ role: "system", content: "Read aloud." });
    expect(result.messages.filter(({ role }) => role === "system")).toEqual([]);
  });
});
