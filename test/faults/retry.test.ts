import { createAgent } from "fairwitness";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fakeClock } from "../support/fake-clock.ts";
import {
  ask,
  clientOf,
  cut,
  errorOf,
  failureIn,
  good,
  inTurn,
  KEY,
  only,
  readRun,
  refusal,
  replying,
  until,
} from "./retry-support.ts";

describe("a connection that was closed while it lay idle", () => {
  test("is made anew at once, without a wait, the first time (row 4)", async () => {
    await using server = await replying(inTurn(good(), "reset", good("Again.")));
    const clock = fakeClock(); // stands still: a wait would never end
    const client = clientOf(server, { clock, random: () => 1 });
    const agent = createAgent({ name: "a", model: client.model("grok-4.7"), runtime: { clock, random: () => 1 } });
    await agent.run("one");
    const record = await readRun(agent.stream("two"));
    expect(only(record, "run.completed")[0]?.text).toBe("Again.");
    expect(only(record, "turn.retrying")).toMatchObject([{ delayMs: 0, error: { code: "connection_failed" } }]);
    expect(server.requests).toHaveLength(3);
  });

  test("is waited for when it happens again", async () => {
    await using server = await replying(inTurn(good(), "reset", "reset", good()));
    const clock = fakeClock();
    const client = clientOf(server, { clock, random: () => 1 });
    await client.chat.completions.create(ask);
    const answer = client.chat.completions.create(ask);
    await until(() => clock.waiting > 0 && server.requests.length === 3 && server.open === 0);
    await clock.pass(0);
    expect(server.requests).toHaveLength(3);
    await clock.pass(100);
    await answer;
    expect(server.requests).toHaveLength(4);
  });

  test("is not what a server does that never answered: that is waited for", async () => {
    await using server = await replying(inTurn("reset", good()));
    const agent = createAgent({ name: "a", model: clientOf(server).model("grok-4.7"), runtime: { random: () => 0.5 } });
    const record = await readRun(agent.stream("one"));
    expect(only(record, "turn.retrying")).toMatchObject([{ delayMs: 25 }]);
  });

  test("costs nothing of the retry budget", async () => {
    await using server = await replying(inTurn(good(), "reset", good()));
    const client = clientOf(server, { retry: { budget: { tokens: 0 } } });
    await client.chat.completions.create(ask);
    await client.chat.completions.create(ask);
    expect(server.requests).toHaveLength(3);
  });
});

describe("a wait that the server asks for", () => {
  test("in seconds is kept, and stretched by up to a tenth (row 25)", async () => {
    await using server = await replying(inTurn(refusal(429, { "retry-after": "7" }), good()));
    const clock = fakeClock();
    const runtime = { clock, random: () => 0.5 };
    const agent = createAgent({ name: "a", model: clientOf(server, runtime).model("grok-4.7"), runtime });
    const run = agent.stream("Lisbon?");
    await until(() => only(run.record, "turn.retrying").length === 1);
    await clock.pass(7349);
    expect(server.requests).toHaveLength(1);
    await clock.pass(1);
    const record = await readRun(run);
    expect(only(record, "turn.retrying")[0]).toMatchObject({
      delayMs: 7350,
      error: { code: "rate_limited", retryAfterMs: 7000, status: 429 },
    });
    expect(only(record, "run.completed")).toHaveLength(1);
  });

  test("as a date is measured by the server's own clock, however wrong ours is (row 26)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: -86_400_000, max: 86_400_000 }),
        async (seconds, skewMs) => {
          const at = (ms: number): string => new Date(ms).toUTCString();
          const clock = fakeClock();
          const theirs = Math.floor(clock.now() / 1000) * 1000 + skewMs - (skewMs % 1000);
          const headers = { date: at(theirs), "retry-after": at(theirs + seconds * 1000) };
          await using server = await replying(() => refusal(429, headers));
          const error = await errorOf(clientOf(server, { clock, retry: { attempts: 1 } }).chat.completions.create(ask));
          expect(error.retryAfterMs).toBe(seconds * 1000);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("in any form that HTTP has for a date is read, and what only looks like one is not (row 26)", async () => {
    const waitOf = async (text: string): Promise<number | undefined> => {
      const headers = { date: "Sun, 06 Nov 1994 08:49:30 GMT", "retry-after": text };
      await using server = await replying(() => refusal(429, headers));
      return (await errorOf(clientOf(server, { retry: { attempts: 1 } }).chat.completions.create(ask))).retryAfterMs;
    };
    expect(await waitOf("Sun, 06 Nov 1994 08:49:37 GMT")).toBe(7000);
    expect(await waitOf("Sunday, 06-Nov-94 08:49:37 GMT")).toBe(7000);
    const { TZ } = process.env;
    process.env.TZ = "America/New_York"; // the third form says no zone, and means GMT
    try {
      expect(await waitOf("Sun Nov  6 08:49:37 1994")).toBe(7000);
    } finally {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
    }
    expect(await waitOf("after 2099")).toBeUndefined();
  });

  test("of a day is not kept: one request, and an error at once that holds the time (row 27)", async () => {
    await using server = await replying(() => refusal(429, { "retry-after": "86400" }));
    const client = clientOf(server, { clock: fakeClock() });
    const error = await errorOf(client.chat.completions.create(ask));
    expect(error).toMatchObject({ code: "rate_limited", retryAfterMs: 86_400_000, attempts: 1 });
    expect(error.message).toContain("24 h");
    expect(server.requests).toHaveLength(1);
    const record = await readRun(createAgent({ name: "a", model: client.model("grok-4.7") }).stream("Lisbon?"));
    expect(failureIn(record)).toMatchObject({ code: "rate_limited", retryAfterMs: 86_400_000 });
    expect(server.requests).toHaveLength(2);
  });

  test("that is no time is as if it were absent (row 28)", async () => {
    const nonsense = fc.oneof(
      fc.constantFrom("", "-5", "-0.5", "NaN", "1e309", "Infinity", "0x10", "soon", "5 s", "9".repeat(40)),
      fc.stringMatching(/^[a-zA-Z+-]{0,12}$/),
    );
    await fc.assert(
      fc.asyncProperty(nonsense, fc.constantFrom("retry-after", "retry-after-ms"), async (text, name) => {
        await using server = await replying(inTurn(refusal(429, { [name]: text }), good()));
        const runtime = { random: () => 0 };
        const agent = createAgent({ name: "a", model: clientOf(server).model("grok-4.7"), runtime });
        const [retry] = only(await readRun(agent.stream("Lisbon?")), "turn.retrying");
        expect(retry).toMatchObject({ delayMs: 0, error: { code: "rate_limited" } });
        expect(retry?.error).not.toHaveProperty("retryAfterMs");
      }),
      { numRuns: 40 },
    );
  });

  test("in milliseconds is read first (row 28)", async () => {
    await using server = await replying(() => refusal(429, { "retry-after-ms": "1500", "retry-after": "nonsense" }));
    const error = await errorOf(clientOf(server, { retry: { attempts: 1 } }).chat.completions.create(ask));
    expect(error.retryAfterMs).toBe(1500);
  });
});

describe("a refusal", () => {
  test.each([
    [498, "overloaded", 3],
    [529, "overloaded", 3],
    [420, "http_status", 1],
    [418, "http_status", 1],
    [499, "http_status", 1],
    [520, "server_error", 3],
    [599, "server_error", 3],
    [525, "server_error", 1],
  ] as const)("with %i is %s, and makes %i requests (row 29)", async (status, code, count) => {
    await using server = await replying(() => refusal(status, { "x-request-id": "req-29" }));
    const error = await errorOf(clientOf(server).chat.completions.create(ask));
    expect(error).toMatchObject({ code, status, requestId: "req-29", attempts: count });
    expect(server.requests).toHaveLength(count);
  });

  test.each([401, 403])("with %i is not tried again, and does not show the key it echoes (row 31)", async (status) => {
    await using server = await replying(() => refusal(status, { "x-request-id": KEY }, `Your key ${KEY} is wrong.`));
    const error = await errorOf(clientOf(server).chat.completions.create(ask));
    expect(server.requests).toHaveLength(1);
    expect(error.message).toContain("Your key [redacted] is wrong.");
    expect(JSON.stringify(error) + String(error.stack)).not.toContain(KEY);
  });

  test.each([
    [400, "invalid_request"],
    [404, "not_found"],
    [413, "invalid_request"],
    [422, "unprocessable"],
  ] as const)("with %i says what the server said, of what, and which request it was (row 32)", async (status, code) => {
    const body = JSON.stringify({ error: { message: "must be below 2", param: "temperature" } });
    const headers = { "x-request-id": "req-32" };
    await using server = await replying(() => ({ status, headers, body, type: "application/json" }));
    const error = await errorOf(clientOf(server).chat.completions.create(ask));
    expect(error).toMatchObject({ code, status, requestId: "req-32", param: "temperature", attempts: 1 });
    expect(error.message).toContain("must be below 2");
    expect(server.requests).toHaveLength(1);
  });

  test("that the server asks not to repeat is not repeated", async () => {
    await using server = await replying(() => refusal(503, { "x-should-retry": "false" }));
    expect(await errorOf(clientOf(server).chat.completions.create(ask))).toMatchObject({ attempts: 1 });
    expect(server.requests).toHaveLength(1);
  });
});

describe("attempts", () => {
  test("are all on the record, and what all of them used is counted; what is unknown is said to be", async () => {
    await using server = await replying(inTurn(cut(), refusal(503), good("Sunny.", 9)));
    const agent = createAgent({ name: "a", model: clientOf(server).model("grok-4.7"), runtime: { random: () => 0 } });
    const run = agent.stream("Lisbon?");
    const record = await readRun(run);
    expect(only(record, "turn.retrying")).toMatchObject([
      { attempt: 1, error: { code: "stream_incomplete" }, discarded: { text: 3 } },
      { attempt: 2, error: { code: "server_error", status: 503 } },
    ]);
    expect(only(record, "turn.completed")).toMatchObject([{ attempt: 3 }]);
    expect((await run.result()).usage).toMatchObject({ requests: 3, unreported: 2, totalTokens: 9 });
  });

  test("are paid by all agents and calls of a client from one budget", async () => {
    await using server = await replying(() => refusal(503));
    const client = clientOf(server, { retry: { budget: { tokens: 30 } } });
    const runtime = { random: () => 0 };
    const run = async (name: string): Promise<string | undefined> =>
      failureIn(await readRun(createAgent({ name, model: client.model("grok-4.7"), runtime }).stream("?")))?.message;
    expect(await run("first")).not.toContain("retry budget");
    expect(server.requests).toHaveLength(3); // two retries at 14 each
    expect(await run("second")).toContain("the retry budget of this client is used up");
    expect((await errorOf(client.responses.create({ model: "grok-4.7", input: "?" }))).message).toContain(
      "retry budget",
    );
    expect(server.requests).toHaveLength(5);
  });

  test("that succeed fill the budget again, never above what it held", async () => {
    let isGood = true;
    await using server = await replying(() => (isGood ? good() : refusal(503)));
    const client = clientOf(server, { retry: { budget: { tokens: 28, refund: 7 } } });
    const fail = async (): Promise<number> => {
      isGood = false;
      const { attempts } = await errorOf(client.chat.completions.create(ask));
      isGood = true;
      return attempts;
    };
    for (let call = 0; call < 5; call += 1) await client.chat.completions.create(ask);
    expect(await fail()).toBe(3); // all of it
    await client.chat.completions.create(ask);
    expect(await fail()).toBe(1); // 7
    await client.chat.completions.create(ask);
    expect(await fail()).toBe(2); // 14
  });

  test("cost less where the server only asks for patience", async () => {
    await using server = await replying(() => refusal(429));
    const client = clientOf(server, { retry: { budget: { tokens: 12 } } });
    expect(await errorOf(client.chat.completions.create(ask))).toMatchObject({ attempts: 3 });
    expect(await errorOf(client.chat.completions.create(ask))).toMatchObject({ attempts: 1 });
  });

  test("at a turn in which an MCP server was called are not repeated in silence", async () => {
    const item = {
      id: "m1",
      type: "mcp_call",
      name: "send_mail",
      server_label: "mail",
      arguments: "{}",
      status: "in_progress",
    };
    const events = [
      { type: "response.created", response: { id: "r", model: "grok-4.7", output: [], status: "in_progress" } },
      { type: "response.output_item.added", output_index: 0, item },
    ];
    const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
    await using server = await replying(() => ({ body }));
    const { remoteMcp } = await import("fairwitness");
    const tools = [remoteMcp({ url: "https://mail.example/mcp", label: "mail" })];
    const record = await readRun(
      createAgent({ name: "a", model: clientOf(server).model("grok-4.7"), tools }).stream("Write to Ann."),
    );
    expect(failureIn(record)).toMatchObject({ code: "stream_incomplete", retryable: false });
    expect(failureIn(record)?.message).toContain("called the MCP server");
    expect(server.requests).toHaveLength(1);
    const request = {
      model: "grok-4.7",
      input: "Write to Ann.",
      tools: [{ type: "mcp", server_url: "https://m.example", server_label: "mail" }],
    };
    const error = await errorOf(clientOf(server).responses.create(request as never)); // as a user in JavaScript writes it
    expect(error).toMatchObject({ code: "stream_incomplete", retryable: false, attempts: 1 });
    expect(server.requests).toHaveLength(2);
  });
});
