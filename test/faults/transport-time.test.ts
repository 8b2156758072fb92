import { AgentError, createAgent, createClient, type Transport } from "fairwitness";
import { describe, expect, it } from "vitest";
import { type ChaosFault, startChaos } from "../support/chaos.ts";
import { CHAT, chatPiece } from "../support/chaos-bodies.ts";
import {
  type Asked,
  type AskOptions,
  askAgent,
  CHAOS_KEY,
  countingTransport,
  PROTOCOLS,
} from "../support/chaos-client.ts";
import { type FakeClock, fakeClock, settle } from "../support/fake-clock.ts";
import { until } from "../support/until.ts";

const ask = { model: "grok-4.7", messages: [{ role: "user", content: "Lisbon?" }] } as const;
const SILENT: readonly ChaosFault[] = [{ fault: "silence" }, { fault: "deaf" }];
const apis = PROTOCOLS.map((protocol) => [protocol.api, protocol] as const);

describe("a server that takes the request and never answers", () => {
  it.each(SILENT.flatMap((fault) => PROTOCOLS.map(({ api }) => [fault.fault, api, fault] as const)))(
    "(%s) is given up on %s when its time is up, and asked once more only (row 6)",
    async (_, api, fault) => {
      const clock = fakeClock();
      await using server = await startChaos([fault]);
      const transport = countingTransport();
      const asking = askAgent(server, { api, clock, transport });
      // grok-4.7 may think in silence: 300 s.
      for (const n of [1, 2]) {
        await until(() => transport.requests === n && server.connections >= n);
        await clock.pass(299_999);
        expect(transport.requests).toBe(n);
        await clock.pass(1);
      }
      const { result, failures } = await asking;
      expect(failures).toEqual(["headers_timeout", "headers_timeout"]);
      expect(result).toMatchObject({ status: "failed", error: { code: "headers_timeout", attempts: 2 } });
      expect(transport.requests).toBe(2);
      expect(clock.waiting).toBe(0);
    },
  );

  it("is given 120 s where it has nothing to think about (row 6)", async () => {
    const clock = fakeClock();
    await using server = await startChaos([{ fault: "silence" }]);
    const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url, clock, retry: { attempts: 1 } });
    const failing = client.models.list().catch((error: unknown) => error);
    await until(() => server.requests.length === 1);
    await clock.pass(119_999);
    expect(clock.waiting).toBe(1);
    await clock.pass(1);
    expect(await failing).toMatchObject({ code: "headers_timeout", message: expect.stringContaining("120 s") });
    await until(() => server.open === 0);
  });
});

describe("a body that goes silent", () => {
  it.each(apis)("is given up on %s after the idle time, and asked for once more only (row 21)", async (_, protocol) => {
    const { api, good, begun } = protocol;
    const clock = fakeClock();
    const stall = { fault: "cut", at: begun.length, how: "stall", body: good } as const;
    await using server = await startChaos([stall]);
    const transport = countingTransport();
    const asking = askAgent(server, { api, clock, transport, timeouts: { idleMs: 60_000 } });
    for (const n of [1, 2]) {
      await until(() => transport.reads === n);
      await clock.pass(60_000);
    }
    const { result, failures } = await asking;
    expect(failures).toEqual(["idle_timeout", "idle_timeout"]);
    expect(result).toMatchObject({ status: "failed", text: "", error: { code: "idle_timeout", attempts: 2 } });
    await until(() => server.open === 0);
  });

  it("is asked for again, and the second answer is the answer (row 21)", async () => {
    const clock = fakeClock();
    await using server = await startChaos([{ fault: "cut", at: 80, how: "stall" }, { fault: "none" }]);
    const transport = countingTransport();
    const asking = askAgent(server, { clock, transport });
    await until(() => transport.reads === 1);
    await clock.pass(300_000);
    const { result, failures } = await asking;
    expect(result).toMatchObject({ status: "completed", text: "Sunny" });
    expect(failures).toEqual(["idle_timeout"]);
  });
});

/** Lets `everyMs` pass and sends the next piece, until the run has ended. */
async function beat(
  server: Awaited<ReturnType<typeof startChaos>>,
  clock: FakeClock,
  { everyMs, ...options }: AskOptions & { everyMs: number },
): Promise<Asked & { pieces: number }> {
  const transport = countingTransport();
  let isOver = false;
  const asking = askAgent(server, { ...options, clock, transport, attempts: 1 }).finally(() => {
    isOver = true;
  });
  let pieces = 0;
  await until(() => server.bytesOut > 0);
  while (!isOver && pieces < 1000) {
    server.tick();
    pieces += 1;
    await until(() => isOver || transport.reads >= pieces);
    await settle();
    if (!isOver) await clock.pass(everyMs);
  }
  return { ...(await asking), pieces };
}

describe("a stream that lives and does not get on", () => {
  it("because one event comes byte by byte is given up after ten minutes (row 7)", async () => {
    const clock = fakeClock();
    await using server = await startChaos([{ fault: "drip", body: chatPiece("Sunny") }]);
    const { result, pieces } = await beat(server, clock, { everyMs: 50_000 });
    expect(result).toMatchObject({
      status: "failed",
      error: { code: "idle_timeout", message: expect.stringContaining("added nothing to the answer") },
    });
    expect(pieces).toBe(13);
    await until(() => server.open === 0);
  });

  it.each(apis)("because its pieces are empty is given up on %s too (row 7)", async (_, { api, good }) => {
    const clock = fakeClock();
    const [, begun = "", piece = ""] = /^(.*"Sun".*?\n\n)(.*?\n\n)/s.exec(good) ?? [];
    const unit = piece.replace('"ny"', '""');
    expect(unit).not.toBe(piece);
    await using server = await startChaos([{ fault: "keep-alive", unit, body: begun }]);
    const { result } = await beat(server, clock, { api, everyMs: 60_000 });
    expect(result).toMatchObject({ status: "failed", error: { code: "idle_timeout" } });
  });

  it.each(apis)(
    "but in comments is given up on %s after ten minutes, with idle time never up (row 22)",
    async (_, protocol) => {
      const { api, begun } = protocol;
      const clock = fakeClock();
      await using server = await startChaos([{ fault: "keep-alive", body: begun }]);
      const { result, pieces } = await beat(server, clock, { api, everyMs: 59_000, timeouts: { idleMs: 60_000 } });
      expect(result).toMatchObject({ status: "failed", error: { code: "idle_timeout" } });
      expect(JSON.stringify(result)).toContain("600 s");
      expect(pieces).toBe(12);
    },
  );

  it("is as good as any while it gets on, however long it takes (rows 7, 22)", async () => {
    const clock = fakeClock();
    await using server = await startChaos([{ fault: "drip", size: 90 }]);
    const { result } = await beat(server, clock, {
      everyMs: 55_000,
      timeouts: { idleMs: 60_000, progressMs: 120_000 },
    });
    expect(result).toMatchObject({ status: "completed", text: "Sunny" });
  });
});

describe("an answer that is not streamed", () => {
  const slow = async (fault: ChaosFault, everyMs: number): Promise<unknown> => {
    const clock = fakeClock();
    const transport = countingTransport();
    await using server = await startChaos([fault]);
    const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url, clock, transport, retry: { attempts: 1 } });
    let outcome: unknown;
    client.models.list().then(
      (models) => {
        outcome = models;
      },
      (error) => {
        outcome = error;
      },
    );
    await until(() => server.bytesOut > 0);
    for (let pieces = 1; outcome === undefined && pieces < 1000; pieces += 1) {
      server.tick();
      await until(() => outcome !== undefined || transport.reads >= pieces);
      if (outcome === undefined) await clock.pass(everyMs);
    }
    await until(() => server.open === 0);
    expect(clock.waiting).toBe(0);
    return outcome;
  };
  const json = { headers: { "content-type": "application/json" }, body: `{"data":[${" ".repeat(500)}]}` };

  it("and comes byte by byte is given up after ten minutes (row 7)", async () => {
    const error = await slow({ fault: "drip", ...json }, 50_000);
    expect(error).toMatchObject({ code: "idle_timeout", message: expect.stringContaining("the whole of its answer") });
  });

  it("because it is an error is that error, and its text waited for no longer than ten seconds (row 7)", async () => {
    const error = await slow({ fault: "drip", ...json, status: 404 }, 3000);
    expect(error).toMatchObject({ code: "not_found", status: 404 });
  });

  it("because it is something else is refused, and its text waited for no longer than ten seconds (row 7)", async () => {
    const clock = fakeClock();
    const transport = countingTransport();
    const headers = { "content-type": "text/plain" };
    await using server = await startChaos([{ fault: "drip", headers, body: "x".repeat(90) }]);
    const { result, pieces } = await beat(server, clock, { everyMs: 3000, transport });
    expect(result).toMatchObject({ status: "failed", error: { code: "unexpected_content_type" } });
    expect(pieces).toBeLessThan(6);
  });
});

describe("the time in which a reader holds the stream", () => {
  it("counts toward no timer (rows 21, 22)", async () => {
    const clock = fakeClock();
    await using server = await startChaos([{ fault: "drip", size: 90, body: CHAT }]);
    const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url, clock, retry: { attempts: 1 } });
    const ticking = setInterval(() => server.tick(), 1);
    let held = 0;
    for await (const [response] of client.chat.completions.stream(ask)) {
      expect(response.choices[0]?.message.content ?? "").toBe(
        "Sunny".slice(0, response.choices[0]?.message.content?.length ?? 0),
      );
      await clock.pass(24 * 3600_000);
      held += 1;
    }
    clearInterval(ticking);
    expect(held).toBeGreaterThan(3);
  });
});

describe("a key that is asked for and never comes", () => {
  it.each(["client", "agent"])("is waited for no longer than an answer, by the %s", async (who) => {
    const clock = fakeClock();
    const client = createClient({ apiKey: () => new Promise<string>(() => {}), baseURL: "http://127.0.0.1:9", clock });
    const agent = createAgent({ name: "a", model: client.model("grok-4.7"), runtime: { clock } });
    const asking = who === "agent" ? agent.run("Lisbon?") : client.chat.completions.create(ask);
    const failure = asking.then(
      () => undefined,
      (error: unknown) => error,
    );
    await until(() => clock.waiting > (who === "agent" ? 1 : 0));
    await clock.pass(300_000);
    expect(await failure).toMatchObject({
      code: "no_api_key",
      message: expect.stringContaining("returned no key within 300 s"),
    });
    expect(clock.waiting).toBe(0);
  });
});

describe("the making of a connection", () => {
  /** A transport that can tell, and connects when it is told to. */
  const telling = (connected: Promise<void>): Transport => {
    const transport = countingTransport();
    return async (request) => {
      request.onPhase?.("connecting");
      await connected;
      request.onPhase?.("connected");
      return transport(request);
    };
  };

  it("has ten seconds, with a transport that can tell (row 6)", async () => {
    const clock = fakeClock();
    await using server = await startChaos([{ fault: "none" }]);
    const asking = askAgent(server, { clock, transport: telling(new Promise(() => {})), attempts: 1 });
    let isOver = false;
    void asking.then(() => {
      isOver = true;
    });
    await clock.pass(9_999);
    expect(isOver).toBe(false);
    await clock.pass(1);
    const { result } = await asking;
    expect(result).toMatchObject({
      status: "failed",
      error: { code: "connect_timeout", retryable: true, message: expect.stringContaining("timeouts.connectMs") },
    });
    expect(clock.waiting).toBe(0);
    expect(server.connections).toBe(0);
  });

  it("is over once it is there: the wait for the answer is not bound by it (row 6)", async () => {
    const clock = fakeClock();
    await using server = await startChaos([{ fault: "silence" }]);
    const transport = telling(Promise.resolve());
    const asking = askAgent(server, { clock, transport, attempts: 1, timeouts: { connectMs: 500 } });
    await until(() => server.requests.length === 1);
    await clock.pass(300_000);
    expect((await asking).failures).toEqual(["headers_timeout"]);
  });

  it("is over with the answer, also where the transport forgets to say so (row 6)", async () => {
    const clock = fakeClock();
    await using server = await startChaos([{ fault: "drip", size: 90 }]);
    const fetching = countingTransport();
    const transport: Transport = (request) => {
      request.onPhase?.("connecting");
      return fetching(request);
    };
    const asking = askAgent(server, { clock, transport, attempts: 1 });
    await until(() => server.bytesOut > 0);
    server.tick();
    await until(() => fetching.reads === 1);
    await clock.pass(60_000);
    const ticking = setInterval(() => server.tick(), 1);
    const { result } = await asking.finally(() => clearInterval(ticking));
    expect(result).toMatchObject({ status: "completed", text: "Sunny" });
  });

  it.each([
    ["UND_ERR_CONNECT_TIMEOUT", "connect_timeout"],
    ["ETIMEDOUT", "connect_timeout"],
    ["UND_ERR_HEADERS_TIMEOUT", "headers_timeout"],
    ["UND_ERR_BODY_TIMEOUT", "idle_timeout"],
  ])(
    "and every other wait that fetch gives up by itself has its own code: %s is %s (row 6)",
    async (code, expected) => {
      const cause = Object.assign(new Error("timeout"), { code, syscall: "connect" });
      const client = createClient({
        apiKey: CHAOS_KEY,
        retry: { attempts: 1 },
        fetch: () => Promise.reject(new TypeError("fetch failed", { cause })),
      });
      const error = await client.models.list().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AgentError);
      expect(error).toMatchObject({ code: expected, retryable: true });
    },
  );
});
