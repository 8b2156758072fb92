import { afterAll, describe, expect, it } from "vitest";
import { goodAnswers, ownAnswers } from "./cuts-own.ts";
import { recordedAnswers } from "./cuts-recorded.ts";
import { addTally, emptyTally, pointsFor, SWEEP_TIMEOUT, sweep, tallyText } from "./cuts-sweep.ts";

const answers = [...(await ownAnswers("responses")), ...recordedAnswers("responses")];
const goodFor = await goodAnswers("responses");

// Recordings are left out where ../shared is absent.
describe("an answer of the Responses API, cut anywhere, cleanly or by a reset", () => {
  const total = emptyTally();
  afterAll(() => console.log(tallyText("responses", answers.length, total)));

  it.each(answers)(
    "$name: behind its terminal event it is an answer; before it there is no text and no tool runs, and a next attempt ends right (rows 5, 8, 9, 10, 11, 12, 13, 35, 48)",
    { timeout: SWEEP_TIMEOUT },
    async (answer) => {
      const tally = await sweep(answer, goodFor(answer), pointsFor("responses", answers.length));
      addTally(total, tally);
      expect(tally.wrong.slice(0, 10)).toEqual([]);
      expect(tally.unfinished).toBeGreaterThan(0);
      expect(tally.right + tally.withheld).toBe(tally.unfinished);
      // A turn in which a remote MCP server was called is not asked for again: nobody knows what the call did.
      if (!answer.name.includes("mcp")) expect(tally.withheld).toBe(0);
    },
  );
});
