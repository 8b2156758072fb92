import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Answer, type Api, type Played, play } from "./cuts-play.ts";
import { recordedAnswers } from "./cuts-recorded.ts";
import { editFrames, own } from "./turns-bytes.ts";
import { APIS, givenUp, type Wire } from "./turns-support.ts";

/** How many streams are made per protocol; the goal of a large run is 100,000 in all. */
const RUNS = Number(process.env.FAIRWITNESS_INSERTS ?? 250);

/** All streams that are short enough to be played often. */
const streams: Readonly<Record<Api, readonly Answer[]>> = {
  chat: streamsOver("chat"),
  responses: streamsOver("responses"),
  messages: streamsOver("messages"),
};

function streamsOver(api: Api): readonly Answer[] {
  const all = [...own[api], ...recordedAnswers(api)];
  return all.filter(({ contentType, bytes }) => contentType === "text/event-stream" && bytes.length < 60_000);
}

/** What a protocol gives a meaning to, and so nobody else may use. */
const TAKEN = /^(error|choices|usage|message|code|detail|response|type|x_groq)$/;
const word = fc.stringMatching(/^[a-z]{1,12}$/).filter((name) => !TAKEN.test(name));
const fieldName = fc.oneof(
  word.map((name) => `x_${name}`),
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "then", "length", "0", ""),
);
const value = fc.jsonValue({ maxDepth: 3 });
const fields = fc.uniqueArray(fc.tuple(fieldName, value), { maxLength: 4, selector: ([name]) => name });

/** An event that is not in any protocol, as it stands in a stream. */
const unknownEvent: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(word, fields).map(([type, extra]) => frame({ type: `x.${type}`, ...Object.fromEntries(extra) })),
  fc
    .tuple(word, fields)
    .map(([type, extra]) => frame({ type: `response.x_${type}.delta`, ...Object.fromEntries(extra) })),
  fc.tuple(word, fields).map(([name, extra]) => `event: ${name}\n${frame(Object.fromEntries(extra))}`),
  fc.tuple(word, fc.stringMatching(/^[ -~]{1,20}$/)).map(([name, text]) => `event: ${name}\ndata: ${text}\n\n`),
  value.filter((json) => typeof json !== "object" || json === null || Array.isArray(json)).map(frame),
  fc.constantFrom(": keep-alive\n\n", "event: ping\ndata: {}\n\n", "id: 7\n\n", "retry: 5\n\n", "data\n\n", "\n\n"),
);

function frame(json: unknown): string {
  return `data: ${JSON.stringify(json)}\n\n`;
}

/** What a model writes, and what a server hands on as it came: a field more in there is another answer. */
const OPAQUE = new Set([
  ...["arguments", "input", "action", "output", "outputs", "results", "metadata"],
  ...["server_side_tool_usage", "server_side_tool_usage_details", "server_tool_use"], // counts, by names of any tool
]);

/** The same JSON with fields added to some of its objects; `pick` says to which. */
function withFields(json: Wire, pick: () => readonly (readonly [string, unknown])[]): Wire {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((item) => withFields(item, pick));
  const known = Object.entries(json).map(
    ([name, held]) => [name, OPAQUE.has(name) ? held : withFields(held, pick)] as const,
  );
  const added = pick().filter(([name]) => !Object.hasOwn(json, name));
  return Object.fromEntries([...known, ...added]);
}

/** What must not change. What was kept as evidence, and the items as they came, may hold what was added. */
function cameTo({ result, ran, shown }: Played): unknown {
  const { status, text, toolCalls, citations, usage, cost, finishReason, servedModel } = result;
  const calls = toolCalls.map(({ call, input, outcome }) => [call.kind, call.tool, input, outcome]);
  const error = result.status === "failed" ? result.error : undefined;
  const cited = citations.map(({ source, span }) => [source, span]);
  return { status, text, shown, finishReason, servedModel, error, calls, cited, usage, cost, ran };
}

const sent = { contentType: "text/event-stream", end: "clean" } as const;

/** What the turn after a call gets. */
function after(api: Api): Uint8Array {
  return own[api].find(({ name }) => name === "text")?.bytes ?? expect.fail("there is no text");
}

describe("events and fields that nobody knows", () => {
  it.each(APIS)(
    "may stand anywhere in a stream over %s, and the result is the same (row 51)",
    async (api) => {
      const uncut = new Map<Answer, unknown>();
      const playBytes = (answer: Answer, bytes: Uint8Array): Promise<Played> =>
        play(
          answer,
          [
            { ...sent, bytes },
            { ...sent, bytes: after(api) },
          ],
          { isRead: true },
        );
      for (const answer of streams[api]) {
        uncut.set(answer, cameTo(await playBytes(answer, answer.bytes)));
      }
      const places = fc.array(fc.tuple(fc.nat(), unknownEvent), { maxLength: 6 });
      const additions = fc.infiniteStream(fc.option(fields, { freq: 3, nil: [] }));
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...streams[api]), places, additions, async (answer, inserted, added) => {
          const pick = () => added.next().value;
          const changed = editFrames(answer.bytes, (json) => [withFields(json, pick)]);
          const frames = new TextDecoder().decode(changed).split(/(?<=\n\n)/);
          for (const [place, event] of inserted) frames.splice(place % (frames.length + 1), 0, event);
          const played = await playBytes(answer, new TextEncoder().encode(frames.join("")));
          expect(givenUp(played)).toEqual([]);
          expect(cameTo(played)).toEqual(uncut.get(answer));
        }),
        { numRuns: RUNS },
      );
    },
    120_000 + RUNS * 20,
  );
});
