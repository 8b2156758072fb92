import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentError } from "../../src/errors.ts";
import { createEndpoint, type ResponsesEvent, type ResponsesResponse } from "../../src/wire/index.ts";
import {
  absent,
  asJson,
  fold,
  hasResponses,
  type Json,
  type Read,
  readOver,
  readResponse,
  recordedBodies,
  recordedResponses,
  wholeStream,
} from "./responses-support.ts";
import { bytes, failureOf, frames, KEY, replay, serve, splitAt } from "./support.ts";

const streams = recordedResponses();
const bodies = recordedBodies();
const answers = bodies.filter(({ body }) => "output" in body);

/** Nothing of a recorded response is lost: items to the last field, counts, and every field we do not read. */
function expectWhole(response: ResponsesResponse, recorded: Json): void {
  expect(response.output).toEqual(recorded.output);
  expect(response).toMatchObject({ id: recorded.id, model: recorded.model, status: recorded.status });
  const { input_tokens, output_tokens, total_tokens, input_tokens_details, output_tokens_details } = recorded.usage;
  expect(response.usage).toMatchObject({ input_tokens, output_tokens, total_tokens });
  expect(response.usage?.input_tokens_details?.cached_tokens).toBe(input_tokens_details?.cached_tokens);
  expect(response.usage?.output_tokens_details?.reasoning_tokens).toBe(output_tokens_details?.reasoning_tokens);
  expect(response.usage?.cost_in_usd_ticks).toBe(recorded.usage.cost_in_usd_ticks);
  expect(response.usage?.num_server_side_tools_used).toBe(recorded.usage.num_server_side_tools_used);
  for (const name of ["tools", "tool_choice", "text", "reasoning", "temperature", "store"]) {
    expect(Reflect.get(response, name)).toEqual(recorded[name]);
  }
}

const withoutUnknown = ({ events, response }: Read): Read => ({
  events: events.filter(({ type }) => type !== "unknown"),
  response,
});

const wholeRead = (payloads: readonly unknown[]): Promise<Read> => readOver(replay([wholeStream(payloads)]));

describe.skipIf(!hasResponses)(`recorded streams of responses${absent}`, () => {
  test("were found", () => {
    expect(streams.length).toBeGreaterThanOrEqual(14);
    expect(answers.length).toBeGreaterThanOrEqual(15);
  });

  test.each(streams)("$name is folded to its terminal event, with nothing lost", async ({ payloads, terminal }) => {
    expectWhole(await fold(payloads), terminal);
  });

  test.each(streams)("$name is the same over a real connection", async ({ payloads, terminal }) => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" }).end(wholeStream(payloads));
    });
    expectWhole((await readResponse(createEndpoint({ apiKey: KEY, baseUrl: server.url }))).response, terminal);
  });

  test.each(streams)("every event of $name is represented, or handed out whole", async ({ payloads }) => {
    const { events } = await wholeRead(payloads);
    expect(events).toHaveLength(payloads.length);
    for (const [place, event] of events.entries()) {
      if (event.type === "unknown") expect(event.item).toEqual(payloads[place]);
      else expect(event.type).toBe(payloads[place].type);
    }
    const unknown = events.flatMap((event) => (event.type === "unknown" ? (event.event ?? "") : []));
    expect(unknown.every((type) => type.startsWith("response.shell_call_command."))).toBe(true);
  });

  test.each(streams)("$name streamed and awaited is one answer", async ({ payloads, terminal }) => {
    expect((await readOver(asJson(terminal))).response).toEqual(await fold(payloads));
  });

  test.each(streams)("$name gives the same however the network splits it", async ({ payloads }) => {
    const whole = wholeStream(payloads);
    const reference = await wholeRead(payloads);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 60 }), async (offsets) => {
        expect(await readOver(replay(splitAt(whole, offsets)))).toEqual(reference);
      }),
      { numRuns: 20 },
    );
  });

  test.each(streams)("$name cut short is the same answer or a typed error", async ({ payloads }) => {
    const whole = wholeStream(payloads);
    const reference = await fold(payloads);
    const lengths = payloads.map((payload) => bytes(frames([payload])).length);
    let at = 0;
    const boundaries = lengths.map((length) => {
      at += length;
      return at;
    });
    const random = fc.sample(fc.nat(whole.length - 1), { numRuns: 300, seed: 20261121 });
    for (const length of new Set([...boundaries, ...random])) {
      await expectSameOrTyped(whole.subarray(0, length), reference);
    }
  });
});

async function expectSameOrTyped(cut: Uint8Array, reference: ResponsesResponse): Promise<void> {
  try {
    expect((await readOver(replay([cut]))).response).toEqual(reference);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    expect(error).toMatchObject({ code: "stream_incomplete", retryable: true });
  }
}

/** JSON has no -0. */
const json: fc.Arbitrary<unknown> = fc.json().map((text) => JSON.parse(text));

/** Events nobody knows: of any name, or without one, with anything in them that is no error. */
const unknownEvent: fc.Arbitrary<Json> = fc.oneof(
  fc.record({
    // Whatever is called `…_call.…` is known to be a phase of a server's call.
    type: fc.stringMatching(/^(response\.)?zz_[a-z_.]{1,20}$/).filter((type) => !type.includes("_call.")),
    output_index: fc.nat(3),
    item: json,
  }),
  fc.record({ zz: json }),
  fc.constantFrom({ type: "ping" }, { type: "response.doom_loop_check", doom_loop_check: { triggers: [] } }, [], 7),
);

const unknownFields: fc.Arbitrary<object> = fc.dictionary(fc.stringMatching(/^zz_[a-z]{1,8}$/), json);

describe.skipIf(!hasResponses)(`what nobody knows, inserted into recorded streams${absent}`, () => {
  test.each(streams)("at every position of $name changes nothing but adds unknown events", async ({ payloads }) => {
    const reference = await wholeRead(payloads);
    await fc.assert(
      fc.asyncProperty(fc.array(unknownEvent, { minLength: 1, maxLength: 20 }), async (pool) => {
        const inserted = [...payloads, undefined].map((_, place) => pool[place % pool.length]);
        const mixed = [inserted[0], ...payloads.flatMap((payload, place) => [payload, inserted[place + 1]])];
        const read = await wholeRead(mixed);
        expect(withoutUnknown(read)).toEqual(withoutUnknown(reference));
        const known = new Set(payloads.filter((_, place) => reference.events[place]?.type !== "unknown"));
        expect(unknownItems(read.events)).toEqual(mixed.filter((payload) => !known.has(payload)));
      }),
      { numRuns: 10 },
    );
  });

  test.each(streams)("as fields of every event of $name changes nothing", async ({ payloads }) => {
    const reference = withoutUnknown(await wholeRead(payloads));
    await fc.assert(
      fc.asyncProperty(unknownFields, async (fields) => {
        const read = await wholeRead(payloads.map((payload) => ({ ...fields, ...payload })));
        expect(withoutUnknown(read)).toEqual(reference);
      }),
      { numRuns: 3 },
    );
  });

  test.each(streams)("as fields of the items of $name is kept with them", async ({ payloads, terminal }) => {
    const output = terminal.output.map((item: Json) => ({ ...item, zz_new: [1, { two: null }] }));
    const changed = [...payloads.slice(0, -1), { ...payloads.at(-1), response: { ...terminal, output } }];
    expect((await fold(changed)).output).toEqual(output);
  });
});

const unknownItems = (events: readonly ResponsesEvent[]): unknown[] =>
  events.flatMap((event) => (event.type === "unknown" ? [event.item] : []));

describe.skipIf(!hasResponses)(`recorded streams, sent another way${absent}`, () => {
  test.each(streams)("$name needs no [DONE]", async ({ payloads }) => {
    expect((await readOver(replay([bytes(frames(payloads))]))).response).toEqual(await fold(payloads));
  });

  test.each(streams)("$name may name its events outside of the data", async ({ payloads }) => {
    const named = payloads.map(({ type, ...data }) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
    const read = withoutUnknown(await readOver(replay([bytes(named.join(""))])));
    expect(read).toEqual(withoutUnknown(await wholeRead(payloads)));
  });

  test.each(streams)("$name without an output at its end is what was streamed", async ({ payloads, terminal }) => {
    const bare = [...payloads.slice(0, -1), { ...payloads.at(-1), response: { ...terminal, output: [] } }];
    const done = payloads.filter(({ type }) => type === "response.output_item.done").map(({ item }) => item);
    expect((await fold(bare)).output).toEqual(done);
  });

  test.each(streams)("$name read in pieces alone has its texts", async ({ payloads, terminal }) => {
    const pieces = payloads.filter(({ type }) => !/\.done$/.test(type));
    const bare = [...pieces.slice(0, -1), { ...payloads.at(-1), response: { ...terminal, output: [] } }];
    const deltas = (type: string) => pieces.filter((event) => event.type === type).map(({ delta }) => delta);
    const { output } = await fold(bare.filter(({ type }) => type !== "response.output_text.annotation.added"));
    const parts: Json[] = output.flatMap((item: Json) => (item.type === "message" ? item.content : []));
    expect(parts.map(({ text }) => text).join("")).toBe(deltas("response.output_text.delta").join(""));
  });
});

describe.skipIf(!hasResponses)(`recorded whole responses${absent}`, () => {
  test.each(answers)("$name is accepted in the place of a stream", async ({ body }) => {
    const { events, response } = await readOver(asJson(body));
    expect(events.map(({ type }) => type)).toEqual(["response.completed"]);
    expectWhole(response, body);
  });

  test.each(bodies.filter(({ body }) => "error" in body && !("output" in body)))(
    "$name is an error, never an answer",
    async ({ body }) => {
      expect(await failureOf(readOver(asJson(body)))).toMatchObject({ status: 200, serverCode: "insufficient_quota" });
      expect(await failureOf(readOver(asJson(body, 429)))).toMatchObject({ code: "rate_limited", status: 429 });
    },
  );
});
