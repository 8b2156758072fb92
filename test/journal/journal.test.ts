import { describe, expect, it } from "vitest";
import type { NewEvent, StoredEvent } from "../../src/event/index.ts";
import {
  alwaysReplay,
  createMemoryJournal,
  createRecord,
  type Journal,
  type Op,
  type RunRecord,
} from "../../src/journal/index.ts";
import { fakeClock } from "../support/fake-clock.ts";

const started: NewEvent = {
  type: "run.started",
  turn: 0,
  agent: "a",
  model: "m",
  api: "chat",
  tools: [],
  messages: [],
  limits: {},
  conversation: "c",
};

function setUp(events: readonly StoredEvent[] = []) {
  const record = createRecord({ runId: "run_1", clock: fakeClock(), events });
  let epochs = 0;
  const controller = new AbortController();
  const options = {
    record,
    signal: controller.signal,
    createEpoch: () => `e${++epochs}`,
    onDeltas: () => {},
    waitFor: () => Promise.resolve(null),
  };
  return { record, options, controller };
}

/** An op that counts its runs and closes its turn. */
function turnOp(): Op<{ turn: number }> & { runs: number } {
  const op = {
    id: "turn",
    runs: 0,
    async run({ turn }: { turn: number }, info: { record(...events: NewEvent[]): unknown }) {
      op.runs += 1;
      await info.record(
        { type: "warning", turn, code: "c", message: `run ${op.runs}` },
        { type: "turn.started", turn },
      );
    },
  };
  return op;
}

async function threeTurns(journal: Journal, op: Op<{ turn: number }>): Promise<void> {
  for (let turn = 1; turn <= 3; turn += 1) await journal.step(`turn:${turn}`, op, { turn });
}

describe("a journal", () => {
  it("gives back the events of the epoch that closed the step, stamped with their place", async () => {
    const { record, options } = setUp();
    record.append([started]);
    const result = await createMemoryJournal(options).step("turn:1", turnOp(), { turn: 1 });
    expect(result).toMatchObject([
      { type: "warning", seq: 1, runId: "run_1", step: "turn:1", epoch: "e1" },
      { type: "turn.started", seq: 2, runId: "run_1", step: "turn:1", epoch: "e1" },
    ]);
  });

  it("runs no step again whose result is on record, from any prefix of it", async () => {
    const { record, options } = setUp();
    record.append([started]);
    await threeTurns(createMemoryJournal(options), turnOp());
    for (let length = 1; length <= record.events.length; length += 1) {
      const prefix = record.events.slice(0, length);
      const again = setUp(prefix);
      const op = turnOp();
      await threeTurns(createMemoryJournal(again.options), op);
      const closed = prefix.filter((event) => event.type === "turn.started").length;
      expect(op.runs).toBe(3 - closed);
      expect(closedSteps(again.record)).toEqual(["turn:1", "turn:2", "turn:3"]);
    }
  });

  it("shows an op what earlier attempts at its step left, and lets the first closing win", async () => {
    const { record, options } = setUp();
    record.append([started]);
    const seen: number[] = [];
    const op: Op<null> = {
      id: "twice",
      async run(_, info) {
        seen.push(info.before.length);
        await info.record({ type: "warning", turn: 1, code: "c", message: "first" });
        const second = info.nextEpoch();
        seen.push(second.before.length);
        expect(second.epoch).not.toBe(info.epoch);
        expect(second.key).toBe(info.key);
        await second.record({ type: "turn.started", turn: 1 });
        await info.record({ type: "turn.started", turn: 1 });
      },
    };
    const result = await createMemoryJournal(options).step("turn:1", op, null);
    expect(seen).toEqual([0, 1]);
    expect(result).toMatchObject([{ type: "turn.started", epoch: "e2" }]);
  });

  it("starts no step once its signal is aborted", async () => {
    const { options, controller } = setUp();
    controller.abort("enough");
    const op = turnOp();
    await expect(createMemoryJournal(options).step("turn:1", op, { turn: 1 })).rejects.toBe("enough");
    expect(op.runs).toBe(0);
  });

  it("answers every open step of a run that has ended with the closing event", async () => {
    const { record, options } = setUp();
    record.append([started, { type: "run.cancelled", turn: 0, reason: "r" }]);
    const op = turnOp();
    expect(await createMemoryJournal(options).step("turn:1", op, { turn: 1 })).toMatchObject([
      { type: "run.cancelled" },
    ]);
    expect(op.runs).toBe(0);
  });

  it("refuses a step name that is used twice, a step that is not closed and a second end", async () => {
    const { record, options } = setUp();
    const journal = createMemoryJournal(options);
    await journal.step("turn:1", turnOp(), { turn: 1 });
    await expect(journal.step("turn:1", turnOp(), { turn: 1 })).rejects.toThrow("twice");
    await expect(journal.step("turn:2", { id: "idle", run: async () => {} }, null)).rejects.toThrow("without closing");
    record.append([{ type: "run.cancelled", turn: 0, reason: "r" }]);
    expect(() => record.append([{ type: "run.cancelled", turn: 0, reason: "r" }])).toThrow("cannot end again");
  });

  it("lets nothing begin any more once events could not be stored, and ends all the same (row 98)", async () => {
    const stored: StoredEvent[] = [];
    const persist = (events: readonly StoredEvent[]): void => {
      if (stored.length === 1) throw new Error("disk full");
      stored.push(...events);
    };
    const record = createRecord({ runId: "run_1", clock: fakeClock(), persist });
    const begin: NewEvent = { type: "turn.started", turn: 1 };
    const failure = expect.objectContaining({ code: "store_failed", message: expect.stringContaining("disk full") });
    record.append([started]);
    for (const _ of [1, 2])
      expect(() => record.append([begin], { step: "turn:1", epoch: "e", emitted: 0 })).toThrow(failure);
    record.keep([{ type: "run.failed", turn: 0, error: { code: "store_failed", message: "m" } }]);
    expect(record.events.map(({ type }) => type)).toEqual(["run.started", "run.failed"]);
    expect(stored.map(({ type }) => type)).toEqual(["run.started"]);
  });

  it("settles each item of a join on its own, in the order of the items", async () => {
    const { options } = setUp();
    const journal = createMemoryJournal(options);
    const failing: Op<null> = { id: "bad", run: () => Promise.reject(new Error("no")) };
    const items = [journal.step("turn:1", failing, null), journal.step("turn:2", turnOp(), { turn: 2 })];
    expect(await journal.all(items)).toMatchObject([
      { err: { message: "no" } },
      { ok: [{}, { type: "turn.started" }] },
    ]);
  });
});

describe("an always-replayed loop", () => {
  it("starts from the top at every await and runs each op once", async () => {
    const { record, options } = setUp();
    record.append([started]);
    const op = turnOp();
    let passes = 0;
    await alwaysReplay(options, async (journal) => {
      passes += 1;
      await threeTurns(journal, op);
    });
    expect(passes).toBe(4);
    expect(op.runs).toBe(3);
  });

  it("exposes a loop that keeps something between two awaits", async () => {
    const { record, options } = setUp();
    record.append([started]);
    let kept = 0;
    const sloppy = async (journal: Journal): Promise<void> => {
      if (kept > 20) throw new Error("it never comes to an end");
      await journal.step(`turn:${++kept}`, turnOp(), { turn: kept });
      await journal.step(`turn:${++kept}`, turnOp(), { turn: kept });
    };
    await alwaysReplay(options, sloppy).catch(() => {});
    expect(closedSteps(record)).not.toEqual(["turn:1", "turn:2"]);
  });
});

function closedSteps(record: RunRecord): unknown[] {
  return record.events.filter((event) => event.type === "turn.started").map((event) => event.step);
}
