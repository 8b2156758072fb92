// In a process of its own: how long it takes to carry on a long record, from the call of `resume` to the end of the turn that is left.
// Arguments: a store, and a number of events.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import {
  createAgent,
  defineTool,
  type Model,
  type ModelEvent,
  type ModelTurn,
  type StoredEvent,
} from "../src/index.ts";
import { createFileStore, createMemoryStore, createSqliteStore, type LocalStore } from "../src/store/index.ts";

export interface ResumeTime {
  store: StoreName;
  events: number;
  /** Median of repetitions, each over a copy of the record. */
  ms: number;
  /** What the first took, in a process that had not compiled anything yet. */
  firstMs: number;
  heapMiB: number;
}

type StoreName = "memory" | "files" | "sqlite";
const REPETITIONS = 3;

const look = defineTool({
  name: "look",
  description: "Looks something up.",
  input: z.object({ n: z.number() }),
  effect: "read",
  execute: ({ n }) => ({ found: `number ${n}`, more: "x".repeat(200) }),
});

/** Asks for the tool in each turn, until there are so many assistant messages. */
function asking(turns: number): Model {
  let n = 0;
  return {
    id: "asking",
    api: "chat",
    async *stream(): AsyncGenerator<readonly ModelEvent[]> {
      n += 1;
      yield [{ type: "turn", turn: turnOf(n, n > turns) }];
    },
  };
}

function turnOf(n: number, isLast: boolean): ModelTurn {
  const toolCalls = [{ id: `call_${n}`, tool: "look", arguments: `{"n":${n}}` }];
  return {
    message: { role: "assistant", content: `Turn ${n}.`, ...(isLast ? {} : { toolCalls }) },
    finishReason: isLast ? "stop" : "tool_calls",
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
    cost: { basis: "billed", ticks: 100 },
  };
}

const EVENTS_A_TURN = 6;

/** A record of about so many events, whose process died before its last turn. */
async function longRecord(events: number): Promise<readonly StoredEvent[]> {
  const turns = Math.round(events / EVENTS_A_TURN);
  const agent = createAgent({ name: "long", model: asking(turns), tools: [look], loopDetector: false });
  const run = agent.stream("go", { limits: { turns: turns + 2 } });
  await run.result();
  return run.record.slice(0, -2);
}

function open(name: StoreName, folder: string): LocalStore {
  if (name === "memory") return createMemoryStore();
  return name === "files" ? createFileStore(folder) : createSqliteStore(join(folder, "runs.sqlite"));
}

async function measure(name: StoreName, size: number): Promise<ResumeTime> {
  const record = await longRecord(size);
  const times: number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const folder = mkdtempSync(join(tmpdir(), "fairwitness-resume-"));
    const store = open(name, folder);
    const [first] = record;
    if (first === undefined) throw new Error("There is no record.");
    store.append(first.runId, record);
    const agent = createAgent({ name: "long", model: asking(0), tools: [look], loopDetector: false, store });
    const began = performance.now();
    const run = await agent.resume(first.runId);
    const { status } = await run.result();
    times.push(performance.now() - began);
    if (status !== "completed") throw new Error(`The run ended ${status}.`);
    rmSync(folder, { recursive: true });
  }
  const [firstMs = 0] = times;
  const ms = times.toSorted((a, b) => a - b)[REPETITIONS >> 1] ?? 0;
  return { store: name, events: record.length, ms, firstMs, heapMiB: process.memoryUsage().heapUsed / 2 ** 20 };
}

const [store, size] = process.argv.slice(2);
console.log(JSON.stringify(await measure(store as StoreName, Number(size)))); // growth.ts starts it
