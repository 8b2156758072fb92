import fc from "fast-check";
import { expect, test } from "vitest";
import { type Concurrency, createToolSlots } from "../../src/tool/index.ts";

const never = new AbortController().signal;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("at most eight run at a time, in the order they asked (row 66)", async () => {
  const slots = createToolSlots();
  const started: number[] = [];
  const releases: (() => void)[] = [];
  for (let n = 0; n < 10; n++) {
    void Promise.resolve(slots.take("parallel", never)).then((release) => {
      started.push(n);
      releases.push(release);
    });
  }
  await settle();
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  releases[3]?.();
  releases[3]?.(); // a second time frees nothing
  await settle();
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test("serial tools exclude each other, and hold up nobody else (row 67)", async () => {
  const slots = createToolSlots();
  const release = await slots.take("serial", never);
  let second = false;
  const waiting = Promise.resolve(slots.take("serial", never)).then(() => (second = true));
  await slots.take({ key: "serial" }, never);
  await slots.take("parallel", never);
  expect(second).toBe(false);
  release();
  await waiting;
  expect(second).toBe(true);
});

test("an aborted waiter leaves the queue with the reason, and the next one moves up", async () => {
  const slots = createToolSlots(1);
  const release = await slots.take("parallel", never);
  const controller = new AbortController();
  const aborted = slots.take("parallel", controller.signal);
  const next = slots.take("parallel", never);
  controller.abort("stop");
  await expect(aborted).rejects.toBe("stop");
  release();
  (await next)();
  await expect(slots.take("parallel", controller.signal)).rejects.toBe("stop");
});

/** A call of the model test: what it excludes, and when it is aborted (in rounds), if ever. */
const call = fc.record({
  concurrency: fc.constantFrom<Concurrency[]>("parallel", "serial", { key: "a" }, { key: "b" }),
  abortAt: fc.option(fc.nat(20), { nil: undefined }),
});

test("no exclusion is broken, nobody is forgotten, and equals go in order, whatever is asked and aborted", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { maxLength: 25 }),
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.nat()),
      async (calls, max, picks) => {
        const slots = createToolSlots(max);
        const running = new Map<number, () => void>();
        const order: number[] = [];
        let gone = 0;
        const controllers = calls.map(({ concurrency }, n) => {
          const controller = new AbortController();
          Promise.resolve(slots.take(concurrency, controller.signal)).then(
            (release) => {
              running.set(n, release);
              order.push(n);
            },
            () => gone++,
          );
          return controller;
        });
        const groupOf = (n: number): string => JSON.stringify(calls[n]?.concurrency);
        for (let round = 0; round < 60 && order.length + gone < calls.length + running.size + 1; round++) {
          await Promise.resolve().then(() => {});
          expect(running.size).toBeLessThanOrEqual(max);
          const groups = [...running.keys()].map(groupOf).filter((group) => group !== '"parallel"');
          expect(new Set(groups).size).toBe(groups.length);
          for (const [n, { abortAt }] of calls.entries()) if (abortAt === round) controllers[n]?.abort();
          const pick = [...running.keys()][(picks.next().value ?? 0) % Math.max(1, running.size)];
          if (pick !== undefined) running.get(pick)?.();
          if (pick !== undefined) running.delete(pick);
          await Promise.resolve().then(() => {});
        }
        expect(order.length + gone).toBe(calls.length);
        for (const group of new Set(order.map(groupOf))) {
          const equals = order.filter((n) => groupOf(n) === group);
          expect(equals).toEqual(equals.toSorted((a, b) => a - b));
        }
      },
    ),
    { numRuns: 300 },
  );
});
