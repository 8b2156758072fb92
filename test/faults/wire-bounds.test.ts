import { createClient, type Transport } from "fairwitness";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startChaos } from "../support/chaos.ts";
import { CHAT_STOP, chatPiece, DONE } from "../support/chaos-bodies.ts";
import { askAgent, CHAOS_KEY, PROTOCOLS } from "../support/chaos-client.ts";
import { until } from "../support/until.ts";

const ask = { model: "grok-4.7", messages: [{ role: "user", content: "Lisbon?" }] } as const;
const MIB = 1024 * 1024;
const apis = PROTOCOLS.map((protocol) => [protocol.api, protocol] as const);

describe("an event without end", () => {
  it.each(apis)("is left at 16 MiB on %s, for good, and its socket is closed (row 55)", async (_, { api, begun }) => {
    const unit = "a".repeat(65_536);
    await using server = await startChaos([{ fault: "flood", unit, body: `${begun}data: ` }]);
    const { result, failures } = await askAgent(server, { api });
    expect(failures).toEqual(["event_too_large"]);
    expect(result).toMatchObject({ status: "failed", text: "", error: { code: "event_too_large", retryable: false } });
    await until(() => server.open === 0);
    // What was on its way when the limit was reached: buffers of two sockets, and no more.
    expect(server.bytesOut).toBeLessThan(32 * MIB);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["many lines of data", `data: ${"a".repeat(1000)}\n`, ""],
    ["a comment", "a".repeat(65_536), ":"],
    ["the name of a field", "a".repeat(65_536), ""],
  ])("made of %s is left as well (row 55)", async (_, unit, first) => {
    await using server = await startChaos([{ fault: "flood", unit, body: chatPiece("Sun") + first }]);
    const { failures } = await askAgent(server);
    expect(failures).toEqual(["event_too_large"]);
    await until(() => server.open === 0);
    expect(server.bytesOut).toBeLessThan(40 * MIB);
  });
});

describe("a line of 64 MiB", () => {
  it("is not taken, though it is whole, and though an answer follows (row 54)", async () => {
    const after = `"}}]}\n\n${CHAT_STOP}${DONE}`;
    const body = 'data: {"choices":[{"index":0,"delta":{"content":"';
    await using server = await startChaos([{ fault: "flood", unit: "a".repeat(65_536), times: 1024, body, after }]);
    const { result } = await askAgent(server);
    expect(result).toMatchObject({ status: "failed", error: { code: "event_too_large" } });
    await until(() => server.open === 0);
    expect(server.bytesOut).toBeLessThan(32 * MIB);
  });

  it("is an answer where it is of 15 MiB (row 54)", async () => {
    const after = `"}}]}\n\n${CHAT_STOP}${DONE}`;
    const body = 'data: {"choices":[{"index":0,"delta":{"content":"';
    await using server = await startChaos([{ fault: "flood", unit: "a".repeat(65_536), times: 240, body, after }]);
    const { result } = await askAgent(server);
    expect(result.status).toBe("completed");
    expect(result.text).toHaveLength(15 * MIB);
  });
});

describe("a million events", () => {
  it("of one character each are one answer, read as they come (row 56)", async () => {
    const times = 1_000_000;
    const unit = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';
    await using server = await startChaos([{ fault: "flood", unit, times, body: "", after: CHAT_STOP + DONE }]);
    const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url });
    const { choices } = await client.chat.completions.create(ask);
    expect(choices[0]?.message.content).toHaveLength(times);
    expect(server.requests).toHaveLength(1);
  }, 60_000);
});

describe("a stream without end", () => {
  /** Reads of one MiB for ever, of whole events. */
  const endless = (event: string, taken: { reads: number }): Transport => {
    const read = Buffer.from(event.repeat(Math.ceil(MIB / event.length)));
    return async () => ({
      status: 200,
      header: (name) => (name === "content-type" ? "text/event-stream" : undefined),
      body: (async function* () {
        for (; taken.reads < 1000; taken.reads += 1) yield read;
      })(),
    });
  };

  it.each([
    ["comments", `: ${"x".repeat(9000)}\n\n`],
    ["events without data", `event: ${"x".repeat(9000)}\n\n`],
  ])("of %s is left at 512 MiB, however small its events are (row 55)", async (_, event) => {
    const taken = { reads: 0 };
    const client = createClient({ apiKey: CHAOS_KEY, transport: endless(event, taken) });
    const error = await client.chat.completions.create(ask).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "event_too_large", retryable: false });
    expect(taken.reads).toBeLessThan(518);
  });
});

describe("headers without end", () => {
  it("are refused for good, and the connection is closed (row 15)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 20, max: 60 }), fc.integer({ min: 1000, max: 9000 }), async (count, size) => {
        await using server = await startChaos([{ fault: "header-flood", count, size }]);
        const { result, failures } = await askAgent(server);
        expect(failures).toEqual(["connection_failed"]);
        expect(JSON.stringify(result)).toContain("more headers than are read");
        await until(() => server.open === 0);
      }),
      { numRuns: 5 },
    );
  });
});
