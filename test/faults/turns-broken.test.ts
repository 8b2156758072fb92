import type { SimTurn } from "fairwitness/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer, End, Played } from "./cuts-play.ts";
import { eventEnds } from "./cuts-whole.ts";
import { ownAnswer, playBytes, playEdited } from "./turns-bytes.ts";
import { APIS, ask, givenUp, type Wire, weather } from "./turns-support.ts";

const good: SimTurn = { text: "It is settled." };
/** What it is to be asked for again: nothing ran, nothing was told, and the next answer is the answer. */
function expectAskedAgain(played: Played, code = "stream_incomplete"): void {
  expect([givenUp(played), played.ran, played.requests]).toEqual([[code], 0, 2]);
  expect(played.result).toMatchObject({ status: "completed", text: "It is settled.", toolCalls: [] });
  expect(JSON.stringify(played.result.messages)).not.toMatch(/invalid|weather/i);
}

/** The event in which a text stands. */
function cutBehind({ bytes }: Answer, text: string): Uint8Array {
  const at = Buffer.from(bytes).indexOf(text);
  const end = eventEnds(bytes).find((place) => place > at);
  if (at === -1 || end === undefined) return expect.fail(`${text} is not in the answer`);
  return bytes.subarray(0, end);
}

const ENDS: readonly End[] = ["clean", "reset"];
const cases = APIS.flatMap((api) => ENDS.map((end) => [api, end] as const));
const brokenBy = { clean: "stream_incomplete", reset: "connection_failed" } as const;

describe("a stream that ends", () => {
  it.each(cases)(
    "in the text over %s (%s) is asked for again, and says what to forget (rows 5, 8)",
    async (api, end) => {
      const answer = ownAnswer(api, "text");
      const played = await playBytes(answer, cutBehind(answer, " knots"), end);
      expectAskedAgain(played, brokenBy[end]);
      const retrying = played.record.find((event) => event.type === "turn.retrying");
      expect(retrying).toMatchObject({ attempt: 1, error: { retryable: true } });
      expect(retrying?.discarded.text).toBeGreaterThan(30);
      expect(played.result.usage.requests).toBe(2); // what the cut one used is counted where the server said it, or said to be unknown
      expect(played.result.usage.unreported).toBe(api === "messages" ? 0 : 1);
    },
  );

  it.each(cases)("behind a whole call over %s (%s) runs nothing (row 10)", async (api, end) => {
    const answer = ownAnswer(api, "one call");
    const call = answer.bytes.subarray(
      0,
      eventEnds(answer.bytes).findLast((place) => place < answer.whole),
    );
    expect(Buffer.from(call).toString()).toContain("Alfama");
    expectAskedAgain(await playBytes(answer, call, end), brokenBy[end]);
  });

  it.each(cases)(
    "inside the arguments of a call over %s (%s) tells the model nothing of bad arguments (row 11)",
    async (api, end) => {
      const answer = ownAnswer(api, "one call in pieces, after text");
      expectAskedAgain(await playBytes(answer, cutBehind(answer, "Lisbon"), end), brokenBy[end]);
    },
  );

  it.each(cases)("behind the first of two calls over %s (%s) runs neither (row 12)", async (api, end) => {
    const answer = ownAnswer(api, "two calls");
    const first = cutBehind(answer, "Alfama");
    expect(Buffer.from(first).toString()).not.toContain("a@example.com");
    expectAskedAgain(await playBytes(answer, first, end), brokenBy[end]);
  });

  it.each(APIS)("with no byte at all over %s is asked for again (row 35)", async (api) => {
    expectAskedAgain(await playBytes(ownAnswer(api, "text"), new Uint8Array()));
  });

  it.each(APIS)("without the blank line of its last event over %s does not have that event (row 48)", async (api) => {
    const answer = ownAnswer(api, "one call");
    expectAskedAgain(await playBytes(answer, answer.bytes.subarray(0, answer.whole - 1)));
  });
});

describe("an answer that the server ends without its terminal marker", () => {
  it.each(APIS)("over %s is none, though everything else is there (rows 8, 10)", async (api) => {
    const unfinished: SimTurn = { text: "Let me look.", toolCalls: [weather("Lisbon")], finishReason: null };
    const asked = await ask(api, [unfinished, good]);
    expect([givenUp(asked), asked.ran, asked.result.text]).toEqual([["stream_incomplete"], [], "It is settled."]);
    const lasting = await ask(api, () => unfinished);
    expect(lasting.result).toMatchObject({
      status: "failed",
      text: "",
      error: { code: "stream_incomplete", retryable: true, attempts: 3 },
    });
    expect([lasting.ran, lasting.requests.length]).toEqual([[], 3]);
  });

  it("over messages is none either where only message_stop, or only the stop reason, is missing (row 8)", async () => {
    const answer = ownAnswer("messages", "one call");
    const frames = Buffer.from(answer.bytes)
      .toString()
      .split(/(?<=\n\n)/);
    for (const name of ["message_stop", "message_delta"]) {
      const left = frames.filter((frame) => !frame.startsWith(`event: ${name}\n`));
      expectAskedAgain(await playBytes(answer, Buffer.from(left.join(""))));
    }
  });

  it.each(["chat", "responses"] as const)(
    "[DONE] is not one over %s: an answer without it is whole (row 13)",
    async (api) => {
      const asked = await ask(api, [
        { toolCalls: [weather("Lisbon")], noDone: true },
        { ...good, noDone: true },
      ]);
      expect([givenUp(asked), asked.ran]).toEqual([[], [{ city: "Lisbon" }]]);
      expect(asked.result).toMatchObject({ status: "completed", text: "It is settled.", finishReason: "stop" });
    },
  );
});

describe("a piece of an answer whose JSON is broken", () => {
  const breaks: Readonly<Record<string, (data: string) => string>> = {
    "its beginning is lost": (data) => data.slice(1),
    "its end is lost": (data) => data.slice(0, -2),
    "a control character stands in it": (data) => data.replace('"delta"', '"del\u0001ta"'),
  };
  /** The events that the text, or the arguments of a call, come in. */
  const isPiece = (json: Wire): boolean => typeof json.type !== "string" || json.type.includes("delta");

  it.each(APIS.flatMap((api) => Object.keys(breaks).map((how) => [api, how] as const)))(
    "over %s (%s) is not passed over, named or not: the turn is asked for again (row 50)",
    async (api, how) => {
      for (const name of ["text", "one call in pieces, after text"]) {
        const answer = ownAnswer(api, name);
        let pieces = 1;
        for (let at = 0; at < pieces; at += 1) {
          let seen = 0;
          const played = await playEdited(answer, (json) => {
            if (!isPiece(json) || json.choices?.length === 0) return [json];
            seen += 1;
            return [seen === at + 1 ? breaks[how]?.(JSON.stringify(json)) : json];
          });
          pieces = seen;
          expectAskedAgain(played, "malformed_event");
        }
        expect(pieces).toBeGreaterThan(2);
      }
    },
  );
});

describe("what follows the terminal marker", () => {
  const CHAOS: Readonly<Record<string, string>> = {
    garbage: "\u0000\u0001<html>502</html>\n\ndata: {broken\n\n",
    "an error": 'data: {"error":{"message":"It broke.","code":"server_error"}}\n\n',
    "an error event": 'event: error\ndata: {"type":"error","message":"at capacity"}\n\n',
    "half an event": 'data: {"type":"resp',
    "a comment": ": bye\n\n",
  };

  it.each(APIS.flatMap((api) => Object.entries(CHAOS).map(([what, bytes]) => [api, what, bytes] as const)))(
    "over %s, be it %s, changes nothing (row 14)",
    async (api, _what, bytes) => {
      for (const name of ["text", "one call"]) {
        const answer = ownAnswer(api, name);
        const uncut = await playBytes(answer, answer.bytes);
        for (const end of ENDS) {
          const played = await playBytes(
            answer,
            Buffer.concat([answer.bytes.subarray(0, answer.whole), Buffer.from(bytes)]),
            end,
          );
          expect(givenUp(played)).toEqual([]);
          expect([played.result.text, played.ran]).toEqual([uncut.result.text, uncut.ran]);
        }
      }
    },
  );

  it("changes nothing whatever bytes it is (row 14)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...APIS),
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(...ENDS),
        async (api, bytes, end) => {
          const answer = ownAnswer(api, "one call");
          const played = await playBytes(answer, Buffer.concat([answer.bytes.subarray(0, answer.whole), bytes]), end);
          expect([givenUp(played), played.ran, played.result.text]).toEqual([[], 1, "It is settled."]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("over chat, more of the answer contradicts that it was finished: the turn is asked for again (row 52)", async () => {
    const answer = ownAnswer("chat", "text");
    const more = 'data: {"choices":[{"index":0,"delta":{"content":" Or not."}}]}\n\n';
    const played = await playBytes(answer, Buffer.concat([answer.bytes.subarray(0, answer.whole), Buffer.from(more)]));
    expectAskedAgain(played, "malformed_event");
  });
});
