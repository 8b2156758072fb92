import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Lies beside the project, not in it: tests that need it are skipped, saying so, where it is absent. */
const folder = new URL("../../../shared/wire/responses/", import.meta.url);

export const hasResponses: boolean = existsSync(folder);

/** JSON of the wire, read without any code of ours. */
export type Wire = Readonly<Record<string, unknown>>;

/** One answer of a recording. A file may hold several, one for each request. */
export interface ResponsesRecording {
  name: string;
  isStream: boolean;
  /** The JSON of every event; of a whole body, that alone. */
  events: readonly Wire[];
  /** The whole answer: the body, or what the terminal event holds. */
  response: Wire;
  items: readonly Wire[];
}

export const responses: readonly ResponsesRecording[] = hasResponses
  ? readdirSync(folder)
      .filter((name) => !name.includes("error"))
      .flatMap(read)
  : [];
export const responseStreams: readonly ResponsesRecording[] = responses.filter(({ isStream }) => isStream);

function read(name: string): ResponsesRecording[] {
  const content = readFileSync(new URL(name, folder), "utf8");
  if (name.endsWith(".json")) {
    const body: Wire = JSON.parse(content);
    return [{ name, isStream: false, events: [body], response: body, items: list(body.output) }];
  }
  const answers: Wire[][] = [];
  for (const line of content.split("\n").filter((text) => text.trim() !== "")) {
    const event: Wire = JSON.parse(line);
    if (event.type === "response.created") answers.push([]);
    answers.at(-1)?.push(event);
  }
  return answers.map((events, n) => {
    const response = events.at(-1)?.response as Wire; // every recorded stream ends with its terminal event
    return {
      name: answers.length === 1 ? name : `${name}#${n + 1}`,
      isStream: true,
      events,
      response,
      items: list(response.output),
    };
  });
}

/** The objects of a list. */
export function list(value: unknown): readonly Wire[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "object" && item !== null) : [];
}

/** As it went over the wire: an event stream, or a JSON body. */
export function bytesOf({ isStream, events }: ResponsesRecording): Uint8Array {
  const text = isStream
    ? `${events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`
    : JSON.stringify(events[0]);
  return new TextEncoder().encode(text);
}
