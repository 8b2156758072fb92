// In a process of its own: folds a record of 100,000 events, made of the turns of a real run, over and over.
import { createFold, type StoredEvent } from "../src/event/index.ts";
import { createAgent, createClient, defineTool } from "../src/index.ts";
import { startServer } from "./processes.ts";
import { MODEL, QUESTION, TOOL_DESCRIPTION, TOOL_NAME, temperature, toolInput } from "./work.ts";
import { ORDINARY } from "./workload.ts";

export interface FoldTimes {
  events: number;
  /** The first time in a process: nothing is compiled yet. */
  firstMs: number;
  medianMs: number;
}

const EVENTS = 100_000;
const workload = {
  ...ORDINARY,
  name: "fold",
  title: "fold",
  toolTurns: 2,
  callsPerTurn: 1,
  warmups: 0,
  runs: 1,
  small: {},
};

async function realRecord(): Promise<readonly StoredEvent[]> {
  await using server = await startServer();
  const tool = defineTool({
    name: TOOL_NAME,
    description: TOOL_DESCRIPTION,
    input: toolInput,
    effect: "read",
    execute: (input) => temperature(input),
  });
  const client = createClient({ apiKey: "bench", baseURL: await server.open("fold", workload) });
  const run = createAgent({ name: "bench", model: client.model(MODEL), tools: [tool] }).stream(QUESTION);
  await run.result();
  return run.record;
}

/** Its second turn again and again, each with steps, epochs and call ids of its own. */
function lengthened(record: readonly StoredEvent[]): readonly StoredEvent[] {
  const before = record.filter(({ turn }) => turn < 2);
  const turnText = JSON.stringify(record.filter(({ turn, type }) => turn === 2 && type !== "run.completed"));
  const events: StoredEvent[] = [...before];
  for (let turn = 2; events.length < EVENTS; turn++) {
    const text = turnText.replaceAll("call_1", `call_${turn}`).replaceAll(/"step":"(\w+):2/g, `"step":"$1:${turn}`);
    const copied = JSON.parse(text) as StoredEvent[]; // text of stored events
    for (const event of copied) {
      const at = { turn, seq: events.length };
      events.push("epoch" in event ? { ...event, ...at, epoch: `${event.epoch}.${turn}` } : { ...event, ...at });
    }
  }
  return events.slice(0, EVENTS);
}

function timeOf(events: readonly StoredEvent[]): number {
  const startedMs = performance.now();
  const { state } = createFold(events);
  const tookMs = performance.now() - startedMs;
  const turns = events.filter(({ type }) => type === "turn.completed").length;
  const answers = state.messages.filter(({ role }) => role === "assistant").length;
  if (answers !== turns || turns < EVENTS / 10) throw new Error(`The fold has ${answers} answers of ${turns} turns.`);
  return tookMs;
}

const events = lengthened(await realRecord());
const times = Array.from({ length: 9 }, () => timeOf(events));
const [firstMs = Number.NaN] = times;
const medianMs = times.toSorted((a, b) => a - b)[4] ?? Number.NaN;
console.log(JSON.stringify({ events: events.length, firstMs, medianMs } satisfies FoldTimes));
