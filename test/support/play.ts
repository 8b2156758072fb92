import { type AnyTool, createAgent, defineTool, type RunEvent, type RunResult } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { expect } from "vitest";
import { z } from "zod";
import type { ScriptedAttempt, ScriptedModel } from "./scripted-model.ts";

type Call = NonNullable<ScriptedAttempt["calls"]>[number];

/** A call as a scripted model makes it; `input` is JSON, or the text of the arguments. */
export function call(tool: string, input: unknown = {}, id?: string): Call {
  const asked = { tool, arguments: typeof input === "string" ? input : JSON.stringify(input) };
  return id === undefined ? asked : { ...asked, id };
}

/** A tool that takes anything and keeps what it was given. */
export function keeper(name = "keep"): { tool: AnyTool; given: unknown[] } {
  const given: unknown[] = [];
  const execute = (input: unknown): string => {
    given.push(input);
    return "kept";
  };
  return { tool: defineTool({ name, description: "d", input: z.looseObject({}), execute }), given };
}

/** What a run came to, and how. */
export interface Played {
  events: readonly RunEvent[];
  result: RunResult;
  outcomes: readonly unknown[];
}

/** Runs to the end, and holds what a reader saw against the rules of every run. */
export async function play(
  model: ScriptedModel,
  tools: readonly AnyTool[],
  more: Partial<Parameters<typeof createAgent>[0]> = {},
): Promise<Played> {
  const agent = createAgent({ name: "t", model, tools, runtime: { random: () => 0 }, ...more });
  const run = agent.stream("go");
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  const result = await run.result();
  return { events, result, outcomes: result.toolCalls.map((entry) => entry.outcome) };
}

/** What the model was told of its calls, when it was asked for the turn of that number, from 0. */
export function told(model: ScriptedModel, turn = 1): readonly string[] {
  return (model.seen[turn] ?? []).flatMap((message) => (message.role === "tool" ? [String(message.content)] : []));
}
