import { expect, test, vi } from "vitest";
import { ask, clientOf, good, replying } from "../faults/retry-support.ts";

vi.mock("cockatiel", () => {
  throw new Error("it was loaded");
});

test("a client loads the library of its breaker and bulkhead only where one of them is asked for", async () => {
  await using server = await replying(() => good());
  await clientOf(server, { protect: { rateLimit: { requestsPerMinute: 5 } } }).chat.completions.create(ask);
  const loaded = /it was loaded|error when mocking/;
  const causeOf = async (protect: object): Promise<unknown> => {
    const [settled] = await Promise.allSettled([clientOf(server, { protect }).chat.completions.create(ask)]);
    return settled.status === "rejected" ? `${settled.reason} ${settled.reason?.cause}` : "it was not loaded";
  };
  expect(await causeOf({ breaker: {} })).toMatch(loaded);
  expect(await causeOf({ bulkhead: { concurrent: 1 } })).toMatch(loaded);
});
