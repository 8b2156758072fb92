import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChatChunk, decodeChatChunk, streamChat } from "../../src/wire/index.ts";
import { BODY, bytes, endpointOver, failureOf, replay } from "./support.ts";

const HEAD = { id: "answer-1", object: "chat.completion.chunk", created: 1770772293, model: "grok-4.7" };
const chunk = (delta: object, rest: object = {}): object => ({ ...HEAD, choices: [{ index: 0, delta, ...rest }] });
const fragment = (fields: object, written: unknown): object =>
  chunk({ tool_calls: [{ ...fields, function: { arguments: written } }] });

/** The chunks of an answer whose events hold these texts. */
async function read(texts: readonly string[]): Promise<readonly ChatChunk[]> {
  const endpoint = endpointOver(replay([bytes(texts.map((text) => `data: ${text}\n\n`).join(""))]));
  const chunks: ChatChunk[] = [];
  const answer = await streamChat(endpoint, BODY, { signal: new AbortController().signal });
  for await (const batch of answer.chunks) chunks.push(...batch);
  return chunks;
}

const decoded = (texts: readonly string[]): readonly ChatChunk[] =>
  texts.map((text) => decodeChatChunk(JSON.parse(text)));
const written = (...chunks: readonly object[]): readonly string[] => chunks.map((json) => JSON.stringify(json));

describe("chunks that are alike but for their text", () => {
  const said = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("", '"', '\\"', "\\", '","content":"', '"content":"', "fairwitness was here", '"}}]}', "\u2028"),
  );
  const one = fc.oneof(
    said.map((content) => chunk({ content })),
    said.map((content) => chunk({ role: "assistant", content }, { finish_reason: null, logprobs: null })),
    said.map((reasoning_content) => chunk({ reasoning_content, content: null })),
    fc.tuple(said, said).map(([content, reasoning_content]) => chunk({ content, reasoning_content })),
    said.map((refusal) => chunk({ refusal })),
    said.map((text) => fragment({ index: 1 }, text)),
    said.map((text) => fragment({}, text)),
    said.map((text) => fragment({ index: 0, id: "a" }, text)),
    said.map((text) => fragment({ index: 0 }, { arguments: text })),
    said.map((content) => ({ content, ...chunk({}) })),
    said.map((content) => ({ ...chunk({ content: "same" }), more: { content } })),
    said.map((content) => ({ ...chunk({ content }), usage: { prompt_tokens: 1 } })),
    said.map((content) => ({ ...chunk({ content }), citations: ["https://x.ai"] })),
    said.map((content) => chunk({ content }, { logprobs: { content: [] } })),
    fc.tuple(said, fc.nat(2)).map(([content, index]) => ({ choices: [{ index, delta: { content } }] })),
  );

  test("are what they would be if each was read by itself", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(one, fc.nat(3)), { maxLength: 30 }), async (some) => {
        const texts = some.flatMap(([json, more]) => Array.from({ length: more + 1 }, () => JSON.stringify(json)));
        expect(await read(texts)).toEqual(decoded(texts));
      }),
      { numRuns: 300 },
    );
  });

  test("may write their text with any escapes, or the same name twice", async () => {
    const text = JSON.stringify(chunk({ content: "a" }));
    const forms = ['"\\u0061\\/"', '"\\""', '"\\\\"', '"b","content":"c"', '"b","refusal":"c"', ' "b" ', "null", '""'];
    const texts = [text, text, ...forms.map((form) => text.replace('"a"', form)), text];
    expect(await read(texts)).toEqual(decoded(texts));
  });

  test("are parsed where their text is not whole", async () => {
    const text = JSON.stringify(chunk({ content: "a" }));
    for (const form of ['"\\"', '"', '"\\x"', '"b""c"', '"\t"', "7"]) {
      const failure = await failureOf(read([text, text, text.replace('"a"', form)]));
      expect(failure).toMatchObject({ code: "malformed_event" });
    }
  });

  test("are objects of their own", async () => {
    const [first, second, third] = await read(written(...["a", "b", "c"].map((content) => chunk({ content }))));
    Object.assign(first ?? {}, { model: "other" });
    Object.assign(second ?? {}, { model: "other", choices: [] });
    expect(third).toEqual({ ...decodeChatChunk(chunk({ content: "c" })) });
  });

  test("come after many that are not alike", async () => {
    const odd = Array.from({ length: 20 }, (_, n) => ({ ...chunk({ content: "a" }), obfuscation: "x".repeat(n) }));
    const texts = written(...odd, chunk({ content: "b" }), chunk({ content: "c" }));
    expect(await read(texts)).toEqual(decoded(texts));
  });
});
