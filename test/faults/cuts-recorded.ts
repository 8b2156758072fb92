import { type AgentTool, defineTool } from "fairwitness";
import { messageRecordings } from "../model/messages-recordings.ts";
import { recordings } from "../model/recordings.ts";
import { bytesOf, responses } from "../model/responses-recordings.ts";
import { type Answer, type Api, countRun } from "./cuts-play.ts";
import { wholeAfter } from "./cuts-whole.ts";

/** Every recorded answer, streamed or whole; none where ../shared is absent. */
export function recordedAnswers(api: Api): Answer[] {
  return recorded[api]().map(({ name, isStream, bytes }) => ({
    name,
    api,
    contentType: isStream ? "text/event-stream" : "application/json",
    bytes,
    whole: isStream ? wholeAfter(api, bytes) : Buffer.byteLength(Buffer.from(bytes).toString().trimEnd()),
    tools: toolsIn(bytes),
  }));
}

interface Recorded {
  name: string;
  isStream: boolean;
  bytes: Uint8Array;
}

const recorded: { readonly [Name in Api]: () => readonly Recorded[] } = {
  chat: () => recordings,
  responses: () => responses.map((recording) => ({ ...recording, bytes: bytesOf(recording) })),
  messages: () => messageRecordings,
};

/** A tool for each name that a call of a function may have. */
function toolsIn(bytes: Uint8Array): AgentTool[] {
  const names = Buffer.from(bytes)
    .toString()
    .matchAll(/"name":\s*"(\w+)"/g);
  return [...new Set([...names].map(([, name = ""]) => name))]
    .filter((name) => !SERVED.test(name))
    .map((name) =>
      defineTool({
        name,
        description: "Counts.",
        input: { type: "object", properties: { location: { type: "string" } } },
        execute: countRun,
      }),
    );
}

/** Names of tools that servers run. */
const SERVED = /search|browse|^view_|execution|^code_/;
