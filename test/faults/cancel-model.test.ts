import { createClient } from "fairwitness";
import { type SimTurn, startSimulator } from "fairwitness/sim";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CancelWorld, createWorld } from "../support/cancel-world.ts";
import { settle } from "../support/fake-clock.ts";
import { type Move, type PuppetModel, puppetModel } from "../support/puppet-model.ts";

/** Sequences of commands; 10,000 in the large setting. */
const SEQUENCES = Number(process.env.FAIRWITNESS_SEQUENCES ?? 200);
const LONG_MS = 60_000 + SEQUENCES * 100;

/** What is known of a run without looking at it: commands that need one wait for it. */
interface Known {
  isStarted: boolean;
}

interface Real {
  world: CancelWorld;
  puppet?: PuppetModel;
}

type Command = fc.AsyncCommand<Known, Real>;

/** What a command does, and its name in a counterexample. */
type Deed = readonly [name: string, run: (real: Real) => unknown];

/** How far the world goes on before the next command: so many turns of the microtask queue, or until it stands still. */
const pace = fc.constantFrom<number | "still">(0, 1, 2, 5, 9, 20, "still", "still", "still", "still", "still");

const commandOf = (deed: fc.Arbitrary<Deed>, when: (known: Known) => boolean): fc.Arbitrary<Command> =>
  fc.tuple(deed, pace).map(([[name, run], ticks]) => ({
    check: when,
    async run(known, real) {
      if (name.startsWith("start")) known.isStarted = true;
      await run(real);
      if (ticks === "still") await real.world.settle();
      else for (let n = 0; n < ticks; n += 1) await Promise.resolve();
    },
    toString: () => `${name} (${ticks})`,
  }));

const oneOf = <T extends string>(names: readonly T[], of: (name: T) => Deed): fc.Arbitrary<Deed> =>
  fc.constantFrom(...names).map(of);

const starts = commandOf(
  oneOf(["events", "batches", "text"], (how) => [`start, read as ${how}`, ({ world }) => world.start(how)]),
  (known) => !known.isStarted,
);
/** An abort before the start is a phase too. */
const early = commandOf(
  fc.constant<Deed>(["abort before the start", ({ world }) => world.stop("abort")]),
  (known) => !known.isStarted,
);
const during = (deeds: fc.Arbitrary<Deed>): fc.Arbitrary<Command> => commandOf(deeds, (known) => known.isStarted);

const reads = during(
  fc
    .integer({ min: 1, max: 6 })
    .map((n): Deed => [`read ${n}`, ({ world }) => Array.from({ length: n }, () => world.order("read"))]),
);
const waits = during(oneOf(["30", "70000"], (ms) => [`${ms} ms pass`, ({ world }) => world.clock.pass(Number(ms))]));
const leaves = during(oneOf(["break", "throw"], (how) => [how, ({ world }) => world.order(how)]));
const stops = during(oneOf(["cancel", "abort"], (how) => [how, ({ world }) => world.stop(how)]));
const says = during(oneOf(["steer", "followUp"], (how) => [how, ({ world }) => world.say(how)]));
const letsGo = during(oneOf(["result", "detach"], (how) => [how, ({ world }) => world.letGo(how)]));
const handlers = during(
  oneOf(["resolve", "reject"], (how) => [`the handler ${how}s`, ({ world }) => world.endHandler(how)]),
);
const moves = during(
  oneOf<Move>(["word", "word", "word", "end", "calls", "calls", "calls", "cut", "reset", "refuse", "deaf"], (move) => [
    `the model: ${move}`,
    ({ puppet }) => puppet?.move(move),
  ]),
);

const withoutModel = [
  starts,
  starts,
  starts,
  starts,
  starts,
  reads,
  reads,
  waits,
  leaves,
  stops,
  says,
  letsGo,
  handlers,
  handlers,
];

const rejections: unknown[] = [];
const note = (reason: unknown): number => rejections.push(reason);
beforeAll(() => void process.on("unhandledRejection", note));
afterAll(() => void process.off("unhandledRejection", note));

describe("a run to which anything is done, in any order,", () => {
  it(
    "keeps the rules of every run, ends once, begins nothing after its end and leaves nothing behind (rows 84, 85, 88, 89, 91, 93)",
    async () => {
      const sequences = fc.commands([...withoutModel, early, moves, moves, moves, moves], {
        maxCommands: 40,
        size: "max",
      });
      const phases = new Set<string | undefined>();
      await fc.assert(
        fc.asyncProperty(sequences, async (commands) => {
          const puppet = puppetModel();
          const world = createWorld({ model: () => puppet });
          await fc.asyncModelRun(() => ({ model: { isStarted: false }, real: { world, puppet } }), commands);
          await world.finish();
          // One that ignores its signal is left when it comes back.
          if (puppet.open > 0) puppet.move("word");
          await settle();
          expect({ open: puppet.open, rejections }).toEqual({ open: 0, rejections: [] });
          phases.add(world.stoppedAt);
        }),
        { numRuns: SEQUENCES },
      );
      // It was stopped in most of what a run goes through: before it, in turns, waits and tools, and after its end.
      expect(phases.size).toBeGreaterThan(5);
    },
    LONG_MS,
  );

  it(
    "does so too against the simulator, whose answers break, stall and are refused (rows 84, 88, 91, 93)",
    async () => {
      const call = (name: string) => ({ name, arguments: {} });
      const answers: readonly SimTurn[] = [
        { text: "one two three four five six" },
        { text: "one two three", chunkDelayMs: 1 },
        { toolCalls: ["obedient", "deaf", "alone", "alone"].map(call) },
        { toolCalls: [call("obedient")] },
        { text: "one two three", stallAfterBytes: 600 },
        { text: "one two three", stallAfterBytes: 0 },
        { text: "one two three", cut: { afterBytes: 500, how: "reset" } },
        { text: "one two three", cut: { afterBytes: 500, how: "end" } },
        { status: 503 },
        { delayMs: 5, text: "late" },
        { delayMs: 1e6, text: "never" },
      ];
      let turns: readonly SimTurn[] = [];
      await using simulator = await startSimulator({ script: (_, n) => turns[n % turns.length] });
      const signals: AbortSignal[] = [];
      const fetchAndWatch = (url: string, init: RequestInit): Promise<Response> => {
        if (init.signal instanceof AbortSignal) signals.push(init.signal);
        return fetch(url, init);
      };
      const settleAll = async (): Promise<void> => {
        await settle();
        await new Promise((resolve) => setTimeout(resolve, 1));
        await settle();
      };
      const sequences = fc.tuple(
        fc.commands([...withoutModel, early], { maxCommands: 20, size: "max" }),
        fc.array(fc.constantFrom(...answers), { minLength: 1, maxLength: 4 }),
      );
      await fc.assert(
        fc.asyncProperty(sequences, async ([commands, script]) => {
          turns = script;
          const world = createWorld({
            settle: settleAll,
            model: (clock) =>
              createClient({ apiKey: simulator.apiKey, baseURL: simulator.url, clock, fetch: fetchAndWatch }).model(
                "grok-4.7",
              ),
          });
          await fc.asyncModelRun(() => ({ model: { isStarted: false }, real: { world } }), commands);
          await world.finish();
          // Each request's own signal is aborted when its answer is read or left: its connection is let go of.
          expect(signals.splice(0).filter((signal) => !signal.aborted)).toEqual([]);
          expect(rejections).toEqual([]);
        }),
        { numRuns: Math.ceil(SEQUENCES / 5) },
      );
    },
    LONG_MS,
  );
});
