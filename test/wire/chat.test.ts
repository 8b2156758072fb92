import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChatCompletion, createChatAccumulator, decodeChatChunk } from "../../src/wire/index.ts";
import { bytes, endpointOver, frames, readAll, replay } from "./support.ts";

const choice = (delta: object, rest: object = {}): object => ({ choices: [{ index: 0, delta, ...rest }] });
const end = (finish_reason: string): object => choice({}, { finish_reason });
const call = (fields: { index?: number; id?: string; name?: string; arguments?: unknown }): object =>
  choice({
    tool_calls: [
      {
        ...(fields.index === undefined ? {} : { index: fields.index }),
        ...(fields.id === undefined ? {} : { id: fields.id }),
        type: "function",
        function: {
          ...(fields.name === undefined ? {} : { name: fields.name }),
          ...(fields.arguments === undefined ? {} : { arguments: fields.arguments }),
        },
      },
    ],
  });

function fold(...chunks: readonly object[]): ChatCompletion {
  const accumulator = createChatAccumulator();
  for (const chunk of chunks) accumulator.add(decodeChatChunk(chunk));
  return accumulator.finish();
}

const callsOf = (completion: ChatCompletion) =>
  completion.choices[0]?.message.tool_calls?.map(({ id, function: asked }) => [id, asked.name, asked.arguments]);

describe("tool calls", () => {
  test("in any fragments and any interleaving are the same calls", () => {
    const wanted = fc.array(
      fc.record({ id: fc.uuid(), name: fc.constantFrom("get_weather", "search"), args: fc.json({ maxDepth: 2 }) }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(wanted, fc.array(fc.nat(4), { maxLength: 80 }), fc.nat(9), (calls, order, size) => {
        const queues = calls.map(({ id, name, args }, index) => [
          call({ index, id, name, arguments: "" }),
          ...(args.match(new RegExp(`[^]{1,${size + 1}}`, "g")) ?? []).map((piece) =>
            call({ index, id: "", arguments: piece }),
          ),
        ]);
        const chunks: object[] = [];
        for (const pick of order) chunks.push(...(queues[pick % queues.length]?.splice(0, 1) ?? []));
        chunks.push(...queues.flat(), end("tool_calls"));
        expect(callsOf(fold(...chunks))).toEqual(calls.map(({ id, name, args }) => [id, name, args]));
      }),
    );
  });

  test("without an index are told apart by id, else by name", () => {
    const whole = fold(
      call({ id: "a", name: "f", arguments: '{"x"' }),
      call({ id: "a", arguments: ":1}" }),
      call({ id: "b", name: "f", arguments: "{" }),
      call({ arguments: "}" }),
      call({ name: "g", arguments: "{}" }),
      end("tool_calls"),
    );
    expect(callsOf(whole)).toEqual([
      ["a", "f", '{"x":1}'],
      ["b", "f", "{}"],
      ["", "g", "{}"],
    ]);
  });

  test("several in one chunk, from index 1 on, or out of order, are all there by index", () => {
    const both = choice({
      tool_calls: [
        { index: 2, id: "b", function: { name: "g", arguments: "{}" } },
        { index: 1, id: "a", function: { name: "f", arguments: "{}" } },
      ],
    });
    expect(callsOf(fold(both, end("stop")))).toEqual([
      ["a", "f", "{}"],
      ["b", "g", "{}"],
    ]);
  });

  test("whose arguments are an object and not text are written as text", () => {
    expect(callsOf(fold(call({ index: 0, id: "a", name: "f", arguments: { x: 1 } }), end("stop")))).toEqual([
      ["a", "f", '{"x":1}'],
    ]);
  });

  test("make the finish reason tool_calls, unless the answer was cut", () => {
    const asked = call({ index: 0, id: "a", name: "f", arguments: "{}" });
    for (const reason of ["stop", "tool_calls", "function_call", "end_turn"]) {
      expect(fold(asked, end(reason)).choices[0]?.finish_reason).toBe("tool_calls");
    }
    for (const reason of ["length", "content_filter"]) {
      expect(fold(asked, end(reason)).choices[0]?.finish_reason).toBe(reason);
    }
  });

  test("that was cut before its name is left out of a cut answer", () => {
    const cut = fold(choice({ content: "I will" }), call({ index: 0, id: "a" }), end("length"));
    expect(cut.choices[0]).toMatchObject({ finish_reason: "length", message: { content: "I will" } });
    expect(callsOf(cut)).toBeUndefined();
  });
});

describe("a contradiction fails the turn", () => {
  const first = call({ index: 0, id: "a", name: "f", arguments: "{}" });
  test.each([
    ["two ids for one call", [first, call({ index: 0, id: "b" })]],
    ["two names for one call", [first, call({ index: 0, name: "g" })]],
    ["a call without a name", [call({ index: 0, id: "a", arguments: "{}" })]],
    ["arguments that belong to no call", [call({ arguments: "{}" })]],
    ["text after the end", [end("stop"), choice({ content: "more" })]],
    ["two finish reasons", [end("stop"), end("length")]],
    ["calls announced and none there", [choice({ content: "hm" }), end("tool_calls")]],
    ["choices that are no list", [{ choices: {} }]],
    ["a choice that is no object", [{ choices: ["x"] }]],
    ["content that is no text", [choice({ content: [{ type: "text" }] })]],
    ["tool calls that are no list", [choice({ tool_calls: {} })]],
  ])("%s", (_, chunks) => {
    expect(() => fold(...chunks, end("tool_calls"))).toThrow(
      expect.objectContaining({ code: "malformed_event", retryable: true }),
    );
  });
});

describe("an answer", () => {
  test("of several choices is folded by index", () => {
    const completion = fold(
      {
        choices: [
          { index: 1, delta: { content: "b" } },
          { index: 0, delta: { content: "a" } },
        ],
      },
      { choices: [{ index: 1, delta: { content: "B" }, finish_reason: "length" }] },
      { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
    );
    expect(completion.choices.map(({ message, finish_reason }) => [message.content, finish_reason])).toEqual([
      ["a", "stop"],
      ["bB", "length"],
    ]);
  });

  test.each([
    [[]],
    [[choice({ content: "half" })]],
    [[choice({ content: "half" }, { finish_reason: "" })]],
    [[choice({ content: "half" }, { finish_reason: null })]],
  ])("without a finish reason is none: %j", (chunks) => {
    expect(() => fold(...chunks)).toThrow(expect.objectContaining({ code: "stream_incomplete", retryable: true }));
  });

  test("with one of two choices unfinished is none", () => {
    const chunk = {
      choices: [
        { index: 0, delta: { content: "a" }, finish_reason: "stop" },
        { index: 1, delta: { content: "b" } },
      ],
    };
    expect(() => fold(chunk)).toThrow(expect.objectContaining({ code: "stream_incomplete" }));
  });

  test("may come as message chunks without index, object or null fields", () => {
    const completion = fold(
      { choices: [{ message: { content: "The ", role: "assistant" }, finish_reason: "" }], usage: { total_tokens: 3 } },
      { choices: [{ message: { content: "end" }, finish_reason: "stop" }], usage: { total_tokens: 4 } },
    );
    expect(completion.choices[0]?.message.content).toBe("The end");
    expect(completion.usage).toEqual({ total_tokens: 4 });
  });

  test("keeps genuinely repeated tokens", () => {
    const again = choice({ reasoning_content: "ha" });
    expect(fold(again, again, again, end("stop")).choices[0]?.message.reasoning_content).toBe("hahaha");
  });

  test("has no usage when none was sent, and no cost when it was 0", () => {
    expect(fold(choice({ content: "a" }), end("stop")).usage).toBeUndefined();
    const usage = { prompt_tokens: 1, cost_in_usd_ticks: 0 };
    expect(fold({ ...end("stop"), usage }).usage).toEqual({ prompt_tokens: 1 });
    expect(fold({ ...end("stop"), usage: { prompt_tokens: "many", total_tokens: Number.NaN } }).usage).toBeUndefined();
  });

  test("keeps a cost it was told when a later usage says 0", () => {
    const told = { choices: [], usage: { prompt_tokens: 1, cost_in_usd_ticks: 700 } };
    const later = { choices: [], usage: { prompt_tokens: 2, cost_in_usd_ticks: 0 } };
    expect(fold(told, end("stop"), later).usage).toEqual({ prompt_tokens: 2, cost_in_usd_ticks: 700 });
  });

  test("reads usage in a choice and under a vendor's key", () => {
    expect(fold(choice({}, { finish_reason: "stop", usage: { total_tokens: 5 } })).usage).toEqual({ total_tokens: 5 });
    expect(fold({ ...end("stop"), x_groq: { usage: { total_tokens: 6 } } }).usage).toEqual({ total_tokens: 6 });
  });

  test("of a million fragments is folded in linear time", () => {
    const accumulator = createChatAccumulator();
    const piece = decodeChatChunk(call({ index: 0, arguments: "x" }));
    accumulator.add(decodeChatChunk(call({ index: 0, id: "a", name: "f", arguments: "" })));
    for (let count = 0; count < 1_000_000; count++) accumulator.add(piece);
    accumulator.add(decodeChatChunk(end("tool_calls")));
    expect(accumulator.finish().choices[0]?.message.tool_calls?.[0]?.function.arguments).toHaveLength(1_000_000);
  });

  test("so far is one live object", () => {
    const accumulator = createChatAccumulator();
    const partial = accumulator.partial();
    expect(partial.choices).toEqual([]);
    accumulator.add(decodeChatChunk({ id: "1", model: "grok-4.7", ...choice({ content: "a" }) }));
    expect(partial).toMatchObject({ id: "1", model: "grok-4.7" });
    accumulator.add(decodeChatChunk(choice({ content: "b" })));
    expect(partial.choices[0]?.message.content).toBe("ab");
    expect(partial.choices[0]?.finish_reason).toBeUndefined();
    expect(JSON.parse(JSON.stringify(partial)).choices[0].message.content).toBe("ab");
  });
});

describe("after the finish reason", () => {
  const whole = frames([choice({ content: "a" }), end("stop")]);

  test.each([
    ["garbage", [bytes(`${whole}data: {broken\n\n`)], {}],
    ["an error event", [bytes(whole + frames([{ error: "late" }]))], {}],
    ["a broken connection", [bytes(whole)], { error: new TypeError("terminated") }],
  ])("%s does not undo the answer, and is told (row 14)", async (_, reads, answer) => {
    const { chunks, completion } = await readAll(endpointOver(replay(reads, answer)));
    expect(completion.choices[0]?.message.content).toBe("a");
    expect(chunks.at(-1)).toMatchObject({ type: "unknown", event: "error_after_end" });
  });

  test("of one of two choices asked for, an error is an error", async () => {
    const transport = replay([bytes(whole)], { error: new TypeError("terminated") });
    await expect(readAll(endpointOver(transport), { choices: 2 })).rejects.toMatchObject({ code: "connection_failed" });
  });
});
