import Anthropic from "@anthropic-ai/sdk";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgentError } from "../../src/errors.ts";
import { createEndpoint, type MessagesAnswer, type MessagesEvent, type MessagesUsage } from "../../src/wire/index.ts";
import {
  absent,
  asJson,
  bare,
  bodyOf,
  fold,
  hasMessages,
  type Json,
  type Read,
  readMessage,
  readOver,
  recordedMessageBodies,
  recordedMessages,
} from "./messages-support.ts";
import { bytes, failureOf, KEY, replay, serve, splitAt } from "./support.ts";

const streams = recordedMessages();
const bodies = recordedMessageBodies();

const COUNTS = [
  "input_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
  "output_tokens_details",
  "server_tool_use",
  "service_tier",
] as const;

/** The counts we read, of a recorded usage. */
const countsOf = (usage: Json): MessagesUsage =>
  Object.fromEntries(COUNTS.flatMap((name) => (usage?.[name] == null ? [] : [[name, usage[name]]])));

/** Nothing of a recorded message is lost: blocks to the last field, counts, and every field we do not read. */
function expectWhole(answer: MessagesAnswer, recorded: Json): void {
  const { id, type, role, model, content, stop_reason, stop_sequence, stop_details, usage, ...rest } = recorded;
  expect(answer.raw).toEqual(content);
  expect(answer).toMatchObject({ id, type, role, model, stop_reason });
  expect([answer.stop_sequence ?? null, answer.stop_details ?? null]).toEqual([
    stop_sequence ?? null,
    stop_details ?? null,
  ]);
  expect(answer.usage).toEqual(countsOf(usage));
  expect(answer.rest ?? {}).toEqual(rest);
  expectContent(answer);
}

/** What we read of the blocks says the same as they do. */
function expectContent({ content, raw }: MessagesAnswer): void {
  expect(content).toHaveLength(raw.length);
  for (const [place, block] of content.entries()) {
    const own = raw[place];
    if (block.type === "other") expect(block.block).toEqual(own);
    else if ("input_json" in block) {
      const { input_json, ...fields } = block;
      expect(own).toMatchObject(fields);
      expect(JSON.parse(input_json)).toEqual(own?.input);
    } else expect(own).toMatchObject(block);
  }
}

/** Of an input that came as JSON nobody knows how the model had spaced it. */
const withoutSpaces = (answer: MessagesAnswer): unknown => ({
  ...answer,
  content: answer.content.map((block) =>
    "input_json" in block ? { ...block, input_json: JSON.stringify(JSON.parse(block.input_json)) } : block,
  ),
});

const withoutUnknown = ({ events, answer }: Read): Read => ({
  events: events.filter(({ type }) => type !== "unknown"),
  answer,
});

const readBytes = (...reads: Uint8Array[]): Promise<Read> => readOver(replay(reads));

describe.skipIf(!hasMessages)(`recorded streams of messages${absent}`, () => {
  test("were found", () => {
    expect(streams).toHaveLength(9);
    expect(bodies).toHaveLength(9);
  });

  test.each(streams)("$name is what Anthropic's own client makes of it", async ({ whole, payloads }) => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" }).end(whole);
    });
    const { answer } = await readMessage(createEndpoint({ apiKey: KEY, baseUrl: server.url }));
    const anthropic = new Anthropic({ apiKey: KEY, baseURL: server.url, maxRetries: 0 });
    const ask = { model: "m", max_tokens: 9, messages: [{ role: "user" as const, content: "x" }] };
    const theirs = await anthropic.beta.messages.stream(ask).finalMessage();
    expect(answer.raw).toEqual(JSON.parse(JSON.stringify(theirs.content)));
    expect(answer).toMatchObject({ id: theirs.id, model: theirs.model, stop_reason: theirs.stop_reason });
    expect(answer.usage).toEqual(countsOf(mergedUsage(payloads)));
    expectContent(answer);
  });

  test.each(streams)("every event of $name is represented, in its order", async ({ whole, payloads }) => {
    const { events } = await readBytes(whole);
    expect(events.map(({ type }) => type)).toEqual(payloads.map(({ type }) => type));
    for (const [place, event] of events.entries()) expectSame(event, payloads[place]);
  });

  test.each(streams)("$name needs neither names of events nor types beside them", async ({ whole, payloads }) => {
    const reference = await readBytes(whole);
    expect(await readBytes(bytes(bare(payloads)))).toEqual(reference);
    const outside = payloads.map(({ type, ...data }) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
    expect(await readBytes(bytes(outside.join("")))).toEqual(reference);
  });

  test.each(streams)("$name streamed and awaited is one answer", async ({ whole }) => {
    const { answer } = await readBytes(whole);
    const awaited = (await readOver(asJson(bodyOf(answer)))).answer;
    expect(withoutSpaces(awaited)).toEqual(withoutSpaces(answer));
  });

  test.each(streams)("$name gives the same however the network splits it", async ({ whole }) => {
    const reference = await readBytes(whole);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 60 }), async (offsets) => {
        expect(await readBytes(...splitAt(whole, offsets))).toEqual(reference);
      }),
      { numRuns: 20 },
    );
  });

  test.each(streams)("$name cut before the end of its last event is no answer", async ({ whole, payloads }) => {
    // An event counts with the blank line behind it.
    const end = bytes(new TextDecoder().decode(whole).trimEnd()).length;
    const sampled = fc.sample(fc.nat(end), { numRuns: 200, seed: 20261121 });
    for (const length of new Set([0, ...sampled, end])) {
      expect(await failureOf(readBytes(whole.subarray(0, length)))).toMatchObject({
        code: "stream_incomplete",
        retryable: true,
      });
    }
    expect(await failureOf(readBytes(bytes(bare(payloads.slice(0, -1)))))).toBeInstanceOf(AgentError);
  });
});

/** The usage of a stream, as its events tell it. */
const mergedUsage = (payloads: readonly Json[]): Json => ({
  ...payloads[0].message.usage,
  ...payloads.find(({ type }) => type === "message_delta").usage,
});

function expectSame(event: MessagesEvent, payload: Json): void {
  if (event.type === "content_block_start") expect(event.raw).toEqual(payload.content_block);
  if (event.type === "content_block_delta" && event.delta.type !== "other") expect(event.delta).toEqual(payload.delta);
  if ("index" in event) expect(event.index).toBe(payload.index);
  if (event.type !== "message_delta") return;
  const { stop_details, rest, usage } = event;
  expect(stop_details ?? null).toEqual(payload.delta.stop_details ?? null);
  expect(rest?.context_management).toEqual(payload.context_management);
  expect(usage).toEqual(countsOf(payload.usage));
}

/** JSON has no -0. */
const json: fc.Arbitrary<unknown> = fc.json().map((text) => JSON.parse(text));

/** Events nobody knows: of any name, or without one, with anything in them that is no error. */
const unknownEvent: fc.Arbitrary<Json> = fc.oneof(
  fc.record({ type: fc.stringMatching(/^zz_[a-z_.]{1,20}$/), index: fc.nat(3), item: json }),
  fc.record({ zz: json }),
  fc.constantFrom({ type: "content_block_zz", index: 0 }, [], 7),
);

const unknownFields: fc.Arbitrary<object> = fc.dictionary(fc.stringMatching(/^zz_[a-z]{1,8}$/), json);

describe.skipIf(!hasMessages)(`what nobody knows, inserted into recorded streams${absent}`, () => {
  test.each(streams)("at every position of $name changes nothing but adds unknown events", async ({ payloads }) => {
    const reference = await readBytes(bytes(bare(payloads)));
    await fc.assert(
      fc.asyncProperty(fc.array(unknownEvent, { minLength: 1, maxLength: 20 }), async (pool) => {
        const inserted = [...payloads, undefined].map((_, place) => pool[place % pool.length]);
        const mixed = [inserted[0], ...payloads.flatMap((payload, place) => [payload, inserted[place + 1]])];
        const read = await readBytes(bytes(bare(mixed)));
        expect(withoutUnknown(read)).toEqual(reference);
        expect(read.events.flatMap((event) => (event.type === "unknown" ? [event.item] : []))).toEqual(inserted);
      }),
      { numRuns: 10 },
    );
  });

  test.each(streams)("as fields of the blocks of $name is kept with them", async ({ payloads }) => {
    const reference = await fold(payloads);
    await fc.assert(
      fc.asyncProperty(unknownFields, async (fields) => {
        const changed = payloads.map((payload) =>
          payload.type === "content_block_start"
            ? { ...payload, content_block: { ...payload.content_block, ...fields } }
            : { ...payload, ...(payload.type === "message_delta" ? {} : fields) },
        );
        const { raw } = await fold(changed);
        expect(raw).toEqual(reference.raw.map((block) => ({ ...block, ...fields })));
      }),
      { numRuns: 5 },
    );
  });

  test.each(streams)("as fields of the message of $name is kept with it", async ({ payloads }) => {
    const [first, ...others] = payloads;
    const changed = [{ ...first, message: { ...first.message, zz_new: [1, { two: null }], zz_none: null } }, ...others];
    expect((await fold(changed)).rest).toMatchObject({ zz_new: [1, { two: null }] });
    expect((await fold(changed)).rest).not.toHaveProperty("zz_none");
  });
});

describe.skipIf(!hasMessages)(`recorded whole messages${absent}`, () => {
  test.each(bodies)("$name is accepted in the place of a stream, with nothing lost", async ({ body }) => {
    const { events, answer } = await readOver(asJson(body));
    expectWhole(answer, body);
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(["message_start", "message_stop"]);
    const shown = events.flatMap((event) =>
      event.type === "content_block_delta" && event.delta.type === "text_delta" ? [event.delta.text] : [],
    );
    expect(shown).toEqual(body.content.filter(({ type }: Json) => type === "text").map(({ text }: Json) => text));
  });
});
