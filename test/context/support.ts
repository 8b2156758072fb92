import {
  type AgentOptions,
  type AnyTool,
  type ContextPolicy,
  createAgent,
  defineTool,
  type RunEvent,
  type RunResult,
  type StoredEvent,
} from "fairwitness";
import { checkEvents, type ScriptedSimulator, startScript } from "fairwitness/testing";
import { expect } from "vitest";
import { z } from "zod";
import { type SimModel, type SimulatorOptions, simModels } from "../../src/sim/index.ts";

/** Tokens that the simulated model takes: five results of 20 kB are too many. */
export const WINDOW = 24_000;

/** xAI's newest model, with a small window. */
export function smallModels(contextLength: number = WINDOW): readonly SimModel[] {
  return simModels.map((model) => ({ ...model, contextLength }));
}

/** A tool whose every result has 20 kB of words. */
export const readPage: AnyTool = defineTool({
  name: "read_page",
  description: "Reads a page of the archive.",
  input: z.object({ page: z.number() }),
  effect: "read",
  execute: ({ page }) => `Page ${page}. ${`The archive of page ${page} says nothing new. `.repeat(430)}`,
});

/** A simulator whose model reads page after page, and writes summaries where it is asked to. */
export function archive(pages: number, options: Omit<SimulatorOptions, "script"> = {}): Promise<ScriptedSimulator> {
  let page = 0;
  return startScript(
    ({ messages }) => {
      if (JSON.stringify(messages[0]).includes("You sum up")) return { text: `Task: read all pages. Done: ${page}.` };
      page += 1;
      if (page > pages) return { text: `All ${pages} pages are read.` };
      return { toolCalls: [{ name: "read_page", arguments: { page } }] };
    },
    { models: smallModels(), ...options },
  );
}

export interface Played {
  result: RunResult;
  events: readonly RunEvent[];
  record: readonly StoredEvent[];
}

/** Runs an agent over a simulated archive, and holds what a reader saw against the rules of every run. */
export async function readAll(
  simulator: ScriptedSimulator,
  context: ContextPolicy | false | undefined,
  more: Partial<AgentOptions> = {},
): Promise<Played> {
  const agent = createAgent({
    name: "reader",
    model: simulator.model("grok-4.7", { contextWindow: WINDOW }),
    instructions: "Read all pages.",
    tools: [readPage],
    limits: { turns: 60 },
    ...(context === undefined ? {} : { context }),
    ...more,
  });
  const run = agent.stream("Read the archive, and say when you are done.");
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  return { result: await run.result(), events, record: run.record };
}
