import { createAgent, type Transport } from "fairwitness";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";
import { bytes, frames } from "../wire/support.ts";
import { ask, clientOf, only, readRun } from "./retry-support.ts";

interface Sent {
  atMs: number;
  what: string;
}

/** Answers at once with a whole answer of so many tokens, and notes when it was asked. */
function answering(
  clock: FakeClock,
  tokens: (index: number) => number | undefined,
): { transport: Transport; sent: Sent[] } {
  const sent: Sent[] = [];
  const transport: Transport = async ({ body }) => {
    const { messages } = JSON.parse(new TextDecoder().decode(body));
    const total = tokens(sent.length);
    sent.push({ atMs: clock.monotonic(), what: messages.at(-1).content });
    const usage = total === undefined ? undefined : { prompt_tokens: total, completion_tokens: 0, total_tokens: total };
    const end = { choices: [{ index: 0, delta: { content: "Sunny." }, finish_reason: "stop" }], usage };
    return {
      status: 200,
      header: (name) => (name === "content-type" ? "text/event-stream" : undefined),
      body: (async function* () {
        yield bytes(frames([end, "[DONE]"]));
      })(),
    };
  };
  return { transport, sent };
}

const say = (content: string): typeof ask => ({ ...ask, messages: [{ role: "user", content }] });

describe("a client-side rate limit", () => {
  test("never lets more requests begin in any minute, and lets them begin in the order of coming", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 20 }),
        async (requestsPerMinute, gapsMs) => {
          const clock = fakeClock();
          const { transport, sent } = answering(clock, () => 1);
          const client = clientOf(
            { url: "http://127.0.0.1:9" },
            { clock, transport, protect: { rateLimit: { requestsPerMinute } } },
          );
          const calls: Promise<unknown>[] = [];
          for (const [index, gapMs] of gapsMs.entries()) {
            await clock.pass(gapMs);
            calls.push(client.chat.completions.create(say(String(index))));
          }
          await clock.pass(gapsMs.length * 60_000);
          await Promise.all(calls);
          expect(sent.map(({ what }) => what)).toEqual(gapsMs.map((_, index) => String(index)));
          for (const [index, { atMs }] of sent.entries()) {
            const later = sent[index + requestsPerMinute];
            if (later !== undefined) expect(later.atMs - atMs).toBeGreaterThanOrEqual(60_000);
          }
          expect(clock.waiting).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("waits off the tokens that answers have used, as servers report them", async () => {
    const clock = fakeClock();
    const { transport, sent } = answering(clock, () => 250);
    const client = clientOf(
      { url: "http://127.0.0.1:9" },
      { clock, transport, protect: { rateLimit: { tokensPerMinute: 100 } } },
    );
    const calls: Promise<unknown>[] = [];
    for (let index = 0; index < 4; index += 1) {
      calls.push(client.chat.completions.create(say(String(index))));
      await clock.pass(1); // one after the other: the first one's answer is there
    }
    await clock.pass(600_000);
    await Promise.all(calls);
    const gaps = sent.slice(1).map(({ atMs }, index) => atMs - (sent[index]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(80_000);
    // 250 tokens take two and a half minutes of 100; the first hundred was there.
    expect((sent.at(-1)?.atMs ?? 0) / 60_000).toBeCloseTo(6.5, 1);
  });

  test("holds what runs at the same time to be as large as answers were", async () => {
    const clock = fakeClock();
    const { transport, sent } = answering(clock, () => 40);
    const client = clientOf(
      { url: "http://127.0.0.1:9" },
      { clock, transport, protect: { rateLimit: { tokensPerMinute: 100 } } },
    );
    await client.chat.completions.create(say("first"));
    const calls = Array.from({ length: 5 }, (_, index) => client.chat.completions.create(say(String(index))));
    await clock.pass(0);
    expect(sent.length).toBe(3); // 60 are left: two of 40 begin
    await clock.pass(600_000);
    await Promise.all(calls);
  });

  test("that nobody reports tokens for limits nothing but what is known", async () => {
    const clock = fakeClock();
    const { transport, sent } = answering(clock, () => undefined);
    const client = clientOf(
      { url: "http://127.0.0.1:9" },
      { clock, transport, protect: { rateLimit: { tokensPerMinute: 1 } } },
    );
    for (let index = 0; index < 3; index += 1) await client.chat.completions.create(ask);
    expect(sent).toHaveLength(3);
  });

  test("is told in the record of a run, and its wait is not held to be the model's", async () => {
    const clock = fakeClock();
    const { transport } = answering(clock, () => 9);
    const client = clientOf(
      { url: "http://127.0.0.1:9" },
      { clock, transport, protect: { rateLimit: { requestsPerMinute: 1 } } },
    );
    const agent = createAgent({ name: "a", model: client.model("grok-4.7"), runtime: { clock } });
    await agent.run("1");
    const run = agent.stream("2");
    await clock.pass(59_999);
    expect(only(run.record, "protection")).toMatchObject([{ action: "throttled", limit: 1 }]);
    await clock.pass(1);
    const record = await readRun(run);
    expect(only(record, "protection")[1]).toMatchObject({ action: "admitted", waitedMs: 60_000 });
    expect(only(record, "turn.completed")[0]?.timing.totalMs).toBe(0);
  });

  test("gives back what was held for a request that was never sent", async () => {
    const clock = fakeClock();
    let letGo = (): void => {};
    const { transport, sent } = answering(clock, () => 40);
    const slow: Transport = async (request) => {
      if (sent.length === 1) await new Promise<void>((resolve) => (letGo = resolve));
      return transport(request);
    };
    const protect = { rateLimit: { tokensPerMinute: 100 } };
    const client = clientOf({ url: "http://127.0.0.1:9" }, { clock, transport: slow, maxInFlight: 1, protect });
    await client.chat.completions.create(say("first")); // 60 are left
    const second = client.chat.completions.create(say("second")); // 20
    const stopper = new AbortController();
    const third = client.chat.completions.create(say("third"), { signal: stopper.signal }); // none, and it waits for a place
    await clock.pass(0);
    stopper.abort("enough");
    await third.catch(() => {});
    const fourth = client.chat.completions.create(say("fourth"));
    await clock.pass(0);
    letGo();
    await Promise.all([second, fourth]);
    expect(sent.map(({ what }) => what)).toEqual(["first", "second", "fourth"]);
  });

  test("forgets who stopped waiting, and leaves no timer", async () => {
    const clock = fakeClock();
    const { transport, sent } = answering(clock, () => 9);
    const client = clientOf(
      { url: "http://127.0.0.1:9" },
      { clock, transport, protect: { rateLimit: { requestsPerMinute: 1 } } },
    );
    await client.chat.completions.create(say("first"));
    const stopper = new AbortController();
    const second = client.chat.completions.create(say("second"), { signal: stopper.signal });
    await clock.pass(1000);
    stopper.abort("enough");
    expect(await second.catch((reason: unknown) => reason)).toBe("enough");
    expect(clock.waiting).toBe(0);
    const third = client.chat.completions.create(say("third"));
    await clock.pass(59_000);
    await third;
    expect(sent.map(({ what }) => what)).toEqual(["first", "third"]);
  });
});
