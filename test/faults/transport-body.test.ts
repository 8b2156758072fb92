import { AgentError, createClient } from "fairwitness";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChaosFault, startChaos } from "../support/chaos.ts";
import { CHAT, CHAT_STOP, CHAT_USAGE, chatPiece, DONE } from "../support/chaos-bodies.ts";
import { askAgent, CHAOS_KEY, isFailed, PROTOCOLS } from "../support/chaos-client.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { isOverFetch } from "../support/transport.ts";
import { until } from "../support/until.ts";

const ask = { model: "grok-4.7", messages: [{ role: "user", content: "Lisbon?" }] } as const;
const each = PROTOCOLS.map((protocol) => [protocol.api, protocol] as const);
const FRAMINGS = ["chunked", "length", "close"] as const;

describe("a body that ends as if it were whole, and is not", () => {
  it.each(each)(
    "is no answer on %s, whichever way its length was said (rows 8, 9)",
    async (_, { api, good, begun }) => {
      for (const framing of FRAMINGS) {
        for (const at of [0, 1, 60, begun.length - 1, begun.length]) {
          await using server = await startChaos([{ fault: "cut", at, how: "clean", framing, body: good }]);
          const { result, failures } = await askAgent(server, { api, attempts: 1 });
          expect(result).toMatchObject({
            status: "failed",
            text: "",
            error: { code: "stream_incomplete", retryable: true },
          });
          expect(failures).toEqual(["stream_incomplete"]);
        }
      }
    },
  );

  // Every byte around the marker, and every fifth elsewhere: the sweep of cuts-chat.test.ts has all of them, without sockets.
  it("is no answer up to its terminal marker, and an answer after it (rows 8, 48)", async () => {
    const whole = (chatPiece("Sun") + chatPiece("ny") + CHAT_STOP).length;
    for (let at = 0; at <= CHAT.length; at += Math.abs(at - whole) < 12 ? 1 : 5) {
      await using server = await startChaos([{ fault: "cut", at, how: "clean" }]);
      const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url, retry: { attempts: 1 } });
      const outcome = await client.chat.completions.create(ask).then(
        ({ choices }) => choices[0]?.message.content,
        (error: unknown) => (error instanceof AgentError ? error.code : error),
      );
      expect([at, outcome]).toEqual([at, at < whole ? "stream_incomplete" : "Sunny"]);
    }
  });

  it.each(each)("is asked for again on %s, and the second answer is the only one (rows 8, 9)", async (_, protocol) => {
    const { api, good, begun } = protocol;
    await using server = await startChaos([
      { fault: "cut", at: begun.length, how: "clean", body: good },
      { fault: "cut", at: begun.length, how: "clean", framing: "close", body: good },
      { fault: "none", body: good },
    ]);
    const { result, failures } = await askAgent(server, { api });
    expect(result).toMatchObject({ status: "completed", text: "Sunny" });
    expect(failures).toEqual(["stream_incomplete", "stream_incomplete"]);
  });
});

describe("after the terminal marker", () => {
  it.each(each)("a missing [DONE] is no error on %s (row 13)", async (_, { api, good }) => {
    await using server = await startChaos([{ fault: "none", body: good.replace(DONE, "") }]);
    const { result, failures } = await askAgent(server, { api });
    expect(result).toMatchObject({ status: "completed", text: "Sunny" });
    expect(failures).toEqual([]);
  });

  const after: readonly (readonly [string, Extract<ChaosFault, { fault: "after-end" }>["next"]])[] = [
    ["RST", "reset"],
    ["FIN without the end of the framing", "fin"],
    ["an event that is no JSON", { body: "data: {broken\n\n" }],
    ["an error event", { body: 'event: error\ndata: {"error":{"message":"too late"}}\n\n' }],
    ["half an event", { body: "data: {" }],
    ["bytes that are no text", { body: "\u0000\ufffd\u0001\n\n" }],
    ["bytes that no request asked for", { raw: "HTTP/1.1 500 No\r\n\r\n" }],
  ];

  it.each(after.flatMap(([what, next]) => PROTOCOLS.map((protocol) => [what, protocol.api, next, protocol] as const)))(
    "%s does not undo the answer on %s (row 14)",
    async (_, __, next, { api, good }) => {
      for (const body of [good, good.replace(DONE, "")]) {
        await using server = await startChaos([{ fault: "after-end", next, body }]);
        const { result, failures } = await askAgent(server, { api });
        expect(result).toMatchObject({ status: "completed", text: "Sunny" });
        expect(failures).toEqual([]);
        expect(server.requests).toHaveLength(1);
      }
    },
  );

  it.each(each)(
    "silence does not hold the answer up on %s, and its connection is closed (row 14)",
    async (_, protocol) => {
      const { api, good } = protocol;
      const clock = fakeClock();
      await using server = await startChaos([{ fault: "after-end", next: "stall", body: good }]);
      const asking = askAgent(server, { api, clock });
      await until(() => server.bytesOut > good.length);
      // With [DONE] nothing is waited for; without it, 200 ms.
      if (!good.includes(DONE)) await until(() => clock.waiting > 0).then(() => clock.pass(1000));
      expect((await asking).result).toMatchObject({ status: "completed", text: "Sunny" });
      await clock.pass(200);
      await until(() => server.open === 0);
      expect(server.left).toBe(server.connections);
    },
  );

  it("silence where usage should be holds a chat answer up for ten seconds, however long its reader takes (row 14)", async () => {
    const clock = fakeClock();
    await using server = await startChaos([
      { fault: "after-end", next: "stall", body: chatPiece("Sunny") + CHAT_STOP },
    ]);
    const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url, clock });
    const stream = client.chat.completions.stream({ model: "grok-4.7", messages: [{ role: "user", content: "?" }] });
    let isOver = false;
    const reading = (async () => {
      for await (const _ of stream) await clock.pass(3600_000);
      isOver = true;
    })();
    await until(() => clock.waiting > 0 && clock.monotonic() >= 2 * 3600_000);
    await clock.pass(9_999);
    expect(isOver).toBe(false);
    await clock.pass(1);
    await reading;
    const { choices } = await stream.result();
    expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "Sunny" } });
  });
});

describe("an answer that breaks the rules of HTTP", () => {
  const broken: readonly (readonly [string, ChaosFault, string])[] = [
    [
      "a content length that is too long",
      { fault: "wrong-length", declared: 5000, body: chatPiece("Sun") },
      "connection_failed",
    ],
    ["a content length that is too short", { fault: "wrong-length", declared: 40 }, "stream_incomplete"],
    ["a chunk size that is no number", { fault: "bad-chunk", at: 90 }, "connection_failed"],
    ["truncated gzip", { fault: "encoded", encoding: "gzip", at: 90 }, "stream_incomplete"],
    ["truncated deflate", { fault: "encoded", encoding: "deflate", at: 90 }, "stream_incomplete"],
    ["an end in the middle of a chunk", { fault: "cut", at: 90, how: "fin" }, "connection_failed"],
    ["no HTTP at all", { fault: "not-http", bytes: "220 smtp.example ready\r\n" }, "connection_failed"],
  ];

  // `ProtocolError` of the matrix is the code of what was noticed: a broken connection, or a stream without its end.
  it.each(broken)("such as %s is a typed error, and tried again (row 15)", async (_, fault, code) => {
    await using server = await startChaos([fault, { fault: "none" }]);
    const { result, failures, events } = await askAgent(server);
    expect(failures).toEqual([code]);
    expect(events.find(isFailed)?.error.retryable).toBe(true);
    expect(result).toMatchObject({ status: "completed", text: "Sunny" });
  });

  it("says which rule it was (row 15)", async () => {
    const messages = await Promise.all(
      [
        { fault: "bad-chunk", at: 90 } as const,
        { fault: "encoded", encoding: "gzip", body: CHAT, headers: { "content-encoding": "br" } } as const,
      ].map(async (fault) => {
        await using server = await startChaos([fault]);
        const { events } = await askAgent(server, { attempts: 1 });
        return events.find(isFailed)?.error.message;
      }),
    );
    expect(messages[0]).toMatch(/sent what is not HTTP \(\w+\)/);
    expect(messages[1]).toMatch(/sent a compressed answer that is broken \(\w+\)/);
  });

  it("in any of its bytes gives an answer or a typed error, and never hangs (row 15)", async () => {
    const lines = ["HTTP/1.1 200 OK", "content-type: text/event-stream", "transfer-encoding: chunked", "", ""];
    const chunk = `${CHAT.length.toString(16)}\r\n${CHAT}\r\n0\r\n\r\n`;
    const whole = Buffer.from(lines.join("\r\n") + chunk, "latin1");
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255), cut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const { at, byte } of changes) bytes[at] = byte;
        const end = changes.find(({ cut }) => cut)?.at ?? bytes.length;
        // ASCII: what a change makes of a byte above 127 comes as another byte above 127.
        await using server = await startChaos([
          { fault: "not-http", bytes: bytes.subarray(0, end).toString("latin1") },
        ]);
        const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url, retry: { attempts: 1 } });
        const outcome = await client.chat.completions.create(ask).catch((error: unknown) => error);
        const isTyped = outcome instanceof AgentError && outcome.code !== "internal";
        expect(isTyped || !(outcome instanceof Error)).toBe(true);
      }),
      { numRuns: 250 },
    );
  });
});

describe("a compressed answer", () => {
  const ENCODINGS = ["gzip", "deflate", "br", "zstd"] as const;

  it.each(ENCODINGS)("in %s is read, whether it was asked for or not (row 16)", async (encoding) => {
    await using server = await startChaos([{ fault: "encoded", encoding }]);
    const { result } = await askAgent(server);
    expect(result).toMatchObject({ status: "completed", text: "Sunny" });
    // Node's fetch asks for these two over http. Of our own doing nothing is asked for.
    expect(server.requests[0]?.headers["accept-encoding"]).toBe(isOverFetch ? "gzip, deflate" : undefined);
  });

  it.each(ENCODINGS)("in %s that blows up to 64 MiB is left at the limit of an event (row 16)", async (encoding) => {
    const size = 64 * 1024 * 1024;
    await using server = await startChaos([{ fault: "bomb", encoding, size, body: `${chatPiece("Sun")}data: ` }]);
    const { result, failures } = await askAgent(server);
    expect(result).toMatchObject({ status: "failed", error: { code: "event_too_large", retryable: false } });
    expect(failures).toHaveLength(1);
    expect(server.bytesOut).toBeLessThan(size / 50);
    await until(() => server.open === 0);
  });

  it("of JSON that blows up is left at its limit too (row 16)", async () => {
    const headers = { "content-type": "application/json" };
    const size = 32 * 1024 * 1024;
    await using server = await startChaos([{ fault: "bomb", encoding: "gzip", size, fill: " ", body: "{", headers }]);
    const { result } = await askAgent(server);
    expect(result).toMatchObject({ status: "failed", error: { code: "event_too_large" } });
  });
});

describe("usage", () => {
  it("that comes only with the last chunk, as null, or not at all is that usage or unknown, and never 0 (row 43)", async () => {
    const text = chatPiece("Sunny") + CHAT_STOP;
    const nothing = 'data: {"id":"c1","choices":[],"usage":null}\n\n';
    const bodies = [text + CHAT_USAGE + DONE, text + nothing + DONE, text + DONE];
    const used: unknown[] = [];
    for (const body of bodies) {
      await using server = await startChaos([{ fault: "none", body }]);
      const { result } = await askAgent(server);
      used.push([result.usage.inputTokens, result.usage.unreported]);
      if (body !== bodies[0]) expect(result.cost.basis).toBe("unknown");
    }
    expect(used).toEqual([
      [7, 0],
      [0, 1],
      [0, 1],
    ]);
  });
});
