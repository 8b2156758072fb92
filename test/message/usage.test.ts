import { cachedShare, formatCost, formatUsage } from "fairwitness";
import { describe, expect, it } from "vitest";
import { formatTurnUsage } from "../../src/message/index.ts";

describe("what people read of money and tokens", () => {
  it("says unknown where nobody told, and never 0", () => {
    const none = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
    expect(formatUsage({ ...none, requests: 2, unreported: 2 })).toBe("unknown");
    expect(formatUsage({ ...none, inputTokens: 5, outputTokens: 1, requests: 2, unreported: 1 })).toBe(
      "at least 5 in, 1 out (1 unreported)",
    );
    expect(formatUsage({ ...none, requests: 0, unreported: 0 })).toBe("none");
    expect(formatTurnUsage(undefined)).toBe("tokens unknown");
    expect(formatCost({ basis: "unknown" })).toBe("unknown");
  });

  it("tells what was billed from what is estimated and from what is only a part", () => {
    expect(formatCost({ basis: "billed", ticks: 94_000_000 })).toBe("$0.009400");
    expect(formatCost({ basis: "estimated", ticks: 94_000_000 })).toBe("about $0.009400");
    expect(formatCost({ basis: "billed", ticks: 94_000_000, unreported: 1 })).toBe("at least $0.009400 (1 unreported)");
  });

  it("shows how much of a turn was read from the cache, where the server says", () => {
    const usage = { inputTokens: 200, outputTokens: 3, totalTokens: 203 };
    expect(cachedShare(usage)).toBeUndefined();
    expect(formatTurnUsage(usage)).toBe("200 in, 3 out");
    expect(formatTurnUsage({ ...usage, cachedInputTokens: 150 })).toBe("200 in (75 % cached), 3 out");
    expect(formatTurnUsage({ ...usage, cachedInputTokens: 0 })).toBe("200 in (0 % cached), 3 out");
  });
});
