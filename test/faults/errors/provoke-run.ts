import { createAgent, defineTool, type StoredEvent } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { z } from "zod";
import { fakeClock } from "../../support/fake-clock.ts";
import { type ScriptedAttempt, scriptedModel } from "../../support/scripted-model.ts";
import { until } from "../../support/until.ts";
import { failureOf } from "../../wire/support.ts";
import type { Provoke } from "./provoke-server.ts";

const call = { tool: "look", arguments: '{"city":"Lisbon"}' };

/** A tool that does this. */
const look = (execute: () => unknown, more: object = {}) =>
  defineTool({ name: "look", description: "Looks.", input: z.object({ city: z.string() }), execute, ...more });

/** The error of a run whose model says this, always the same. */
const ran = (attempt: ScriptedAttempt, more: object = {}): Provoke => {
  return () => failureOf(createAgent({ name: "t", model: scriptedModel(() => attempt), ...more }).run("Lisbon?"));
};

export const RUN: Readonly<Record<string, Provoke>> = {
  "A limit of the run is reached": ran({ calls: [call] }, { tools: [look(() => Math.random())], limits: { turns: 2 } }),
  "A turn has no room within a limit": ran(
    { text: "Sunny." },
    { settings: { maxOutputTokens: 1000 }, limits: { tokens: 100 } },
  ),
  "The model makes the same call again and again": ran({ calls: [call] }, { tools: [look(() => 1)] }),
  "The run was cancelled": async () => {
    const agent = createAgent({ name: "t", model: scriptedModel([{ hang: true }]) });
    return failureOf(agent.run("Lisbon?", { signal: AbortSignal.abort("enough") }));
  },
  "The run waits for a decision": ran({ calls: [call] }, { tools: [look(() => 1, { approval: true })] }),
  "A completed run is resumed": async () => {
    const store = createMemoryStore();
    const agent = createAgent({ name: "t", model: scriptedModel([{ text: "Sunny." }]), store });
    const { runId } = await agent.run("Lisbon?");
    return failureOf(agent.resume(runId));
  },
  "A run is resumed with another agent": async () => {
    const options = { name: "t", model: scriptedModel([{ calls: [call] }]), store: createMemoryStore() };
    const asking = look(() => 1, { approval: true });
    const { runId } = await createAgent({ ...options, tools: [asking] }).run("Lisbon?", { reject: false });
    return failureOf(createAgent({ ...options, tools: [asking, { ...asking, name: "other" }] }).resume(runId));
  },
  "Another run of the conversation goes on": async () => {
    const store = createMemoryStore();
    const [event] = await ran1();
    store.append("run_1", [{ ...event, seq: 0, runId: "run_1", at: 1, conversation: "c" } as StoredEvent]);
    const agent = createAgent({ name: "t", model: scriptedModel([{ text: "Sunny." }]), store });
    return failureOf(agent.run("Lisbon?", { conversation: "c" }));
  },
  "The conversation surely does not fit": () => {
    const model = { ...scriptedModel([]), id: "roomy", contextWindow: 1000 };
    return failureOf(createAgent({ name: "t", model }).run("Lisbon? ".repeat(12_500)));
  },
  "The answer was cut off by length": ran({ text: "Sunny, and then", finishReason: "length" }),
  "The answer was held back": ran({ text: "", finishReason: "content_filter" }),
  "The model refused": ran({ text: "I will not.", finishReason: "refusal" }),
  "The answer says nothing": ran({ text: "" }),
  "The answer does not fit `output`": ran({ text: "Sunny." }, { output: z.object({ city: z.string() }) }),
  "Calls fail again and again": ran({ calls: [{ tool: "look", arguments: "{}" }] }, { tools: [look(() => 1)] }),
  'A tool failed that is `onError: "fail"`': ran(
    { calls: [call] },
    {
      tools: [
        look(
          () => {
            throw new Error("The archive is down.");
          },
          { onError: "fail" },
        ),
      ],
    },
  ),
  "A tool took too long": async () => {
    const clock = fakeClock();
    const model = scriptedModel([{ calls: [call] }, { text: "I could not look." }]);
    const tools = [look(() => new Promise(() => {}))];
    const run = createAgent({ name: "t", model, tools, runtime: { clock } }).stream("Lisbon?");
    await until(() => run.record.some((event) => event.type === "tool.executing"));
    await clock.pass(60_000);
    await run.result();
    return run.record.find((event): event is Completed => event.type === "tool.completed")?.error;
  },
};

/** The record of a run that began. */
async function ran1(): Promise<readonly StoredEvent[]> {
  const run = createAgent({ name: "t", model: scriptedModel([{ text: "Sunny." }]) }).stream("Lisbon?");
  await run.result();
  return run.record;
}

type Completed = Extract<StoredEvent, { type: "tool.completed" }>;
