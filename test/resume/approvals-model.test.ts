import { cancelRun, type RunStore, resolveApproval } from "fairwitness";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Said } from "./approvals-rules.ts";
import { createApprovalsWorld, type World } from "./approvals-world.ts";

/** Histories of requests, answers, restarts; 100,000 in the large setting. */
const HISTORIES = Number(process.env.FAIRWITNESS_APPROVALS ?? 1000);

/** What happens next. Where nothing waits, an answer is to a call that does not. */
type Action =
  | { do: "answer"; which: number; said: Said }
  | { do: "again"; which: number }
  | { do: "pass"; ms: number }
  | { do: "resume" }
  | { do: "die"; events: number }
  | { do: "cancel" };

const said: fc.Arbitrary<Said> = fc.record({
  approve: fc.boolean(),
  by: fc.constantFrom("Ann", "Bob"),
  changed: fc.constantFrom(undefined, undefined, undefined, 7),
  sticky: fc.constantFrom(false, false, true),
  hash: fc.constantFrom("seen", "seen", "none", "other"),
});
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("answer" as const), which: fc.nat(3), said }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("again" as const), which: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 400, 999, 1_000, 5_000) }),
  },
  { weight: 5, arbitrary: fc.constant({ do: "resume" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("die" as const), events: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.constant({ do: "cancel" as const }) },
);

async function perform(world: World, next: Action): Promise<void> {
  switch (next.do) {
    case "answer":
      return await world.answer(next.which, next.said);
    case "again":
      return await world.answerAgain(next.which);
    case "pass":
      return await world.pass(next.ms);
    case "resume":
      return await world.resume();
    case "die":
      return await world.die(next.events);
    default:
      await cancelRun(world.store(), world.runId);
  }
}

describe("a call that needs approval, whatever people, clocks and processes do,", () => {
  it(
    "has no effect without a decision that allows it: of this request, of these arguments, in time, and the first (rows 103, 104, 105)",
    async () => {
      let effects = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 25 }), async (actions) => {
          const world = await createApprovalsWorld();
          for (const next of actions) await perform(world, next);
          await world.end();
          expect(world.problems(), world.told()).toEqual([]);
          effects += world.effects();
        }),
        { numRuns: HISTORIES },
      );
      expect(effects).toBeGreaterThan(HISTORIES / 4);
    },
    60_000 + HISTORIES * 500,
  );

  it("is decided by nobody who answers for another call or another run", async () => {
    const world = await createApprovalsWorld();
    const store: RunStore = world.store();
    const { runId } = world;
    for (const target of [
      { runId, callId: "call_9_9" },
      { runId, callId: "call_0_2" },
      { runId: "run_other", callId: "call_0_0" },
    ]) {
      await expect(resolveApproval(store, target, { approve: true })).rejects.toMatchObject({ code: "not_found" });
    }
    await world.resume();
    expect(world.effects()).toBe(0);
  });
});
