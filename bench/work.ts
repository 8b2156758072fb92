import { z } from "zod";
import type { Workload } from "./workloads.ts";

/** What is asked, the tool that is offered and what a contender shows of its work. The same for all. */
export const QUESTION = "How warm is it in these cities?";
export const MODEL = "grok-4.7";
export const TOOL_NAME = "get_temperature";
export const TOOL_DESCRIPTION = "Current temperature in a city.";

/** Calls leave `unit` out: that it is there in the handler shows that the arguments went through the schema. */
export const toolInput: z.ZodObject<{
  city: z.ZodString;
  place: z.ZodNumber;
  unit: z.ZodDefault<z.ZodEnum<{ celsius: "celsius"; fahrenheit: "fahrenheit" }>>;
}> = z.object({
  city: z.string().min(1),
  place: z.number().int(),
  unit: z.enum(["celsius", "fahrenheit"]).default("celsius"),
});

export type ToolInput = z.infer<typeof toolInput>;

/** The tool itself: nothing to speak of, so that what is measured is the way to it. */
export function temperature({ city, place, unit }: ToolInput): { city: string; degrees: number; unit: string } {
  return { city, degrees: place % 40, unit };
}

/** What a contender has done in one run. */
export interface Done {
  text: string;
  /** Pieces of text that were handed to the reader. */
  textChunks: number;
  toolsRun: number;
  /** Sum of `place` over all calls whose input had its default filled in. */
  placesSum: number;
}

/** Does the work once. */
export type Contender = (workload: Workload, baseURL: string) => () => Promise<Done>;

/** Text of the answer, piece by piece. */
export function textPiece(index: number): string {
  return ` word${index % 97}`;
}

/** What a contender that did everything shows. */
export function expectedDone({ toolTurns, callsPerTurn, textChunks }: Workload): Done {
  const toolsRun = toolTurns * callsPerTurn;
  return {
    text: Array.from({ length: textChunks }, (_, index) => textPiece(index)).join(""),
    textChunks,
    toolsRun,
    placesSum: (toolsRun * (toolsRun - 1)) / 2,
  };
}

/** @throws {Error} naming what was left undone, so that no contender is fast by doing less. */
export function checkDone(done: Done, workload: Workload): void {
  const expected = expectedDone(workload);
  for (const key of ["textChunks", "toolsRun", "placesSum"] as const) {
    if (done[key] !== expected[key]) throw new Error(`${workload.name}: ${key} is ${done[key]}, not ${expected[key]}.`);
  }
  if (done.text === expected.text) return;
  throw new Error(`${workload.name}: the answer of ${done.text.length} characters is not what the server said.`);
}
