import type { AnyTool, RunEvent, StoredEvent } from "fairwitness";
import { defineTool } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { expect } from "vitest";
import { z } from "zod";
import { type ScriptedAttempt, type ScriptedModel, scriptedModel } from "../support/scripted-model.ts";

/** A tool that keeps what it was given. */
export function effects(name: string, more: object = {}): { tool: AnyTool; given: unknown[] } {
  const given: unknown[] = [];
  const execute = (input: unknown): string => {
    given.push(input);
    return `${name} done`;
  };
  return { tool: defineTool({ name, description: "d", input: z.looseObject({}), execute, ...more }), given };
}

/** A model that says this, whatever it is asked; asked once more, that it is done. */
export function says(...attempts: readonly ScriptedAttempt[]): ScriptedModel {
  return scriptedModel((n) => attempts[n] ?? { text: "Done." });
}

/** Reads a run to its end, and holds what was seen against the rules of every run. */
export async function readAll(
  run: AsyncIterable<RunEvent> & { record: readonly StoredEvent[] },
): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(run.record)).toEqual([]);
  return events;
}

export function typesOf(events: readonly RunEvent[]): readonly string[] {
  return events.map(({ type }) => type);
}

/** What a process that died right behind the n-th event left. */
export function cutAt(record: readonly StoredEvent[], length: number): readonly StoredEvent[] {
  return record.slice(0, length);
}
