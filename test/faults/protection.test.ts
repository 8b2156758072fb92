import { createAgent, type Run, storedEventSchema } from "fairwitness";
import { describe, expect, test } from "vitest";
import { fakeClock, settle } from "../support/fake-clock.ts";
import {
  ask,
  clientOf,
  errorOf,
  failureIn,
  good,
  only,
  type Reply,
  readRun,
  refusal,
  replying,
  until,
} from "./retry-support.ts";

const runtime = { random: (): number => 0 };

/** Replies that wait until they are let go, in the order of coming. */
function gate(): { reply: () => Promise<Reply>; open: (count?: number) => void } {
  const waiting: (() => void)[] = [];
  return {
    reply: () => new Promise((resolve) => waiting.push(() => resolve(good()))),
    open: (count = waiting.length) => {
      for (const go of waiting.splice(0, count)) go();
    },
  };
}

const acts = (run: Run): readonly (string | number | undefined)[] =>
  only(run.record, "protection").map(({ action }) => action);

describe("requests in flight", () => {
  test("are 64 for a client, whatever the runs; others wait, first come first served (row 109)", async () => {
    const { reply, open } = gate();
    await using server = await replying(reply);
    const client = clientOf(server);
    const agent = createAgent({ name: "a", model: client.model("grok-4.7") });
    const runs = Array.from({ length: 80 }, (_, index) => agent.stream(`run ${index}`));
    await until(() => server.requests.length === 64);
    await settle();
    expect(server.requests).toHaveLength(64);
    expect(runs.map(acts).filter(([action]) => action === "queued")).toHaveLength(16);
    open(1);
    await until(() => server.requests.length === 65);
    expect(server.requests[64]?.body).toContain('"run 64"');
    while (server.requests.length < 80 || server.open > 0) {
      open();
      await settle();
    }
    const records = await Promise.all(runs.map(readRun));
    expect(records.every((record) => only(record, "run.completed").length === 1)).toBe(true);
    expect(server.most).toBe(64);
    const [queued, admitted] = only(records[79] ?? [], "protection");
    expect(queued).toMatchObject({ action: "queued", limit: 64, turn: 1, step: "model:1" });
    expect(admitted).toMatchObject({ action: "admitted", waitedMs: expect.any(Number) });
    for (const event of records[79] ?? []) storedEventSchema().parse(event);
  });

  test("count agents, calls and streams of a client together, and end with the body or its reader (row 109)", async () => {
    await using server = await replying(() => good());
    const client = clientOf(server, { maxInFlight: 1 });
    const reading = client.chat.completions.stream(ask)[Symbol.asyncIterator]();
    await reading.next();
    const run = createAgent({ name: "a", model: client.model("grok-4.7") }).stream("Lisbon?");
    await until(() => acts(run).includes("queued"));
    await settle();
    expect(server.requests).toHaveLength(1);
    await reading.return?.();
    await readRun(run);
    expect(acts(run)).toEqual(["queued", "admitted"]);
    await client.responses.create({ model: "grok-4.7", input: "?" }).catch(() => {}); // it answers in another protocol
    await client.messages.create({ model: "grok-4.7", max_tokens: 9, messages: ask.messages }).catch(() => {});
    await client.chat.completions.create(ask);
  });

  test("that wait can be given up, and leave no place taken (row 109)", async () => {
    const { reply, open } = gate();
    await using server = await replying(reply);
    const client = clientOf(server, { maxInFlight: 1 });
    const first = client.chat.completions.create(ask);
    await until(() => server.requests.length === 1);
    const stopper = new AbortController();
    const second = client.chat.completions.create(ask, { signal: stopper.signal });
    const run = createAgent({ name: "a", model: client.model("grok-4.7") }).stream("Lisbon?");
    await until(() => acts(run).includes("queued"));
    stopper.abort("enough");
    expect(await second.catch((reason: unknown) => reason)).toBe("enough");
    await run.cancel("enough too");
    const third = client.chat.completions.create(ask);
    open();
    await first;
    await until(() => server.requests.length === 2);
    open();
    await third;
    expect(server.requests).toHaveLength(2);
  });

  test("that are aborted free their place at once, though the transport does not obey (row 109)", async () => {
    let count = 0;
    const transport = (): Promise<never> => {
      count += 1;
      return new Promise(() => {});
    };
    const client = clientOf({ url: "http://127.0.0.1:9" }, { transport, maxInFlight: 1 });
    const agent = createAgent({ name: "a", model: client.model("grok-4.7") });
    for (let index = 0; index < 3; index += 1) {
      const run = agent.stream("Lisbon?");
      await until(() => count === index + 1);
      await run.cancel("enough");
    }
    expect(count).toBe(3);
  });
});

describe("a stream that is not read on", () => {
  test("frees its place when it is aborted (row 109)", async () => {
    await using server = await replying(() => good());
    const client = clientOf(server, { maxInFlight: 1 });
    const stopper = new AbortController();
    const reading = client.chat.completions.stream(ask, { signal: stopper.signal })[Symbol.asyncIterator]();
    await reading.next();
    stopper.abort("enough");
    await client.chat.completions.create(ask);
  });
});

describe("a circuit breaker", () => {
  const setting = { failures: 3, openMs: 30_000 };

  test("opens after failures in a row, refuses without a request, tries again with one, and closes", async () => {
    let isGood = false;
    await using server = await replying(() => (isGood ? good() : refusal(503)));
    const clock = fakeClock();
    const client = clientOf(server, { clock, protect: { breaker: setting } });
    const agent = createAgent({ name: "a", model: client.model("grok-4.7"), runtime: { clock, random: () => 0 } });
    const opening = agent.stream("1");
    await readRun(opening);
    expect(acts(opening)).toEqual(["breaker.opened"]);
    expect(only(opening.record, "protection")[0]).toMatchObject({ host: new URL(server.url).host, forMs: 30_000 });

    const refused = agent.stream("2");
    expect(failureIn(await readRun(refused))).toMatchObject({
      code: "circuit_open",
      retryable: false,
      retryAfterMs: 30_000,
    });
    expect(acts(refused)).toEqual(["breaker.refused"]);
    expect((await refused.result()).usage.requests).toBe(0);
    expect(server.requests).toHaveLength(3);

    await clock.pass(30_000);
    isGood = true;
    const probe = agent.stream("3");
    expect(only(await readRun(probe), "run.completed")).toHaveLength(1);
    expect(acts(probe)).toEqual(["breaker.probing", "breaker.closed"]);
    await agent.run("4");
    expect(server.requests).toHaveLength(5);
  });

  test("lets one request try, keeps the others waiting, and opens again when that fails", async () => {
    const { reply, open } = gate();
    let answer: () => Reply | Promise<Reply> = () => refusal(503);
    await using server = await replying(() => answer());
    const clock = fakeClock();
    const client = clientOf(server, {
      clock,
      protect: { breaker: { failures: 1, openMs: 1000 } },
      retry: { attempts: 1 },
    });
    await errorOf(client.chat.completions.create(ask));
    await clock.pass(1000);
    answer = async () => {
      await reply();
      return refusal(500);
    };
    const calls = Array.from({ length: 5 }, () => errorOf(client.chat.completions.create(ask)));
    await until(() => server.requests.length === 2);
    await settle();
    expect(server.requests).toHaveLength(2);
    open();
    const codes = (await Promise.all(calls)).map(({ code }) => code);
    expect(codes.toSorted()).toEqual(["circuit_open", "circuit_open", "circuit_open", "circuit_open", "server_error"]);
    expect(server.requests).toHaveLength(2);
  });

  test("is never opened by a 4xx, a cancelled request or a reader who left", async () => {
    const replies: Reply[] = [refusal(400), refusal(401), refusal(404), refusal(422), refusal(429), refusal(498)];
    await using server = await replying((index) => replies[index] ?? good());
    const client = clientOf(server, { retry: { attempts: 1 }, protect: { breaker: { failures: 1 } } });
    for (const _ of replies) await errorOf(client.chat.completions.create(ask));
    for await (const _ of client.chat.completions.stream(ask)) break;
    const stopper = new AbortController();
    const cancelled = client.chat.completions.create(ask, { signal: stopper.signal });
    stopper.abort("enough");
    await cancelled.catch(() => {});
    await client.chat.completions.create(ask);
  });

  test("stays open when the one request that tries is cancelled", async () => {
    let answer: Reply = refusal(503);
    await using server = await replying(() => answer);
    const clock = fakeClock();
    const client = clientOf(server, {
      clock,
      protect: { breaker: { failures: 1, openMs: 1000 } },
      retry: { attempts: 1 },
    });
    await errorOf(client.chat.completions.create(ask));
    await clock.pass(1000);
    answer = "hang";
    const stopper = new AbortController();
    const probe = client.chat.completions.create(ask, { signal: stopper.signal });
    await until(() => server.requests.length === 2);
    stopper.abort("enough");
    await probe.catch(() => {});
    await settle();
    expect(await errorOf(client.chat.completions.create(ask))).toMatchObject({ code: "circuit_open" });
  });

  test("stays open when whoever should try is told so and leaves", async () => {
    await using server = await replying(() => refusal(503));
    const clock = fakeClock();
    const protect = { breaker: { failures: 1, openMs: 1000 } };
    const client = clientOf(server, { clock, protect, retry: { attempts: 1 } });
    await errorOf(client.chat.completions.create(ask));
    await clock.pass(1000);
    const request = { messages: ask.messages, tools: [], settings: {}, conversation: "c" };
    for await (const events of client.model("grok-4.7").stream(request, new AbortController().signal)) {
      expect(events).toMatchObject([{ type: "protection", action: "breaker.probing" }]);
      break;
    }
    expect(await errorOf(client.chat.completions.create(ask))).toMatchObject({ code: "circuit_open" });
    expect(server.requests).toHaveLength(1);
  });

  test("counts connections that fail, and answers that break in the middle", async () => {
    await using server = await replying((index) => (index === 0 ? "reset" : { body: 'data: {"choices":[]}\n\n' }));
    const client = clientOf(server, { retry: { attempts: 1 }, protect: { breaker: { failures: 2 } } });
    await errorOf(client.chat.completions.create(ask));
    await errorOf(client.chat.completions.create(ask));
    expect(await errorOf(client.chat.completions.create(ask))).toMatchObject({ code: "circuit_open" });
  });
});

describe("a bulkhead", () => {
  test("lets some in, lets some wait, and refuses the rest at once", async () => {
    const { reply, open } = gate();
    await using server = await replying(reply);
    const client = clientOf(server, { protect: { bulkhead: { concurrent: 2, queue: 1 } } });
    const agent = createAgent({ name: "a", model: client.model("grok-4.7"), runtime });
    const runs = [agent.stream("1"), agent.stream("2")];
    await until(() => server.requests.length === 2);
    const waiting = agent.stream("3");
    await until(() => acts(waiting).includes("queued"));
    await settle();
    const refused = agent.stream("4");
    expect(failureIn(await readRun(refused))).toMatchObject({ code: "bulkhead_full", retryable: false });
    expect(acts(refused)).toEqual(["bulkhead.refused"]);
    expect((await refused.result()).usage.requests).toBe(0);
    open();
    await until(() => server.requests.length === 3);
    open();
    for (const run of [...runs, waiting]) expect(only(await readRun(run), "run.completed")).toHaveLength(1);
    expect(server.most).toBe(2);
  });

  test("forgets who stopped waiting", async () => {
    const { reply, open } = gate();
    await using server = await replying(reply);
    const client = clientOf(server, { protect: { bulkhead: { concurrent: 1, queue: 1 } } });
    const first = client.chat.completions.create(ask);
    await until(() => server.requests.length === 1);
    const stopper = new AbortController();
    const second = client.chat.completions.create(ask, { signal: stopper.signal });
    await settle();
    stopper.abort("enough");
    expect(await second.catch((reason: unknown) => reason)).toBe("enough");
    open();
    await first;
    const third = client.chat.completions.create(ask);
    await until(() => server.requests.length === 2);
    open();
    await third;
  });
});
