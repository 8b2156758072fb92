import { createAgent, type Run } from "fairwitness";
import { describe, expect, test } from "vitest";
import { fakeClock } from "../support/fake-clock.ts";
import { ask, clientOf, errorOf, failureIn, good, KEY, only, readRun, refusal, replying } from "./retry-support.ts";

const runtime = { random: (): number => 0 };
const acts = (run: Run): readonly string[] => only(run.record, "protection").map(({ action }) => action);
const modelOf = (body: string | undefined): unknown => JSON.parse(body ?? "{}").model;

describe("failover", () => {
  test("asks the next endpoint at once, goes back after the cool-down, and says both", async () => {
    let isDown = true;
    await using first = await replying(() => (isDown ? refusal(503, { "retry-after": "50" }) : good("first")));
    await using second = await replying(() => good("second"));
    const clock = fakeClock(); // stands still: a wait would never end
    const client = clientOf(first, {
      clock,
      protect: { failover: [{ baseURL: second.url, apiKey: "second-key" }], coolDownMs: 10_000 },
    });
    const agent = createAgent({ name: "a", model: client.model("grok-4.7"), runtime: { ...runtime, clock } });
    const failing = agent.stream("1");
    expect(only(await readRun(failing), "run.completed")[0]?.text).toBe("second");
    expect(only(failing.record, "turn.retrying")).toMatchObject([{ delayMs: 0, error: { code: "server_error" } }]);
    // Left alone for as long as the server asked, which is longer than the cool-down.
    expect(only(failing.record, "protection")).toMatchObject([
      { action: "failover", host: new URL(first.url).host, instead: new URL(second.url).host, forMs: 50_000 },
    ]);

    isDown = false;
    expect((await agent.run("2")).text).toBe("second");
    expect(first.requests).toHaveLength(1);
    await clock.pass(50_000);
    const back = agent.stream("3");
    expect(only(await readRun(back), "run.completed")[0]?.text).toBe("first");
    expect(acts(back)).toEqual(["failover.ended"]);
    const quiet = agent.stream("4");
    await readRun(quiet);
    expect(acts(quiet)).toEqual([]);
  });

  test("sends each key to its own origin, and nowhere else (row 114)", async () => {
    await using first = await replying(() => refusal(503));
    await using second = await replying(() => refusal(503));
    await using third = await replying(() => good());
    const client = clientOf(first, {
      headers: { "x-secret": "first-secret" },
      protect: {
        failover: [
          { baseURL: second.url, apiKey: "second-key", headers: { "x-own": "own" } },
          { baseURL: third.url, keyRequired: false },
        ],
      },
    });
    await client.chat.completions.create(ask);
    expect(first.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, "x-secret": "first-secret" });
    expect(second.requests[0]?.headers).toMatchObject({ authorization: "Bearer second-key", "x-own": "own" });
    expect(second.requests[0]?.headers).not.toHaveProperty("x-secret");
    expect(third.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(third.requests[0]?.headers).not.toHaveProperty("x-secret");
    const { url } = third;
    expect(() => clientOf(first, { protect: { failover: [{ baseURL: url }] } })).toThrow(
      expect.objectContaining({
        code: "invalid_option",
        message: expect.stringContaining("not sent to another origin"),
      }),
    );
  });

  test("keeps the client's key for another path of its own origin", async () => {
    await using server = await replying((index) => (index === 0 ? refusal(502) : good()));
    const client = clientOf(server, { protect: { failover: [{ baseURL: `${server.url}/other/v1` }] } });
    await client.chat.completions.create(ask);
    expect(server.requests.map(({ path }) => path)).toEqual(["/v1/chat/completions", "/other/v1/chat/completions"]);
    expect(server.requests[1]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test.each([400, 401, 404, 422, 429, 498])("is not tripped by a %i", async (status) => {
    await using first = await replying(() => refusal(status));
    await using second = await replying(() => good());
    const client = clientOf(first, { protect: { failover: [{ baseURL: second.url, apiKey: "second-key" }] } });
    const run = createAgent({ name: "a", model: client.model("grok-4.7"), runtime }).stream("?");
    expect(failureIn(await readRun(run))).toMatchObject({ status });
    expect(acts(run)).toEqual([]);
    expect(second.requests).toHaveLength(0);
  });

  test("is tripped by a connection that breaks, also in the middle of an answer", async () => {
    await using first = await replying((index) => (index === 0 ? { body: 'data: {"choices":[]}\n\n' } : "reset"));
    await using second = await replying(() => good("second"));
    const clock = fakeClock();
    const client = clientOf(first, {
      clock,
      protect: { failover: [{ baseURL: second.url, apiKey: "second-key" }], coolDownMs: 1000 },
    });
    for (let call = 0; call < 2; call += 1) {
      expect((await client.chat.completions.create(ask)).choices[0]?.message.content).toBe("second");
      await clock.pass(1000);
    }
    expect(first.requests).toHaveLength(2);
  });

  test("takes along all that were under way when an endpoint broke, however many", async () => {
    await using first = await replying(() => "reset");
    await using second = await replying(() => good("second"));
    const client = clientOf(first, { protect: { failover: [{ baseURL: second.url, apiKey: "second-key" }] } });
    const agent = createAgent({ name: "a", model: client.model("grok-4.7"), runtime });
    const results = await Promise.all(Array.from({ length: 60 }, () => agent.run("?", { reject: false })));
    expect(results.filter(({ status }) => status !== "completed")).toEqual([]);
    expect(second.requests).toHaveLength(60);
  });

  test("asks no server more than the retry budget allows when all of them are down", async () => {
    await using first = await replying(() => refusal(503));
    await using second = await replying(() => refusal(503));
    const client = clientOf(first, { protect: { failover: [{ baseURL: second.url, apiKey: "second-key" }] } });
    const calls = Array.from({ length: 50 }, () => client.chat.completions.create(ask));
    expect((await Promise.allSettled(calls)).every(({ status }) => status === "rejected")).toBe(true);
    for (const { requests } of [first, second]) expect(requests.length / 50).toBeLessThanOrEqual(1.75);
  });

  test("tries all endpoints that are left alone, the one first whose time is up first", async () => {
    await using first = await replying(() => refusal(503));
    await using second = await replying(() => refusal(500));
    const client = clientOf(first, {
      retry: { baseMs: 0 },
      protect: { failover: [{ baseURL: second.url, apiKey: "second-key" }] },
    });
    expect(await errorOf(client.chat.completions.create(ask))).toMatchObject({ attempts: 3 });
    expect([first.requests.length, second.requests.length]).toEqual([2, 1]);
  });

  test("asks the one first again that asked for less time", async () => {
    await using first = await replying(() => refusal(503, { "retry-after": "50" }));
    await using second = await replying((index) => (index === 0 ? refusal(503) : good()));
    const clock = fakeClock();
    const client = clientOf(first, {
      clock,
      retry: { baseMs: 0 },
      protect: { failover: [{ baseURL: second.url, apiKey: "second-key" }] },
    });
    await client.chat.completions.create(ask);
    expect([first.requests.length, second.requests.length]).toEqual([1, 2]);
  });

  test("passes an endpoint by whose circuit breaker is open", async () => {
    await using first = await replying(() => refusal(503));
    await using second = await replying(() => good());
    const clock = fakeClock();
    const client = clientOf(first, {
      clock,
      protect: {
        breaker: { failures: 1, openMs: 60_000 },
        failover: [{ baseURL: second.url, apiKey: "second-key" }],
        coolDownMs: 1000,
      },
    });
    await client.chat.completions.create(ask);
    await clock.pass(1000);
    await client.chat.completions.create(ask);
    expect([first.requests.length, second.requests.length]).toEqual([1, 2]);
  });
});

describe("a fallback model", () => {
  test.each([
    ["is at capacity", 498, 0],
    ["is on a server that fails", 503, 0],
    ["is gone", 404, 0],
    ["is asked to be left alone for a day", 503, 86_400],
  ] as const)("answers while the one asked for %s (%i)", async (_, status, retryAfter) => {
    const headers = retryAfter === 0 ? {} : { "retry-after": String(retryAfter) };
    await using server = await replying((_index, body) =>
      modelOf(body) === "grok-4.7" ? refusal(status, headers) : good(),
    );
    const clock = fakeClock();
    const client = clientOf(server, { clock });
    const model = client.model("grok-4.7", { fallback: ["grok-4.7", "grok-4.6"] });
    const agent = createAgent({ name: "a", model, runtime: { ...runtime, clock } });
    const run = agent.stream("1");
    expect(only(await readRun(run), "run.completed")).toHaveLength(1);
    expect(only(run.record, "protection")).toMatchObject([
      { action: "fallback", model: "grok-4.7", instead: "grok-4.6", forMs: Math.max(30_000, retryAfter * 1000) },
    ]);
    await agent.run("2");
    expect(server.requests.map(({ body }) => modelOf(body))).toEqual(["grok-4.7", "grok-4.6", "grok-4.6"]);
  });

  test("gives way again when the first one is asked after its cool-down and answers", async () => {
    let isGone = true;
    await using server = await replying((_, body) => (isGone && modelOf(body) === "grok-4.7" ? refusal(404) : good()));
    const clock = fakeClock();
    const model = clientOf(server, { clock }).model("grok-4.7", { fallback: ["grok-4.6"] });
    const agent = createAgent({ name: "a", model, runtime: { ...runtime, clock } });
    await agent.run("1");
    isGone = false;
    await clock.pass(30_000);
    const run = agent.stream("2");
    await readRun(run);
    expect(acts(run)).toEqual(["fallback.ended"]);
    expect(modelOf(server.requests.at(-1)?.body)).toBe("grok-4.7");
  });

  test.each([400, 401, 403, 422, 429])("is not asked after a %i", async (status) => {
    await using server = await replying(() => refusal(status));
    const model = clientOf(server).model("grok-4.7", { fallback: ["grok-4.6"] });
    const run = createAgent({ name: "a", model, runtime }).stream("?");
    expect(failureIn(await readRun(run))).toMatchObject({ status });
    expect(server.requests.every(({ body }) => modelOf(body) === "grok-4.7")).toBe(true);
    expect(acts(run)).toEqual([]);
  });

  test("that fails as well is waited for as usual", async () => {
    await using server = await replying(() => refusal(503));
    const clock = fakeClock();
    const model = clientOf(server, { clock }).model("grok-4.7", { fallback: ["grok-4.6"] });
    const run = createAgent({ name: "a", model, runtime: { clock, random: () => 0.5 } }).stream("?");
    while (only(run.record, "run.failed").length === 0) await clock.pass(100);
    expect(only(await readRun(run), "turn.retrying").map(({ delayMs }) => delayMs)).toEqual([0, 1000]);
  });

  test("is asked after the other endpoints were", async () => {
    const reply = (_: number, body: string) => (modelOf(body) === "grok-4.7" ? refusal(503) : good());
    await using first = await replying(reply);
    await using second = await replying(reply);
    const client = clientOf(first, { protect: { failover: [{ baseURL: second.url, apiKey: "second-key" }] } });
    const model = client.model("grok-4.7", { fallback: ["grok-4.6"] });
    const run = createAgent({ name: "a", model, runtime }).stream("?");
    expect(only(await readRun(run), "run.completed")).toHaveLength(1);
    expect(acts(run)).toEqual(["failover", "fallback", "failover.ended"]);
    expect(second.requests.map(({ body }) => modelOf(body))).toEqual(["grok-4.7"]);
  });

  test("that cannot take what the first one can is refused when the agent or the model is made", () => {
    const client = clientOf({ url: "http://127.0.0.1:9" });
    expect(() => client.model("grok-4.7", { fallback: "grok-4.6" as never })).toThrow(
      /fallback is a list of model names/,
    );
    const settings = { stop: ["END"] };
    const model = client.model("grok-4.20-non-reasoning", { fallback: ["grok-4.7"] });
    expect(() => createAgent({ name: "a", model, settings })).toThrow(/grok-4.7 refuses settings.stop/);
    const elsewhere = client.model("grok-4.7", { fallback: ["grok-4.20-multi-agent"] }); // which answers on responses only
    expect(() => createAgent({ name: "a", model: elsewhere, settings: { seed: 1 } })).toThrow(
      /the Responses API does not/,
    );
    expect(() => client.model("grok-4.7", { fallback: [""] })).toThrow(
      expect.objectContaining({ code: "invalid_option" }),
    );
  });
});
