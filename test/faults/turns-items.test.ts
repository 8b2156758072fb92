import type { SimTurn } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import type { Answer, Api, Played } from "./cuts-play.ts";
import { recordedAnswers } from "./cuts-recorded.ts";
import { own, ownAnswer, playBytes, playEdited } from "./turns-bytes.ts";
import { APIS, ask, givenUp, type Wire, weather } from "./turns-support.ts";

const good: SimTurn = { text: "It is settled." };

/** What a run did and said. */
function cameTo({ result, ran }: Played): unknown {
  const calls = result.toolCalls.map(({ call, input, outcome }) => [call.tool, input, outcome]);
  return { status: result.status, text: result.text, calls, ran };
}

/** Short streams, by the API they came over. */
const streams = (api: Api): Answer[] =>
  [...own[api], ...recordedAnswers(api)].filter(
    ({ contentType, bytes }) => contentType === "text/event-stream" && bytes.length < 10_000,
  );

type Change = (frames: readonly string[], at: number) => readonly string[];
const CHANGES: Readonly<Record<string, Change>> = {
  twice: (frames, at) => frames.flatMap((frame, index) => (index === at ? [frame, frame] : [frame])),
  "after the next": (frames, at) => [
    ...frames.slice(0, at),
    ...frames.slice(at + 1, at + 2),
    ...frames.slice(at, at + 1),
    ...frames.slice(at + 2),
  ],
  "not at all": (frames, at) => frames.filter((_, index) => index !== at),
};

/** Every version of a stream in which one of its events comes otherwise. */
async function* changed(answer: Answer, change: Change): AsyncGenerator<Played> {
  const frames = new TextDecoder().decode(answer.bytes).split(/(?<=\n\n)/);
  for (let at = 0; at < frames.length; at += 1) {
    yield await playBytes(answer, new TextEncoder().encode(change(frames, at).join("")));
  }
}

describe("one event of a stream that comes", () => {
  it.each(Object.entries(CHANGES))(
    "%s changes nothing on the Responses API, or fails the turn: its end has every item (row 52)",
    async (_, change) => {
      for (const answer of streams("responses")) {
        const uncut = await playBytes(answer, answer.bytes);
        for await (const played of changed(answer, change)) {
          if (givenUp(played).length > 0) expect(played).toMatchObject({ ran: 0, result: { toolCalls: [] } });
          else expect(sorted(cameTo(played))).toEqual(sorted(cameTo(uncut)));
        }
      }
    },
  );

  it.each(["chat", "messages"] as const)(
    "twice runs no tool twice over %s, and repeats no whole call (row 52)",
    async (api) => {
      for (const answer of streams(api)) {
        const uncut = await playBytes(answer, answer.bytes);
        const isWhole = /one call$|two calls$/.test(answer.name);
        for await (const played of changed(answer, CHANGES.twice as Change)) {
          expect(played.ran).toBeLessThanOrEqual(uncut.ran);
          // Nothing tells a piece that was sent twice from one that was said twice: these protocols number no events.
          if (isWhole && givenUp(played).length === 0) expect(cameTo(played)).toEqual(cameTo(uncut));
        }
      }
    },
  );

  it("twice is shown once where the server numbers its events, and kept as evidence (row 52)", async () => {
    const answer = ownAnswer("responses", "text");
    const played = await playEdited(answer, (json) =>
      json.type === "response.output_text.delta" ? [json, json] : [json],
    );
    expect(cameTo(played)).toEqual(cameTo(await playBytes(answer, answer.bytes)));
    expect(played.shown).toBe(played.result.text);
    expect(played.result.warnings).toEqual([]);
    expect(played.record.filter(({ type }) => type === "wire").length).toBeGreaterThan(5);
  });
});

/** The order of calls is that of their first events, which is what was changed. */
function sorted(came: unknown): unknown {
  const { calls, ...rest } = came as { calls: unknown[] }; // as cameTo gives it
  return { ...rest, calls: calls.map((call) => JSON.stringify(call)).sort() };
}

describe("a call of a server tool that the whole answer leaves out", () => {
  it.each(["all that was said of it", "all but how it began"])(
    "after %s has an outcome that is not known, and no call of a completed run stays open (row 53)",
    async (said) => {
      const isSearch = (item: Wire): boolean => item?.type === "web_search_call";
      const played = await playEdited(ownAnswer("responses", "server tools"), (json) => {
        if (json.type === "response.completed") {
          const output = json.response.output.filter((item: Wire) => !isSearch(item));
          return [{ ...json, response: { ...json.response, output } }];
        }
        const begins = json.type === "response.output_item.added" && isSearch(json.item);
        return said === "all but how it began" && begins ? [] : [json];
      });
      expect(givenUp(played)).toEqual([]);
      expect(played.result.status).toBe("completed");
      expect(played.result.toolCalls.map(({ call, outcome }) => [call.kind, outcome]).sort()).toEqual([
        ["code_execution", "ok"],
        ["web_search", "unknown"],
        ["x_search", "ok"],
      ]);
    },
  );
});

describe("an item that is given twice", () => {
  const again: Readonly<Record<Api, (json: Wire) => readonly unknown[]>> = {
    chat: (json) => {
      const [call] = json.choices[0]?.delta?.tool_calls ?? [];
      return call === undefined
        ? [json]
        : [json, { ...json, choices: [{ index: 0, delta: { tool_calls: [{ ...call, index: 1 }] } }] }];
    },
    responses: (json) => {
      if (json.type === "response.completed")
        return [{ ...json, response: { ...json.response, output: json.response.output.flatMap(twice) } }];
      return json.item?.type === "function_call" ? [json, { ...json, output_index: json.output_index + 1 }] : [json];
    },
    messages: (json) => (json.type.startsWith("content_block") ? [json, { ...json, index: json.index + 1 }] : [json]),
  };

  it.each(APIS)("as another item with the same id and arguments runs once over %s (rows 52, 61)", async (api) => {
    const answer = ownAnswer(api, "one call");
    const played = await playEdited(answer, again[api]);
    expect(played.ran).toBe(1);
    expect(played.result).toMatchObject({ status: "completed", text: "It is settled." });
    expect(played.result.toolCalls.map(({ outcome }) => outcome)[0]).toBe("ok");
  });

  it.each(APIS)(
    "with the same id over %s: once where it says the same, and the turn fails where it does not (rows 52, 61)",
    async (api) => {
      const same = await ask(api, [{ toolCalls: [weather("Lisbon", "call_a"), weather("Lisbon", "call_a")] }, good]);
      expect([same.ran, same.result.status]).toEqual([[{ city: "Lisbon" }], "completed"]);
      const other: SimTurn = { toolCalls: [weather("Lisbon", "call_a"), weather("Faro", "call_a")] };
      const mended = await ask(api, [other, good]);
      expect([mended.ran, givenUp(mended), mended.result.text]).toEqual([[], ["malformed_event"], "It is settled."]);
      const lasting = await ask(api, () => other);
      expect(lasting.result).toMatchObject({ status: "failed", error: { code: "malformed_event" }, toolCalls: [] });
      expect(lasting.ran).toEqual([]);
    },
  );

  it("done twice under another id is a contradiction, and no call runs (row 52)", async () => {
    const answer = ownAnswer("responses", "one call");
    const played = await playEdited(answer, (json) =>
      json.type === "response.output_item.done"
        ? [json, { ...json, item: { ...json.item, call_id: "call_other" } }]
        : [json],
    );
    expect([played.ran, givenUp(played)]).toEqual([0, ["malformed_event"]]);
  });
});

function twice<T>(item: T): readonly T[] {
  return [item, item];
}

describe("calls", () => {
  const strip: Readonly<Record<Api, (json: Wire) => Wire>> = {
    chat: (json) => without(json, "id", (holder) => holder.function !== undefined),
    responses: (json) => without(json, "call_id", (holder) => holder.type === "function_call"),
    messages: (json) => without(json, "id", (holder) => holder.type === "tool_use"),
  };

  it.each(APIS)("with an empty id over %s get one of ours each, and the results find them (row 62)", async (api) => {
    const { result, ran, requests } = await ask(api, [
      { toolCalls: [weather("Lisbon", ""), weather("Faro", "")] },
      good,
    ]);
    expect(result).toMatchObject({ status: "completed", text: "It is settled." });
    expect(ran).toEqual([{ city: "Lisbon" }, { city: "Faro" }]);
    const ids = result.toolCalls.map(({ call }) => call.id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(JSON.stringify(requests[1]).split(`_id":"${id}"`).length).toBeGreaterThan(1);
  });

  it.each(APIS)("with no id at all over %s get one, or the turn fails with a clear text (row 62)", async (api) => {
    const answer = ownAnswer(api, "two calls");
    const played = await playEdited(answer, (json) => [strip[api](json)]);
    if (api === "responses") {
      expect([played.ran, givenUp(played)]).toEqual([0, ["malformed_event"]]);
      const retrying = played.record.find((event) => event.type === "turn.retrying");
      expect(retrying?.error.message).toContain("function_call");
    } else {
      expect(played.ran).toBe(2);
      expect(new Set(played.result.toolCalls.map(({ call }) => call.id)).size).toBe(2);
    }
    expect(played.result).toMatchObject({ status: "completed", text: "It is settled." });
  });
});

/** JSON without a field of the objects that are meant. */
function without(json: Wire, field: string, isMeant: (holder: Wire) => boolean): Wire {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((item) => without(item, field, isMeant));
  const fields = Object.entries(json).filter(([name]) => name !== field || !isMeant(json));
  return Object.fromEntries(fields.map(([name, value]) => [name, without(value, field, isMeant)]));
}

describe("an end that differs from what was streamed", () => {
  const CONTRADICTED = [{ code: "answer_contradicted", message: expect.stringMatching(/end/) }];

  it("in its text is the answer, and a warning says so (row 53)", async () => {
    const answer = ownAnswer("responses", "text");
    const played = await playEdited(answer, (json) => {
      if (json.type !== "response.output_text.delta" || json.delta !== "Sail") return [json];
      return [{ ...json, delta: "Row" }];
    });
    expect(cameTo(played)).toEqual(cameTo(await playBytes(answer, answer.bytes)));
    expect(played.result.warnings).toEqual(CONTRADICTED);
  });

  it("in the arguments of a call decides what runs, and a warning says so (row 53)", async () => {
    const answer = ownAnswer("responses", "one call");
    const played = await playEdited(answer, (json) => {
      const isPiece = json.type === "response.function_call_arguments.delta";
      return [isPiece ? { ...json, delta: '{"city":"Atlantis"}' } : json];
    });
    expect(cameTo(played)).toEqual(cameTo(await playBytes(answer, answer.bytes)));
    expect(played.result.warnings).toEqual(CONTRADICTED);
  });

  it("by lacking a call that was streamed does not run it, and a warning says so (row 53)", async () => {
    const answer = ownAnswer("responses", "citations, and a call of ours");
    const played = await playEdited(answer, (json) => {
      if (json.type !== "response.completed") return [json];
      const output = json.response.output.filter((item: Wire) => item.type !== "function_call");
      return [{ ...json, response: { ...json.response, output } }];
    });
    expect(played.ran).toBe(0);
    expect(played.result).toMatchObject({ status: "completed", text: expect.stringContaining("Wind turns west") });
    expect(played.result.warnings).toEqual(CONTRADICTED);
  });

  it("by leaving its output out differs in nothing: the items that were streamed are the answer, each once (rows 52, 53)", async () => {
    const withoutOutput = (json: Wire): Wire => {
      const isEnd = json.type === "response.completed" || json.type === "response.incomplete";
      return isEnd ? { ...json, response: { ...json.response, output: [] } } : json;
    };
    for (const answer of own.responses) {
      const uncut = cameTo(await playBytes(answer, answer.bytes));
      const played = await playEdited(answer, (json) => [withoutOutput(json)]);
      expect(cameTo(played)).toEqual(uncut);
      expect(played.result.warnings).toEqual([]);
      const repeated = await playEdited(answer, (json) => twice(withoutOutput(json)));
      expect(cameTo(repeated)).toEqual(uncut);
    }
  });

  it("is found in no recording: what servers really send does not contradict itself (row 53)", async () => {
    for (const answer of recordedAnswers("responses")) {
      const { result } = await playBytes(answer, answer.bytes);
      expect([answer.name, result.warnings.filter(({ code }) => code === "answer_contradicted")]).toEqual([
        answer.name,
        [],
      ]);
    }
    expect(own.responses.length).toBeGreaterThan(5); // there may be no recordings here
  });

  it("in its finish reason is a contradiction over chat and messages, and the turn is asked for again (row 53)", async () => {
    const chat = await playEdited(ownAnswer("chat", "text"), (json) =>
      json.choices[0]?.finish_reason === "stop"
        ? [json, { ...json, choices: [{ index: 0, delta: {}, finish_reason: "length" }] }]
        : [json],
    );
    const messages = await playEdited(ownAnswer("messages", "text"), (json) =>
      json.type === "message_delta" ? [json, { ...json, delta: { stop_reason: "max_tokens" } }] : [json],
    );
    for (const played of [chat, messages]) {
      expect([givenUp(played), played.result.text]).toEqual([["malformed_event"], "It is settled."]);
    }
  });
});
