import { createClient } from "fairwitness";
import { describe, expect, it } from "vitest";
import { type ChaosFault, startChaos } from "../support/chaos.ts";
import { chatPiece } from "../support/chaos-bodies.ts";
import { askAgent, CHAOS_KEY, isFailed, PROTOCOLS } from "../support/chaos-client.ts";
import { fakeClock, settle } from "../support/fake-clock.ts";
import { until } from "../support/until.ts";

const ask = { model: "grok-4.7", messages: [{ role: "user", content: "Lisbon?" }] } as const;

describe("a server that refuses connections", () => {
  it("is asked three times, and then a typed error says how often and why (row 1)", async () => {
    await using server = await startChaos([{ fault: "none" }], { refuse: true });
    const { result, failures, events } = await askAgent(server);
    expect(failures).toEqual(["connection_failed", "connection_failed", "connection_failed"]);
    expect(result).toMatchObject({
      status: "failed",
      error: {
        code: "connection_failed",
        attempts: 3,
        message: expect.stringContaining(`${server.host} could not be`),
      },
    });
    expect(JSON.stringify(result)).toContain("ECONNREFUSED");
    expect(events.filter(({ type }) => type === "turn.started")).toHaveLength(1);
    expect(server.connections).toBe(0);
  });

  it("and takes them before the attempts are used up answers, and one turn is on the record (row 1)", async () => {
    await using server = await startChaos([{ fault: "none" }], { refuse: true });
    const clock = fakeClock();
    let refused = 0;
    const countingFetch: typeof fetch = (url, init) =>
      fetch(url, init).catch((error) => {
        refused += 1;
        throw error;
      });
    const asking = askAgent(server, { clock, random: () => 1, fetch: countingFetch });
    await until(() => refused === 1);
    await server.accept();
    await clock.pass(50);
    const { result, events } = await asking;
    expect(result).toMatchObject({ status: "completed", text: "Sunny" });
    expect(events.filter(({ type }) => type === "turn.completed")).toHaveLength(1);
    expect(server.requests).toHaveLength(1);
  });
});

describe("a name that is not found, and then is", () => {
  it("is tried again like any connection (row 2)", async () => {
    await using server = await startChaos([{ fault: "none" }]);
    const codes = ["ENOTFOUND", "EAI_AGAIN"];
    const fetchFlapping: typeof fetch = async (url, init) => {
      const code = codes.shift();
      if (code === undefined) return fetch(url, init);
      throw Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error("getaddrinfo"), { code }) });
    };
    const { result, failures, events } = await askAgent(server, { fetch: fetchFlapping });
    expect(result).toMatchObject({ status: "completed", text: "Sunny" });
    expect(failures).toEqual(["connection_failed", "connection_failed"]);
    expect(events.find(isFailed)?.error.message).toContain("was not found (ENOTFOUND)");
  });
});

describe("a connection that ends before any header", () => {
  const early: readonly ChaosFault[] = [
    { fault: "reset-on-connect" },
    { fault: "reset-before-headers" },
    { fault: "fin-before-headers" },
  ];

  it.each(early.flatMap((fault) => PROTOCOLS.map((protocol) => [fault.fault, protocol.api, fault, protocol] as const)))(
    "by %s is tried again on %s (row 3)",
    async (_, __, fault, { api, good, path }) => {
      await using server = await startChaos([fault, { fault: "none", body: good }]);
      const { result, failures } = await askAgent(server, { api });
      expect(result).toMatchObject({ status: "completed", text: "Sunny" });
      expect(failures).toEqual(["connection_failed"]);
      expect(server.connections).toBe(2);
      expect(server.requests.at(-1)).toMatchObject({ method: "POST", target: path });
    },
  );

  it("has every attempt counted in the error it ends with (row 3)", async () => {
    await using server = await startChaos([{ fault: "reset-before-headers" }]);
    const { result } = await askAgent(server);
    expect(result).toMatchObject({ status: "failed", error: { code: "connection_failed", attempts: 3 } });
    expect(server.requests).toHaveLength(3);
    const ids = server.requests.map(({ headers }) => headers["x-client-request-id"]);
    expect(new Set(ids).size).toBe(1);
  });
});

describe("a connection that was kept open", () => {
  it("and is reset when it is used again costs no wait (row 4)", async () => {
    const again: readonly ChaosFault[] = [{ fault: "none", framing: "length" }, { fault: "reset-before-headers" }];
    await using server = await startChaos({ connections: [again, [{ fault: "none" }]] });
    // Stands still, with the longest jitter: any wait would last for ever.
    const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url, clock: fakeClock(), random: () => 1 });
    await client.chat.completions.create(ask);
    await settle(); // what is left of the first answer is read behind the caller's back
    const second = await client.chat.completions.create(ask);
    expect(second.choices[0]?.message.content).toBe("Sunny");
    expect(server.requests.map(({ connection }) => connection)).toEqual([0, 0, 1]);
  });
});

describe("a connection that is reset in the middle of the text", () => {
  const middle = chatPiece("Sun").length + 9;

  it.each(PROTOCOLS.map((protocol) => [protocol.api, protocol] as const))(
    "is tried again on %s, and says what of the text is void (row 5)",
    async (_, { api, good, begun }) => {
      const at = begun.lastIndexOf("ny") - 4;
      await using server = await startChaos([
        { fault: "cut", at, how: "reset", body: good },
        { fault: "none", body: good },
      ]);
      const { result, events, failures } = await askAgent(server, { api });
      expect(result).toMatchObject({ status: "completed", text: "Sunny" });
      expect(failures).toEqual(["connection_failed"]);
      const failed = events.find(isFailed);
      const shown = events.filter((event) => event.type === "text.delta" && event.epoch === failed?.epoch);
      const length = shown.reduce((sum, event) => sum + (event.type === "text.delta" ? event.delta.length : 0), 0);
      expect(failed?.discarded).toEqual({ text: length, reasoning: 0 });
    },
  );

  it("has used what nobody reported: the tokens of both attempts are not said to be those of one (row 5)", async () => {
    await using server = await startChaos([{ fault: "cut", at: middle, how: "reset" }, { fault: "none" }]);
    const { result } = await askAgent(server);
    expect(result.usage).toMatchObject({ inputTokens: 7, outputTokens: 2, requests: 2, unreported: 1 });
  });
});
