import type { StoredEvent } from "fairwitness";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wrongWith } from "./check.ts";
import { TOOL_NAMES } from "./job.ts";
import { type Left, liveInMemory, type MemoryTurn } from "./memory.ts";
import type { Happened } from "./world.ts";

/** Random runs that are cut off and carried on; 10,000 in the large setting. */
const HISTORIES = Number(process.env.FAIRWITNESS_PREFIXES ?? 150);

const SCRIPT: readonly MemoryTurn[] = [
  {
    first: "cut",
    searches: true,
    calls: [
      { tool: "look", n: 1 },
      { tool: "upsert", n: 2 },
      { tool: "pay", n: 3 },
      { tool: "notify", n: 4 },
      { tool: "refund", n: 6 },
    ],
  },
  {
    first: "refused",
    calls: [
      { tool: "fetch", n: 1 },
      { tool: "pay", n: 2 },
      { tool: "refund", n: 7 },
    ],
  },
  { first: "cut", text: "All is done." },
];

/** What a process that died behind the n-th event has left: what it had begun had happened by then, or had not. */
function leftAt(record: readonly StoredEvent[], n: number, effects: readonly Happened[]): readonly Left[] {
  const kept = record.slice(0, n);
  const [happened, without] = [begunIn(kept, effects, { open: true }), begunIn(kept, effects, { open: false })];
  const both = happened.length === without.length ? [happened] : [happened, without];
  return both.map((those) => ({ record: kept, effects: those }));
}

/** Of each call as many effects as attempts at it were begun; without `open` only those that were ended as well. */
function begunIn(
  kept: readonly StoredEvent[],
  effects: readonly Happened[],
  which: { open: boolean },
): readonly Happened[] {
  const ended = new Set(kept.flatMap(({ type, epoch = "" }) => (type === "tool.completed" ? [epoch] : [])));
  const left = new Map<string, number>();
  for (const { type, step = "", epoch = "", runId } of kept) {
    if (type !== "tool.executing" || !step.startsWith("tool:") || !(which.open || ended.has(epoch))) continue;
    left.set(`${runId}/${step}`, (left.get(`${runId}/${step}`) ?? 0) + 1);
  }
  return effects.filter(({ key }) => {
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count > 0;
  });
}

function told(left: Left, record: readonly StoredEvent[]): string {
  const lines = record.map(({ seq, type, step = "", epoch = "" }) => `${seq} ${type} ${step} ${epoch}`);
  return [`cut behind ${left.record.length} events; had happened: ${JSON.stringify(left.effects)}`, ...lines].join(
    "\n",
  );
}

const call = fc.record({ tool: fc.constantFrom(...TOOL_NAMES), n: fc.nat(7) });
const first = fc.constantFrom("cut", "refused", undefined);
const turn = fc
  .record({ first, searches: fc.boolean(), calls: fc.array(call, { minLength: 1, maxLength: 4 }) })
  .map(({ first: wrong, ...rest }): MemoryTurn => (wrong === undefined ? rest : { ...rest, first: wrong }));
const script = fc
  .array(turn, { minLength: 1, maxLength: 3 })
  .map((turns): readonly MemoryTurn[] => [...turns, { text: "All is done." }]);

describe("a run whose process died, kept in memory here,", () => {
  it("ends as if it had not, behind whichever event that was, had what was begun happened or not (row 94)", async () => {
    const twin = await liveInMemory(SCRIPT);
    expect(wrongWith(twin, twin)).toEqual([]);
    let lives = 0;
    for (let n = 1; n < twin.record.length; n += 1) {
      for (const left of leftAt(twin.record, n, twin.effects)) {
        const life = await liveInMemory(SCRIPT, left);
        expect(wrongWith(life, twin), told(left, life.record)).toEqual([]);
        lives += 1;
      }
    }
    expect(lives).toBeGreaterThan(twin.record.length);
  }, 60_000);

  it(
    "ends as if it had not, whatever the model asks for, when the processes that carry it on die too (row 94)",
    async () => {
      const cuts = fc.array(fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), happened: fc.boolean() }), {
        minLength: 1,
        maxLength: 4,
      });
      await fc.assert(
        fc.asyncProperty(script, cuts, fc.boolean(), async (turns, dies, alwaysReplay) => {
          const twin = await liveInMemory(turns);
          let last = twin;
          for (const { at, happened } of dies) {
            const n = 1 + Math.floor(at * (last.record.length - 1));
            const lefts = leftAt(last.record, n, last.effects);
            const left = (happened ? lefts[0] : lefts.at(-1)) ?? { record: [], effects: [] };
            last = await liveInMemory(turns, left, alwaysReplay);
            expect(wrongWith({ ...last, paused: everAsked(last.record) }, twin), told(left, last.record)).toEqual([]);
          }
        }),
        { numRuns: HISTORIES },
      );
    },
    60_000 + HISTORIES * 1_000,
  );
});

/** Requests on the record: which process left the run with them is not known of those that died. */
function everAsked(record: readonly StoredEvent[]): readonly { callId: string; reason: string }[] {
  return record.flatMap((event) => (event.type === "run.paused" ? event.waiting : []));
}
