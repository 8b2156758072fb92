import { createAgent, createClient, type Transport } from "fairwitness";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { INVALID_UTF8 } from "../../src/wire/index.ts";
import { startChaos } from "../support/chaos.ts";
import { CHAT_STOP, chatPiece, DONE } from "../support/chaos-bodies.ts";
import { askAgent, CHAOS_KEY, PROTOCOLS } from "../support/chaos-client.ts";

const apis = PROTOCOLS.map((protocol) => [protocol.api, protocol] as const);

describe("a stream over the network", () => {
  it.each(apis)(
    "byte by byte, with any line ends, is the same answer on %s (rows 44, 45)",
    async (_, { api, good }) => {
      for (const newline of ["\n", "\r\n", "\r"]) {
        const body = good.replaceAll("\n", newline);
        await using server = await startChaos([{ fault: "drip", size: newline === "\r\n" ? 1 : 7, body }]);
        const ticking = setInterval(() => {
          for (let n = 0; n < 50; n += 1) server.tick();
        }, 0);
        const { result, failures } = await askAgent(server, { api }).finally(() => clearInterval(ticking));
        expect(failures).toEqual([]);
        expect(result).toMatchObject({ status: "completed", text: "Sunny" });
      }
    },
  );

  it.each(apis)(
    "with every kind of line that means nothing is the same answer on %s (rows 46, 47)",
    async (_, { api, good }) => {
      const noise = ": comment\n:\nid: a\u0000b\nretry: 5\nretry: soon\nfoo: bar\nbar\n";
      const empty = "data:\n\nevent: nothing\n\n";
      const body = `\ufeff${empty}${good
        .split(/(?<=\n\n)/)
        .map((event) => noise + event)
        .join(empty)}`;
      await using server = await startChaos([{ fault: "none", body }]);
      const { result, failures } = await askAgent(server, { api });
      expect(failures).toEqual([]);
      expect(result).toMatchObject({ status: "completed", text: "Sunny" });
    },
  );
});

describe("bytes that are no UTF-8", () => {
  it.each(apis)(
    "are read as U+FFFD on %s, and the run has one warning that says so (row 49)",
    async (_, { api, good }) => {
      const body = Buffer.from(good.replaceAll("ny", "n~y"), "latin1").map((byte) => (byte === 0x7e ? 0xff : byte));
      await using server = await startChaos([{ fault: "none", body }]);
      const { result, events } = await askAgent(server, { api });
      expect(result).toMatchObject({ status: "completed", text: "Sunn\ufffdy" });
      expect(result.warnings).toMatchObject([{ code: "invalid_utf8", message: expect.stringContaining("U+FFFD") }]);
      expect(events.filter(({ type }) => type === "wire")).toEqual([]);
    },
  );

  it("are told from a U+FFFD that was sent, however the network splits them (row 49)", async () => {
    const sequences = fc.constantFrom(
      ...[[0xef, 0xbf, 0xbd], [0xff], [0xc3], [0xc3, 0xa9], [0xe2, 0x82], [0xe2, 0x82, 0xac], [0xf0, 0x9f, 0x98, 0x80]],
      ...[[0xed, 0xa0, 0x80], [0xef, 0xbf], [0xbd], [0x61], [0xf8], [0xc0, 0xaf]],
    );
    const shape = fc.record({
      odd: fc.array(sequences, { maxLength: 8 }),
      offsets: fc.array(fc.nat(400), { maxLength: 12 }),
      fill: fc.constantFrom("", "x".repeat(40)),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ odd, offsets, fill }) => {
        const [before = "", after = ""] = chatPiece("~").split("~");
        const whole = Buffer.concat([
          Buffer.from(before + fill),
          Buffer.from(odd.flat()),
          Buffer.from(fill + after + CHAT_STOP + DONE),
        ]);
        const cuts = [...new Set(offsets)].sort((a, b) => a - b);
        const reads = [0, ...cuts].map((start, place) => whole.subarray(start, cuts[place] ?? whole.length));
        const transport: Transport = async () => ({
          status: 200,
          header: (name) => (name === "content-type" ? "text/event-stream" : undefined),
          body: (async function* () {
            yield* reads;
          })(),
        });
        const client = createClient({ apiKey: CHAOS_KEY, transport });
        let told = 0;
        const stream = client.chat.completions.stream({
          model: "grok-4.7",
          messages: [{ role: "user", content: "?" }],
        });
        for await (const [, chunk] of stream) if (chunk === INVALID_UTF8) told += 1;
        expect(told).toBe(isUtf8(whole) ? 0 : 1);
        const { choices } = await stream.result();
        expect(choices[0]?.message.content ?? "").toBe(fill + new TextDecoder().decode(Buffer.from(odd.flat())) + fill);
      }),
      { numRuns: 400 },
    );
  });
});

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

describe("half characters in what is sent", () => {
  const half = fc.constantFrom("\ud800", "\udfff", "\ud83d", "\ude00", "a", "\\ud800", '"', "\u0000", "é", "😀");
  const text = fc.array(half, { minLength: 1, maxLength: 10 }).map((parts) => parts.join(""));

  it("are mended in the body, whoever writes it, and nothing else is changed (row 58)", async () => {
    const bodies: unknown[] = [];
    const transport: Transport = async ({ body }) => {
      // Fails for bytes that are no UTF-8.
      const written = new TextDecoder("utf-8", { fatal: true }).decode(body);
      expect(written).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/i);
      bodies.push(JSON.parse(written));
      return { status: 400, header: () => undefined, body: (async function* () {})() };
    };
    const client = createClient({ apiKey: CHAOS_KEY, transport, retry: { attempts: 1 } });
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        bodies.length = 0;
        const messages = [{ role: "user" as const, content }];
        const apiNames = ["chat", "responses", "messages"] as const;
        await Promise.allSettled([
          client.chat.completions.create({ model: "m", messages }),
          client.responses.create({ model: "m", input: messages }),
          client.messages.create({ model: "m", max_tokens: 9, messages }),
          ...apiNames.map((api) => createAgent({ name: "t", model: client.model("m", { api }) }).run(content)),
        ]);
        expect(bodies).toHaveLength(6);
        for (const body of bodies) expect(JSON.stringify(body)).toContain(JSON.stringify(content.toWellFormed()));
      }),
      { numRuns: 60 },
    );
  });
});
