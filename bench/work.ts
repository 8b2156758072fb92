import { z } from "zod";
import { turnsOf, type Workload } from "./workload.ts";

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
  note: z.ZodDefault<z.ZodString>;
}> = z.object({
  city: z.string().min(1),
  place: z.number().int(),
  unit: z.enum(["celsius", "fahrenheit"]).default("celsius"),
  note: z.string().default(""),
});

export type ToolInput = z.infer<typeof toolInput>;

/** What the tool has seen since `resetTally`, in all runs of this process. */
const tally = { toolsRun: 0, placesSum: 0, noteChars: 0 };

/** The tool itself: nothing to speak of, so that what is measured is the way to it. */
export function temperature({ city, place, unit, note }: ToolInput): { city: string; degrees: number; unit: string } {
  tally.toolsRun += 1;
  tally.noteChars += note.length;
  if (unit === "celsius") tally.placesSum += place;
  return { city, degrees: place % 40, unit };
}

/** What a contender has handed to its reader in one run. */
export interface Done {
  text: string;
  /** Pieces of text. */
  textChunks: number;
  /** Calls that the server made itself, seen as done. */
  serverCalls: number;
  citations: number;
}

/** Prepares once, as its documentation has it, and then does the work of one agent at each call. */
export type Contender = (workload: Workload, baseURL: string) => (() => Promise<Done>) | Promise<() => Promise<Done>>;

/** Text of the answer, piece by piece. Where there are citations, some pieces are the links that they stand on. */
export function textPieces({ textChunks, citations }: Workload): readonly string[] {
  const every = citations === 0 ? Number.POSITIVE_INFINITY : Math.floor(textChunks / citations);
  return Array.from({ length: textChunks }, (_, index) => {
    const cited = Math.floor(index / every);
    return index % every === every - 1 && cited < citations ? citationLink(cited) : ` word${index % 97}`;
  });
}

export function citationLink(index: number): string {
  return ` [[${index + 1}]](${citationURL(index)})`;
}

export function citationURL(index: number): string {
  return `https://example.com/source/${index}`;
}

/** The arguments of a call, of the length that the workload asks for. */
export function argumentsOf(place: number, { argumentBytes }: Workload): string {
  const head = { city: `City ${place}`, place };
  if (argumentBytes === undefined) return JSON.stringify(head);
  const room = argumentBytes - JSON.stringify({ ...head, note: "" }).length;
  return JSON.stringify({ ...head, note: noteOf(room) });
}

/** As long in JSON as in memory. */
function noteOf(length: number): string {
  return "The wind comes from the west. ".repeat(Math.ceil(length / 30)).slice(0, length);
}

/** Does a run of all agents of a workload, and checks it. @throws {Error} naming what was left undone. */
export async function doRun(work: () => Promise<Done>, workload: Workload): Promise<void> {
  Object.assign(tally, { toolsRun: 0, placesSum: 0, noteChars: 0 });
  const all = await Promise.all(Array.from({ length: workload.agents }, work));
  const { done, seen } = expectationOf(workload);
  for (const shown of all) compare(shown, done, workload.name);
  compare(tally, seen, workload.name);
}

interface Expectation {
  done: Done;
  seen: typeof tally;
}

/** Made in the first warm-up: what it costs is not measured. */
const expectations = new WeakMap<Workload, Expectation>();

function expectationOf(workload: Workload): Expectation {
  const known = expectations.get(workload);
  if (known !== undefined) return known;
  const made = { done: expectedDone(workload), seen: expectedTally(workload) };
  expectations.set(workload, made);
  return made;
}

function expectedDone(workload: Workload): Done {
  const { textChunks, serverCalls, citations } = workload;
  return { text: textPieces(workload).join(""), textChunks, serverCalls, citations };
}

function expectedTally(workload: Workload): typeof tally {
  const calls = (turnsOf(workload) - 1) * workload.callsPerTurn;
  const notes = Array.from({ length: workload.argumentBytes === undefined ? 0 : calls }, (_, place) => {
    const { note } = toolInput.parse(JSON.parse(argumentsOf(place, workload)));
    return note.length;
  });
  return {
    toolsRun: calls * workload.agents,
    placesSum: ((calls * (calls - 1)) / 2) * workload.agents,
    noteChars: notes.reduce((sum, length) => sum + length, 0) * workload.agents,
  };
}

/** So that no contender is fast by doing less. */
function compare<T extends object>(shown: T, expected: T, workload: string): void {
  for (const [key, wanted] of Object.entries(expected)) {
    const value: unknown = Reflect.get(shown, key);
    if (value === wanted) continue;
    const isText = typeof value === "string" && typeof wanted === "string";
    const what = isText ? `text is ${value.length} characters that differ from` : `${key} is ${value}, not`;
    throw new Error(`${workload}: ${what} ${isText ? `the ${wanted.length} that the server sent` : wanted}.`);
  }
}
