// Many steps in one process: in one run, and in many. Says how many bytes a step are held beyond the record.
import { createAgent, defineTool, type Model, type ModelEvent, type StoredEvent } from "fairwitness";
import { z } from "zod";
import { createFold } from "../../../src/event/index.ts";
import { argument, heldBytes, report } from "./report.ts";

const { steps } = argument<{ steps: number }>();

/** Calls the tool in every turn but the last, before which it waits. A turn is three steps: its own, the model's and the tool's. */
function counting(turns: number, atLast: () => Promise<void>): Model {
  let n = 0;
  return {
    id: "counting",
    api: "chat",
    async *stream(): AsyncGenerator<readonly ModelEvent[]> {
      n += 1;
      const isLast = n === turns;
      if (isLast) await atLast();
      yield [{ type: "text.delta", delta: `turn ${n}` }];
      const toolCalls = [{ id: `call_${n}`, tool: "add", arguments: `{"n":${n}}` }];
      yield [
        {
          type: "turn",
          turn: {
            message: { role: "assistant", content: `turn ${n}`, ...(isLast ? {} : { toolCalls }) },
            finishReason: isLast ? "stop" : "tool_calls",
            cost: { basis: "unknown" },
          },
        },
      ];
    },
  };
}

const add = defineTool({
  name: "add",
  description: "d",
  input: z.object({ n: z.number() }),
  effect: "read",
  execute: ({ n }) => ({ sum: n + 1 }),
});

async function soak(turns: number, atLast = async (): Promise<void> => {}): Promise<readonly StoredEvent[]> {
  const model = counting(turns, atLast);
  const run = createAgent({ name: "soak", model, tools: [add], limits: { turns: turns + 1 } }).stream("go");
  for await (const _ of run);
  return run.record;
}

/** What one long run holds while it is under way beyond its record and the fold of it, bytes a step. */
async function longRun(): Promise<{ beyond: number; fold: number; record: number }> {
  const base = await heldBytes();
  let alive = 0;
  const events = await soak(Math.ceil(steps / 3), async () => {
    alive = (await heldBytes()) - base;
  });
  const record = (await heldBytes()) - base;
  const fold = createFold(events);
  const folded = (await heldBytes()) - base;
  if (fold.state.closing?.type !== "run.completed") throw new Error("the run did not complete");
  return { beyond: (alive - folded) / steps, fold: (folded - record) / steps, record: record / steps };
}

/** What is left of runs that are over, bytes a step. */
async function manyRuns(): Promise<number> {
  const each = 10;
  const count = Math.ceil(steps / (3 * each));
  const before = await heldBytes();
  for (let n = 0; n < count; n += 1) await soak(each);
  return ((await heldBytes()) - before) / steps;
}

await soak(50);
await manyRuns(); // once for what is compiled and cached
report({ long: await longRun(), many: await manyRuns() });
