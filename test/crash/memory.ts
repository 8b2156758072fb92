import {
  type Agent,
  AgentError,
  createAgent,
  type Model,
  type ModelEvent,
  type ModelTurn,
  openApprovals,
  type StoredEvent,
} from "fairwitness";
import { createMemoryStore, type LocalStore } from "fairwitness/store";
import type { WebSearchCall } from "../../src/message/index.ts";
import type { Watched } from "./check.ts";
import { decide } from "./decide.ts";
import type { ScriptTurn } from "./job.ts";
import { crashTools } from "./tools.ts";
import type { Happened } from "./world.ts";

/** A turn, and what goes wrong before it comes, or what xAI does in it by itself. */
export type MemoryTurn = ScriptTurn & { readonly first?: "cut" | "refused"; readonly searches?: boolean };

export const RUN = "run_memory";

/** What a process that died has left: the record up to an event, and what had happened outside. */
export interface Left {
  record: readonly StoredEvent[];
  effects: readonly Happened[];
}

/** Begins a run, or carries on what is left of one, until it is completed. */
export async function liveInMemory(script: readonly MemoryTurn[], left?: Left, alwaysReplay = false): Promise<Watched> {
  const store = createMemoryStore();
  const { record = [], effects = [] } = left ?? {};
  store.append(RUN, record);
  const life = await carryOn({ script, store, effects: [...effects], alwaysReplay, isNew: record.length === 0 });
  return { ...life, acknowledged: record.map(placeOf) };
}

/** Segment after segment, each by an agent that knows nothing of the others, until the run is completed. */
export async function carryOn(over: Over): Promise<Watched> {
  const { store, effects } = over;
  const paused: { callId: string; reason: string }[] = [];
  let approvals = {};
  for (let segment = 0; segment < 40; segment += 1) {
    const isNew = over.isNew && segment === 0;
    const agent = agentOver({ ...over, isNew });
    const run = await (isNew ? agent.stream("go", { waiting: "leave" }) : agent.resume(RUN, { approvals }));
    const result = await run.result();
    if (result.status === "paused") {
      paused.push(...result.waiting);
      approvals = decide(await openApprovals(store, RUN), { effects, isBold: () => true });
      continue;
    }
    if (result.status !== "completed") throw new Error(`The run ended ${JSON.stringify(result)}`);
    const { events: record } = await store.read(RUN);
    return { runId: RUN, record, effects, problems: [], acknowledged: [], paused };
  }
  throw new Error("The run did not come to its end.");
}

export function placeOf({ seq, type, epoch }: StoredEvent): Watched["acknowledged"][number] {
  return epoch === undefined ? { seq, type } : { seq, type, epoch };
}

/** Where a run is carried on, and with what. */
export interface Over {
  script: readonly MemoryTurn[];
  store: LocalStore;
  /** What happens is added. */
  effects: Happened[];
  isNew: boolean;
  alwaysReplay?: boolean;
}

export function agentOver({ script, store, effects, isNew, alwaysReplay = false }: Over): Agent {
  const ids = isNew ? [RUN.replace("run_", "")] : []; // the first id of a run that begins is its own
  return createAgent({
    name: "memory",
    model: modelOf(script),
    tools: crashTools((effect) => void effects.push(effect)),
    store,
    runtime: { random: () => 0, createId: () => ids.shift() ?? crypto.randomUUID(), alwaysReplay },
  });
}

/** Says the turn that follows what is in the conversation: the same in every process. */
function modelOf(script: readonly MemoryTurn[]): Model {
  return {
    id: "script",
    api: "chat",
    async *stream({ messages, attempt }): AsyncGenerator<readonly ModelEvent[]> {
      const n = messages.filter(({ role }) => role === "assistant").length;
      const turn: MemoryTurn = script[n] ?? { text: "The end." };
      yield [{ type: "text.delta", delta: "I " }];
      if (turn.searches === true) yield searching(n);
      await Promise.resolve();
      if (attempt === 1 && turn.first === "cut") return;
      if (attempt === 1 && turn.first === "refused") throw new AgentError("http_status", "busy", { retryable: true });
      yield [{ type: "turn", turn: wholeTurn(turn, n) }];
    },
  };
}

/** A search that xAI makes by itself, as it is told while the turn is still coming. */
function searching(n: number): readonly ModelEvent[] {
  const call = searchOf(n);
  return [
    { type: "tool.started", call },
    { type: "tool.input", call },
    { type: "tool.executing", call, phase: "searching" },
  ];
}

function searchOf(n: number): WebSearchCall {
  return { id: `ws_${n}`, tool: "web_search", executor: "server", kind: "web_search", input: { query: `about ${n}` } };
}

function wholeTurn(turn: MemoryTurn, n: number): ModelTurn {
  const served =
    turn.searches === true ? [{ call: searchOf(n), outcome: "ok", visibility: "not_disclosed" } as const] : [];
  const common = { cost: { basis: "billed", ticks: 100 }, serverCalls: served } as const;
  if ("text" in turn) {
    return { ...common, message: { role: "assistant", content: turn.text }, finishReason: "stop" };
  }
  const toolCalls = turn.calls.map(({ tool, n: number }, index) => ({
    id: `call_${n}_${index}`,
    tool,
    arguments: JSON.stringify({ n: number }),
  }));
  return { ...common, message: { role: "assistant", content: "I act.", toolCalls }, finishReason: "tool_calls" };
}
