import { createAgent } from "fairwitness";
import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";

/** The message of the option error that making a client fails with. */
function refusalOf(options: object): string {
  try {
    createClient(options);
  } catch (error) {
    expect(error).toMatchObject({ code: "invalid_option" });
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it was taken");
}

describe("an option of a client that cannot be meant is refused, and the right one named", () => {
  test.each([
    [{ circuitBreaker: {} }, "protect: { breaker }"],
    [{ rateLimit: {} }, "protect: { rateLimit }"],
    [{ fallbackModels: [] }, "client.model(name, { fallback: [...] })"],
    [{ max_concurrency: 3 }, "maxInFlight"],
    [{ logLevel: "debug" }, "FAIRWITNESS_LOG=debug"],
    [{ maxInFlight: 0 }, "maxInFlight is 0"],
    [{ maxInFlight: 1.5 }, "maxInFlight is 1.5"],
    [{ log: "debug" }, "log is a function"],
    [{ retry: { budget: { tokens: -1 } } }, "retry.budget.tokens is -1"],
    [{ retry: { budget: { size: 1 } } }, "Options: tokens, transientCost, throttledCost, refund"],
    [{ protect: true }, "protect takes an object"],
    [{ protect: { circuitBreaker: {} } }, "Use breaker."],
    [{ protect: { baseURLs: [] } }, "Use failover: [{ baseURL, apiKey }]."],
    [{ protect: { constructor: 1 } }, 'protect has no option "constructor"'],
    [{ protect: { breaker: { threshold: 5 } } }, "Use failures."],
    [{ protect: { breaker: { failures: 0 } } }, "protect.breaker.failures is 0"],
    [{ protect: { breaker: { openMs: Number.NaN } } }, "protect.breaker.openMs is NaN"],
    [{ protect: { bulkhead: {} } }, "protect.bulkhead needs concurrent"],
    [{ protect: { bulkhead: { concurrent: 1, queue: -1 } } }, "protect.bulkhead.queue is -1"],
    [{ protect: { rateLimit: { rpm: 5 } } }, "Use requestsPerMinute."],
    [{ protect: { rateLimit: { tokensPerMinute: 0 } } }, "protect.rateLimit.tokensPerMinute is 0"],
    [{ protect: { coolDownMs: Number.POSITIVE_INFINITY } }, "protect.coolDownMs is Infinity"],
    [{ protect: { failover: [] } }, "protect.failover is a list of endpoints"],
    [{ protect: { failover: [{}] } }, "protect.failover[0] needs baseURL"],
    [{ protect: { failover: [{ url: "https://x.example" }] } }, "Use baseURL."],
  ])("%j", (options, advice) => {
    expect(refusalOf(options)).toContain(advice);
  });

  test("a backup endpoint in plain http, or none at all, is refused like a first one", () => {
    const made = (baseURL: string) => () => createClient({ protect: { failover: [{ baseURL, apiKey: "k" }] } });
    expect(made("http://far.example")).toThrow(expect.objectContaining({ code: "insecure_base_url" }));
    expect(made("nonsense")).toThrow(expect.objectContaining({ code: "bad_base_url" }));
  });

  test("the budget for retries is not an agent's", () => {
    const retry = { budget: { tokens: 1 } };
    expect(() => createAgent({ name: "a", model: "grok-4.7", retry: retry as never })).toThrow(
      expect.objectContaining({
        code: "invalid_option",
        message: expect.stringContaining("createClient({ retry: { budget } })"),
      }),
    );
  });
});
