import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRetry, DEFAULT_RETRY, retryDelayMs, withRetry } from "../../src/client/index.ts";
import { AgentError, type ErrorCode } from "../../src/errors.ts";
import { createFakeClock, failureOf, settle } from "../wire/support.ts";

const failure = (code: ErrorCode, options: { retryable?: boolean; retryAfterMs?: number } = {}): AgentError =>
  new AgentError(code, `${code}.`, { retryable: true, ...options });

describe("the wait before the next attempt", () => {
  test.each([
    ["rate_limited", 1, 1000],
    ["rate_limited", 2, 2000],
    ["overloaded", 1, 1000],
    ["server_error", 2, 2000],
    ["connection_failed", 1, 50],
    ["connect_timeout", 2, 100],
    ["stream_incomplete", 1, 50],
    ["malformed_event", 2, 100],
    ["idle_timeout", 1, 50],
  ] as const)("after %s, attempt %i, is anything up to %i ms", (code, attempt, bound) => {
    expect(retryDelayMs(failure(code), attempt, 1)).toBe(bound);
    expect(retryDelayMs(failure(code), attempt, 0.25)).toBe(bound / 4);
    expect(retryDelayMs(failure(code), attempt, 0)).toBe(0);
  });

  test.each(["headers_timeout", "idle_timeout"] as const)("is not offered a second time after %s", (code) => {
    expect(retryDelayMs(failure(code), 2, 1)).toBeUndefined();
  });

  test("is what the server asks for, and up to a tenth more", () => {
    expect(retryDelayMs(failure("rate_limited", { retryAfterMs: 7000 }), 1, 0)).toBe(7000);
    expect(retryDelayMs(failure("rate_limited", { retryAfterMs: 7000 }), 1, 1)).toBe(7700);
    expect(retryDelayMs(failure("rate_limited", { retryAfterMs: 60_000 }), 1, 0)).toBe(60_000);
    expect(retryDelayMs(failure("rate_limited", { retryAfterMs: 60_001 }), 1, 0)).toBeUndefined();
  });

  test("is none after what is final, and after the last attempt", () => {
    expect(retryDelayMs(failure("invalid_request", { retryable: false }), 1, 1)).toBeUndefined();
    expect(retryDelayMs(failure("rate_limited"), 3, 1)).toBeUndefined();
  });

  test("of our own is never beyond the cap, and never negative", () => {
    const policy = { ...DEFAULT_RETRY, attempts: 100 };
    const code = fc.constantFrom<ErrorCode>("rate_limited", "connection_failed", "server_error");
    fc.assert(
      fc.property(
        code,
        fc.integer({ min: 1, max: 99 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (kind, attempt, random) => {
          const delayMs = retryDelayMs(failure(kind), attempt, random, policy);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(20_000);
        },
      ),
    );
  });
});

describe("attempts", () => {
  const signal = new AbortController().signal;

  test("are made until one succeeds, each after its wait", async () => {
    const clock = createFakeClock();
    const told: unknown[] = [];
    const made: number[] = [];
    const done = withRetry(
      async (attempt) => {
        made.push(attempt);
        if (attempt < 3) throw failure("overloaded");
        return "answer";
      },
      {
        clock,
        random: () => 0.5,
        signal,
        onRetry: (error, delayMs, attempt) => void told.push([error.code, delayMs, attempt]),
      },
    );
    await settle();
    expect(made).toEqual([1]);
    await clock.advance(499);
    expect(made).toEqual([1]);
    await clock.advance(1);
    expect(made).toEqual([1, 2]);
    await clock.advance(1000);
    expect(await done).toBe("answer");
    expect(told).toEqual([
      ["overloaded", 500, 1],
      ["overloaded", 1000, 2],
    ]);
    expect(clock.pending).toEqual([]);
  });

  test("end with the last error, which says how many there were", async () => {
    const errors = [failure("overloaded"), failure("connection_failed"), failure("server_error")];
    const error = await failureOf(
      withRetry(async (attempt) => Promise.reject(errors[attempt - 1]), { random: () => 0, signal }),
    );
    expect(error).toBe(errors[2]);
    expect(error).toMatchObject({ attempts: 3 });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ attempts: 3 });
  });

  test("are one only where the error is final", async () => {
    let made = 0;
    const retry = createRetry({ random: () => 0 });
    const error = await failureOf(
      retry(
        async () => {
          made++;
          throw failure("invalid_key", { retryable: false });
        },
        { signal },
      ),
    );
    expect(error).toMatchObject({ code: "invalid_key", attempts: 1 });
    expect(made).toBe(1);
  });

  test("are as many as the policy says", async () => {
    let made = 0;
    const retry = createRetry({ random: () => 0, policy: { attempts: 1 } });
    await failureOf(
      retry(
        async () => {
          made++;
          throw failure("overloaded");
        },
        { signal },
      ),
    );
    expect(made).toBe(1);
  });

  test.each([
    new TypeError("fetch failed"),
    new TypeError("bug"),
    new Error("no"),
    "text",
    null,
    undefined,
    { name: "AbortError" },
  ])("are not repeated for what is no error of ours: %s comes out as it went in", async (thrown) => {
    let made = 0;
    let caught: unknown = "nothing";
    await withRetry(
      async () => {
        made++;
        throw thrown;
      },
      { signal, random: () => 0 },
    ).catch((error: unknown) => {
      caught = error;
    });
    expect(caught).toBe(thrown);
    expect(made).toBe(1);
  });

  test.each([{ reason: "object" }, "text", new AgentError("run_cancelled", "stop.", { retryable: true }), null])(
    "end at once with the reason of an abort, unwrapped: %s",
    async (reason) => {
      const clock = createFakeClock();
      const waiting = new AbortController();
      const inWait = withRetry(async () => Promise.reject(failure("overloaded")), { clock, signal: waiting.signal });
      await settle();
      waiting.abort(reason);
      expect(await failureOf(inWait)).toBe(reason);
      expect(clock.pending).toEqual([]);

      const working = new AbortController();
      const inAttempt = withRetry(
        async () => {
          working.abort(reason);
          throw failure("connection_failed");
        },
        { clock, signal: working.signal },
      );
      expect(await failureOf(inAttempt)).toBe(reason);

      let made = 0;
      const before = withRetry(async () => ++made, { signal: AbortSignal.abort(reason) });
      expect(await failureOf(before)).toBe(reason);
      expect(made).toBe(0);
    },
  );

  test("wait until the notice of a retry is taken down", async () => {
    const order: string[] = [];
    await withRetry(
      async (attempt) => {
        order.push(`attempt ${attempt}`);
        if (attempt === 1) throw failure("connection_failed");
      },
      {
        signal,
        random: () => 0,
        onRetry: async () => {
          await settle();
          order.push("noted");
        },
      },
    );
    expect(order).toEqual(["attempt 1", "noted", "attempt 2"]);
  });
});
