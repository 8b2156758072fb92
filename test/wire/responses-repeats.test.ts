import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeResponsesEvent, type ResponsesEvent, streamResponses } from "../../src/wire/index.ts";
import { hasResponses, recordedResponses } from "./responses-support.ts";
import { BODY, bytes, endpointOver, failureOf, replay } from "./support.ts";

/** The events of one answer whose frames are these. */
async function readFrames(text: string): Promise<readonly ResponsesEvent[]> {
  const endpoint = endpointOver(replay([bytes(text)]));
  const events: ResponsesEvent[] = [];
  const answer = await streamResponses(endpoint, BODY, { signal: new AbortController().signal });
  for await (const batch of answer.events) events.push(...batch);
  return events;
}

const read = (texts: readonly string[]): Promise<readonly ResponsesEvent[]> =>
  readFrames(texts.map((text) => `data: ${text}\n\n`).join(""));

/** What each is when it is read by itself, and kept whole where it is the one before once more. */
function decoded(texts: readonly string[]): readonly ResponsesEvent[] {
  let isCounting = false;
  return texts.map((text, at) => {
    const json = JSON.parse(text);
    const before = JSON.parse(texts[at - 1] ?? "{}");
    const isSame = isCounting && isNumber(json.sequence_number) && JSON.stringify(json) === JSON.stringify(before);
    isCounting ||= isNumber(before.sequence_number) && json.sequence_number > before.sequence_number;
    return isSame ? { type: "unknown", event: json.type, item: json } : decodeResponsesEvent(json);
  });
}

const isNumber = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const PLACE = { content_index: 0, item_id: "msg_1", output_index: 1 };
/** In the order in which xAI writes it. */
const piece = (sequence_number: unknown, delta: unknown, rest: object = {}): object => ({
  sequence_number,
  type: "response.output_text.delta",
  content_index: 0,
  delta,
  item_id: "msg_1",
  output_index: 1,
  logprobs: [],
  ...rest,
});

describe("events that are alike but for their number and their text", () => {
  const said = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("", '"', '\\"', "\\", '","delta":"', '"delta":"', '"sequence_number":7,', "fairwitness was here"),
    fc.constantFrom('"}', "\u2028", '","sequence_number":1,"delta":"'),
  );
  /** Mostly the next, and else the same again, one before, none, or no number of an event. */
  const steps = fc.oneof(
    { weight: 8, arbitrary: fc.constant(1) },
    fc.constantFrom(0, 9, 90, -1, 0.5, 1e15, 123_456_789, undefined, "7", null, -0),
  );
  type Make = (number: unknown) => object;
  const making = (make: (delta: string, number: unknown) => object): fc.Arbitrary<Make> =>
    said.map((delta) => (number) => make(delta, number));
  const type = "response.output_text.delta";
  const one: fc.Arbitrary<Make> = fc.oneof(
    { weight: 4, arbitrary: making((delta, number) => piece(number, delta)) },
    making((delta, number) => piece(number, delta, { type: "response.reasoning_text.delta" })),
    making((delta, number) => piece(number, delta, { content_index: delta.length % 3 })),
    making((delta, number) => piece(number, delta, { output_index: delta.length % 3 })),
    making((delta, number) => piece(number, delta, { output_index: "1" })),
    making((delta, number) => piece(number, { delta })),
    making((delta, number) => piece(number, "same", { more: { delta, sequence_number: number } })),
    making((delta, number) => ({ sequence_number: number, more: { delta }, ...piece(number, "same") })),
    making((delta, number) => ({ more: { sequence_number: 1, delta }, ...piece(number, delta) })),
    making((delta, number) => ({ type: "response.refusal.delta", sequence_number: number, delta, ...PLACE })),
    making((delta, number) => ({ type, ...PLACE, delta, sequence_number: number })),
    making((text, number) => ({ sequence_number: number, type: "response.output_text.done", text, ...PLACE })),
    making((_, number) => ({ sequence_number: number, type: "response.web_search_call.searching", ...PLACE })),
  );

  test("are what they would be if each was read by itself", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(one, fc.array(steps, { maxLength: 5 })), { maxLength: 30 }), async (some) => {
        let last = 0;
        const numbered = (step: unknown): unknown => {
          if (typeof step !== "number" || last + step < 0) return step;
          last += step;
          return last;
        };
        const texts = some.flatMap(([make, rest]) => [1, ...rest].map((step) => JSON.stringify(make(numbered(step)))));
        expect(await read(texts)).toEqual(decoded(texts));
      }),
      { numRuns: 500 },
    );
  });

  test("may write their text with any escapes, or the same name twice", async () => {
    const forms = [
      '"\\u0061\\/"',
      '"\\""',
      '"\\\\"',
      '"b","delta":"c"',
      '"b","content_index":7',
      ' "b" ',
      "null",
      '""',
    ];
    const texts = [0, 1, 2].map((number) => JSON.stringify(piece(number, "a")));
    const more = forms.map((form, at) => JSON.stringify(piece(3 + at, "a")).replace('"a"', form));
    const last = JSON.stringify(piece(99, "a"));
    expect(await read([...texts, ...more, last])).toEqual(decoded([...texts, ...more, last]));
  });

  test("may write their number in any way that JSON has", async () => {
    const forms = ["3", "4.0", "5e0", " 6", "7 ", "0", "-0", "10000000000000000", '1,"sequence_number":8', "null", "9"];
    const texts = [0, 1, 2].map((number) => JSON.stringify(piece(number, "a")));
    const more = forms.map((form) => JSON.stringify(piece(77, "a")).replace("77", form));
    expect(await read([...texts, ...more])).toEqual(decoded([...texts, ...more]));
  });

  test("are parsed where they are not whole", async () => {
    const [first, second, third, fourth] = [0, 1, 2, 3].map((number) => JSON.stringify(piece(number, "a")));
    for (const form of ['"\\"', '"', '"\\x"', '"b""c"', '"\t"']) {
      const failure = await failureOf(
        read([first ?? "", second ?? "", third ?? "", fourth?.replace('"a"', form) ?? ""]),
      );
      expect(failure).toMatchObject({ code: "malformed_event" });
    }
    for (const form of ["03", "+3", "", "3.", "3 3"]) {
      const last = fourth?.replace(":3,", `:${form},`) ?? "";
      expect(await failureOf(read([first ?? "", second ?? "", third ?? "", last]))).toMatchObject({
        code: "malformed_event",
      });
    }
  });

  test("are told from one that was sent twice", async () => {
    const plain = (...numbers: readonly number[]): readonly object[] => numbers.map((number) => piece(number, "a"));
    const nested = (...numbers: readonly number[]): readonly object[] =>
      numbers.map((sequence_number) => ({ more: { sequence_number }, ...piece(7, "a") }));
    const answers: readonly (readonly [readonly object[], readonly number[]])[] = [
      [
        [...plain(0, 1, 2, 3, 3, 4, 4, 4), piece(4, "b"), piece(5, "b")],
        [4, 6, 7],
      ],
      [plain(0, 0, 0, 1, 1), [4]],
      [[piece(6, "a"), ...nested(11, 12, 13, 14, 14, 15)], [5]],
    ];
    for (const [answer, twice] of answers) {
      const events = await read(answer.map((json) => JSON.stringify(json)));
      expect(events.flatMap(({ type }, at) => (type === "unknown" ? [at] : []))).toEqual(twice);
    }
  });

  test("may have names", async () => {
    const texts = [0, 1, 2, 3].map((number) => JSON.stringify(piece(number, `${number}`)));
    const named = texts.map((text) => `event: response.output_text.delta\ndata: ${text}\n\n`).join("");
    expect(await readFrames(named)).toEqual(decoded(texts));
  });

  test("are objects of their own", async () => {
    const texts = [0, 1, 2, 3].map((number) => JSON.stringify(piece(number, "a")));
    const endpoint = endpointOver(replay(texts.map((text) => bytes(`data: ${text}\n\n`))));
    const answer = await streamResponses(endpoint, BODY, { signal: new AbortController().signal });
    for await (const [event] of answer.events) {
      expect(event).toEqual(decodeResponsesEvent(piece(0, "a")));
      Object.assign(event ?? {}, { item_id: "other", delta: "other" });
    }
  });

  test("come after many that are not alike", async () => {
    const odd = Array.from({ length: 20 }, (_, n) => piece(n, "a", { obfuscation: "x".repeat(n) }));
    const texts = [...odd, piece(20, "b"), piece(21, "c"), piece(22, "d")].map((json) => JSON.stringify(json));
    expect(await read(texts)).toEqual(decoded(texts));
  });

  test.runIf(hasResponses)("are read the same in all that was recorded", async () => {
    for (const { payloads } of recordedResponses()) {
      const texts = payloads.map((payload) => JSON.stringify(payload));
      if (texts.some((text) => text.includes('"response.failed"') || text.includes('"type":"error"'))) continue;
      expect(await read(texts)).toEqual(decoded(texts));
    }
  });
});
