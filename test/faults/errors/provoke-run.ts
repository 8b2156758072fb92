import { createAgent, defineTool, type StoredEvent } from "fairwitness";
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
  "The run was cancelled": async () => {
    const agent = createAgent({ name: "t", model: scriptedModel([{ hang: true }]) });
    return failureOf(agent.run("Lisbon?", { signal: AbortSignal.abort("enough") }));
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

type Completed = Extract<StoredEvent, { type: "tool.completed" }>;
