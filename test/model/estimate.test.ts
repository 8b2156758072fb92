import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { filePart, imagePart, type Message } from "../../src/message/index.ts";
import { atLeastTokens, estimateTokens } from "../../src/model/index.ts";
import type { ToolDeclaration } from "../../src/tool/index.ts";

const user = (content: string): Message => ({ role: "user", content });
const of = (...messages: Message[]): number => estimateTokens(messages);
/** What a message counts for itself. */
const FRAME = of(user(""));

describe("an estimate", () => {
  test.each([
    ["English", "The harbour of Lisbon is open today.", 9],
    ["Russian", "Порт открыт", 6],
    ["Chinese", "港口今天开放", 6],
    ["Korean", "항구는 열려", 6],
    ["emoji", "🌊⛵😀", 3],
    ["nothing", "", 0],
  ])("of %s goes by its characters", (_, text, tokens) => {
    expect(of(user(text)) - FRAME).toBe(tokens);
  });

  test("of images is what xAI states, and of files an assumption", () => {
    const parts = (...content: Extract<Message["content"], readonly unknown[]>): number =>
      of({ role: "user", content: [...content] }) - FRAME;
    const url = "https://example.com/a.png";
    expect(parts(imagePart(url))).toBe(1792);
    expect(parts(imagePart(url, { detail: "low" }))).toBe(256);
    expect(
      parts(imagePart(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...new Uint8Array(3000)]))),
    ).toBe(1792);
    expect(parts(filePart({ fileId: "file_1" }), { type: "text", text: "abcd" })).toBe(1001);
  });

  test("of a tool's result and of a call is that of their texts", () => {
    expect(of({ role: "tool", callId: "c1", content: "x".repeat(400) }) - FRAME).toBe(100);
    const toolCalls = [{ id: "c1", tool: "look", arguments: '{"place":"Lisbon"}' }];
    expect(of({ role: "assistant", content: "abcd", toolCalls }) - FRAME).toBe(1 + 1 + 5 + FRAME);
  });

  test("of raw items goes by what of them is read: neither ids, nor images as bytes, and blobs by their size", () => {
    const raw = (...items: object[]): Message => ({
      role: "assistant",
      content: "not counted twice",
      raw: { api: "responses", provider: "xai", family: "grok-4", items },
    });
    const text = {
      type: "message",
      id: "msg_0123456789",
      content: [{ type: "output_text", text: "abcdefgh", logprobs: [] }],
    };
    expect(of(raw(text)) - FRAME).toBe(2);
    expect(of(raw({ type: "compaction", id: "cmp_1", encrypted_content: "A".repeat(1600) })) - FRAME).toBe(300);
    expect(of(raw({ type: "image_generation_call", id: "ig_1", result: "A".repeat(100_000) })) - FRAME).toBe(1792);
  });

  test("of tools is that of what the model is told", () => {
    const tool: ToolDeclaration = { name: "look", description: "Looks.", parameters: { type: "object" } };
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(estimateTokens([], [tool])).toBe(1 + 2 + 5 + FRAME);
    expect(estimateTokens([user("")], [tool, tool])).toBe(2 * (8 + FRAME) + FRAME);
    expect(estimateTokens([], [{ ...tool, parameters: cycle }])).toBe(3 + FRAME);
  });

  test("of what is no message is nothing: whoever sends it says so", () => {
    const odd = [
      null,
      "hi",
      { role: "user" },
      { role: "assistant", content: 7, toolCalls: 7, raw: 7 },
      { role: "user", content: [null] },
    ];
    expect(estimateTokens(odd as unknown as Message[])).toBe(3 * FRAME);
    expect(atLeastTokens(odd as unknown as Message[])).toBe(0);
  });
});

describe("the lower bound", () => {
  test("counts a token for 64 characters of text, a run of one character as one, and nothing else", () => {
    expect(atLeastTokens([user("ab".repeat(64))])).toBe(2);
    expect(atLeastTokens([user(" ".repeat(100_000))])).toBe(0);
    expect(atLeastTokens([{ role: "user", content: [imagePart("https://example.com/a.png")] }])).toBe(0);
    const description = "ab".repeat(32);
    expect(atLeastTokens([], [{ name: "look", description, parameters: { long: "ab".repeat(500) } }])).toBe(1);
  });

  test("leaves out what may be sent otherwise: raw items, and arguments that are no JSON", () => {
    const long = "ab".repeat(500);
    const raw = { api: "responses", provider: "xai", family: "grok-4", items: [] } as const;
    expect(atLeastTokens([{ role: "assistant", content: long, raw }])).toBe(0);
    expect(
      atLeastTokens([{ role: "assistant", content: "", toolCalls: [{ id: "c", tool: "t", arguments: long }] }]),
    ).toBe(0);
    expect(atLeastTokens([{ role: "assistant", content: long }])).toBe(15);
  });

  // The longest tokens of two published vocabularies (cl100k and o200k), each many times over: no text has fewer tokens for its length.
  test.each([
    ".translatesAutoresizingMaskIntoConstraints",
    "abcdefghijklmnopqrstuvwxyz",
    " สำนักเลขานุการองค์กร",
    " ".repeat(128),
    ` ${"-".repeat(112)}`,
    "\t\n".repeat(16),
  ])("is no more than the tokens of %j over and over", (token) => {
    expect(atLeastTokens([user(token.repeat(1000))])).toBeLessThanOrEqual(1000);
  });
});

const text = fc.oneof(fc.string({ unit: "grapheme", maxLength: 300 }), fc.string({ maxLength: 300 }), fc.lorem());
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ role: fc.constantFrom("user", "system"), content: text }),
  fc.record({ role: fc.constant("tool"), callId: fc.constant("c1"), content: text }),
  fc.record({ role: fc.constant("assistant"), content: text, reasoning: text }),
) as fc.Arbitrary<Message>; // each of the three is one

test("both are sums over the messages, whatever was counted before", () => {
  fc.assert(
    fc.property(fc.array(message), fc.array(message), (one, other) => {
      for (const count of [estimateTokens, atLeastTokens]) {
        const apart = count(structuredClone(one)) + count(structuredClone(other));
        expect(count([...one, ...other])).toBe(apart);
        const growing = [...one];
        count(growing);
        growing.push(...other);
        expect(count(growing)).toBe(apart);
        growing.splice(0, growing.length, ...other);
        expect(count(growing)).toBe(count(structuredClone(other)));
      }
    }),
  );
});

test("neither falls when something is added to a text, and the bound is never above the estimate", () => {
  fc.assert(
    fc.property(text, text, (before, more) => {
      const [short, long] = [[user(before)], [user(before + more)]];
      expect(estimateTokens(long)).toBeGreaterThanOrEqual(estimateTokens(short));
      expect(atLeastTokens(long)).toBeGreaterThanOrEqual(atLeastTokens(short));
      expect(atLeastTokens(long)).toBeLessThanOrEqual(estimateTokens(long));
      expect(atLeastTokens(long)).toBeLessThanOrEqual(long[0]?.content.length ?? 0);
    }),
  );
});

test("a message is counted once, also in another conversation", () => {
  let reads = 0;
  const counted: Message = {
    role: "user",
    get content() {
      reads += 1;
      return "Hello";
    },
  };
  const messages: Message[] = [counted];
  for (const _ of [1, 2, 3]) messages.push(user(String(estimateTokens(messages))));
  expect(estimateTokens([user("before"), counted])).toBeGreaterThan(0);
  expect(atLeastTokens(messages)).toBe(0);
  expect(reads).toBe(1);
});
