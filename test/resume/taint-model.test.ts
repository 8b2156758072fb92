import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTaintWorld, type Outcome, type Planned } from "./taint-world.ts";

const planned: fc.Arbitrary<Planned> = fc.record({
  from: fc.constantFrom("nothing", "conversation", "conversation", "branch", "messages", "input"),
  of: fc.nat(3),
  deeds: fc.array(fc.constantFrom("look", "look", "fetch", "show", "child looks", "child fetches", "child sends"), {
    maxLength: 4,
  }),
  mail: fc.constantFrom("none", "none", "none", "none", "input", "steer"),
  stops: fc.boolean(),
});

describe("taint", () => {
  it("never falls: not by resume, compaction, children, branches, later runs, nor by messages that are handed on (row 137)", async () => {
    const seen = { free: 0, gated: 0, compactions: 0, resumes: 0, children: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(planned, { minLength: 1, maxLength: 5 }), async (plan) => {
        const world = createTaintWorld();
        for (const next of plan) {
          const outcome = await world.perform(next);
          count(seen, outcome);
          expect(outcome.sent, "without anybody asked").toBe(outcome.isGated ? 0 : 1);
          if (outcome.must) expect(outcome).toMatchObject({ isGated: true });
          if (!outcome.may) expect(outcome).toMatchObject({ isGated: false });
          for (const { must, may, sent } of outcome.children) {
            if (must) expect(sent, "by a child").toBe(false);
            if (!may) expect(sent, "by a child").toBe(true);
          }
        }
      }),
      { numRuns: 150 },
    );
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(20);
  }, 120_000);
});

function count(
  seen: Record<"free" | "gated" | "compactions" | "resumes" | "children", number>,
  outcome: Outcome,
): void {
  seen[outcome.isGated ? "gated" : "free"] += 1;
  seen.compactions += outcome.compactions;
  seen.resumes += outcome.resumes;
  seen.children += outcome.children.length;
}
