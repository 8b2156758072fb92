import { getEventListeners } from "node:events";
import {
  AgentError,
  type AnyTool,
  createAgent,
  defineTool,
  isDelta,
  type Model,
  type Run,
  type RunEvent,
} from "fairwitness";
import { createAutomaton } from "fairwitness/testing";
import { expect } from "vitest";
import { z } from "zod";
import { type FakeClock, fakeClock, settle } from "./fake-clock.ts";

/** What a reader is told to do with its next event. */
type Order = "read" | "break" | "throw";

/** A handler that waits to be told how it ends. */
interface Handler {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What a world is made of: where its model comes from, and how it is let go on. */
export interface WorldOptions {
  model: (clock: FakeClock) => Model;
  /** Lets everything that can go on do so. */
  settle?: () => Promise<void>;
}

/** One run that random commands are done to, and all that is watched of it. */
export interface CancelWorld {
  readonly clock: FakeClock;
  readonly controller: AbortController;
  readonly run: Run | undefined;
  readonly mine: Error;
  /** The last event on record when the run was first stopped. */
  readonly stoppedAt: string | undefined;
  start(how: "events" | "batches" | "text"): void;
  /** Gives the reader leave for one more event, or has it leave. */
  order(order: Order): void;
  /** Ends the oldest handler that waits. */
  endHandler(how: "resolve" | "reject"): void;
  stop(how: "cancel" | "abort"): void;
  say(how: "steer" | "followUp"): void;
  /** The reader's hold on the run ends. */
  letGo(how: "result" | "detach"): void;
  settle(): Promise<void>;
  /** Stops the run, if nothing else has ended it, and checks all that holds of every run. */
  finish(): Promise<void>;
}

export function createWorld(options: WorldOptions): CancelWorld {
  const clock = fakeClock();
  const controller = new AbortController();
  const mine = new Error("the reader's own");
  const handlers: Handler[] = [];
  const told: Promise<unknown>[] = [];
  const automaton = createAutomaton();
  const orders = createOrders();
  let begun = 0;
  let begunAtStop: number | undefined;
  let stoppedAt: string | undefined;
  let isDetached = false;
  let run: Run | undefined;
  let reading: Promise<unknown> = Promise.resolve();
  let seenToEnd = false;

  const onBegin = (handler: Handler): void => {
    begun += 1;
    handlers.push(handler);
  };
  const agent = createAgent({
    name: "random",
    model: options.model(clock),
    tools: puppetTools(onBegin),
    limits: { turns: 6 },
    runtime: { clock, random: () => 0.5, buffer: { events: 4, size: 1e6 } },
  });
  const noteStop = (): void => {
    begunAtStop ??= begun;
    stoppedAt ??= run === undefined ? "before the start" : (run.record.at(-1)?.type ?? "at the start");
  };
  const read = async (how: "events" | "batches" | "text", of: Run): Promise<void> => {
    const source: AsyncIterable<unknown> = how === "events" ? of : of[how]();
    for await (const item of source) {
      if (how !== "text") for (const event of [item].flat() as RunEvent[]) automaton.see(event); // as both of them give
      const order = await orders.next();
      if (order !== "read" && !isDetached) noteStop();
      if (order === "break") return;
      if (order === "throw") throw mine;
    }
    seenToEnd = how !== "text";
  };
  const settleWorld = options.settle ?? settle;

  return {
    clock,
    controller,
    mine,
    get run() {
      return run;
    },
    get stoppedAt() {
      return stoppedAt;
    },
    start(how) {
      run ??= agent.stream("go", { signal: controller.signal });
      reading = read(how, run);
      reading.catch(() => {}); // looked at in the end
    },
    order: orders.add,
    endHandler(how) {
      const handler = handlers.shift();
      if (how === "resolve") handler?.resolve("done");
      else handler?.reject(new Error("the handler's own"));
    },
    stop(how) {
      noteStop();
      if (how === "abort") controller.abort("enough");
      else if (run !== undefined) told.push(run.cancel("enough"));
    },
    say(how) {
      if (run !== undefined) told.push(run[how]("more"));
    },
    letGo(how) {
      if (run === undefined) return;
      if (how === "result") return void told.push(run.result());
      isDetached = true;
      run.detach();
    },
    settle: settleWorld,
    async finish() {
      if (run === undefined) return;
      noteStop();
      orders.end();
      const result = await inTime(run.cancel("the end"), settleWorld);
      await inTime(Promise.all(told), settleWorld);
      const left = await reading.then(
        () => undefined,
        (error: unknown) => error,
      );
      await settleWorld();
      // Reading as text ends with an error of ours where the run did not complete, or what was read turned out to be void.
      if (left !== undefined && left !== mine) expect(left).toBeInstanceOf(AgentError);
      if (seenToEnd) automaton.end();
      expect(automaton.violations()).toEqual([]);
      checkRecord(run);
      if (result.status !== "completed") expect(begun).toBe(begunAtStop);
      expect({ timers: clock.waiting, listeners: getEventListeners(controller.signal, "abort").length }).toEqual({
        timers: 0,
        listeners: 0,
      });
    },
  };
}

/** What a promise comes to that needs nothing more to happen: once the world stands still, it has settled. */
async function inTime<T>(promise: Promise<T>, settleWorld: () => Promise<void>): Promise<T> {
  const late = async (): Promise<never> => {
    for (let round = 0; round < 3; round += 1) await settleWorld();
    throw new Error("The world stands still, and the run has not settled.");
  };
  return Promise.race([promise, late()]);
}

/** What holds of every record, and of what it says of the handlers. */
function checkRecord({ record }: Run): void {
  const automaton = createAutomaton();
  for (const event of record) automaton.see(event);
  automaton.end();
  expect(automaton.violations()).toEqual([]);
  expect(record.filter(isDelta)).toEqual([]);
  const requests = record.filter(({ type }) => type === "turn.started").length;
  expect(record.filter(({ type }) => type === "turn.completed" || type === "turn.failed").length).toBeLessThanOrEqual(
    requests,
  );
}

function createOrders(): { add(order: Order): void; next(): Promise<Order>; end(): void } {
  const waiting: Order[] = [];
  let isOver = false;
  let wake: (() => void) | undefined;
  const add = (order: Order): void => {
    waiting.push(order);
    wake?.();
  };
  return {
    add,
    async next() {
      while (waiting.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve));
      return waiting.shift() ?? "read";
    },
    end() {
      isOver = true;
      wake?.();
    },
  };
}

/** Tools that wait to be told how they end: one obeys its signal, one ignores it, and one is alone at a time. */
function puppetTools(onBegin: (handler: Handler) => void): readonly AnyTool[] {
  const tool = (name: string, obeys: boolean, concurrency: "parallel" | "serial"): AnyTool =>
    defineTool({
      name,
      description: "d",
      input: z.object({}),
      concurrency,
      execute: (_, { signal }) =>
        new Promise((resolve, reject) => {
          onBegin({ resolve, reject });
          if (obeys) signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
    });
  return [tool("obedient", true, "parallel"), tool("deaf", false, "parallel"), tool("alone", false, "serial")];
}
