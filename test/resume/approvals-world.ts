import {
  AgentError,
  type ApprovalAnswer,
  createAgent,
  defineTool,
  type Model,
  type ModelEvent,
  type OpenApproval,
  openApprovals,
  type StoredEvent,
} from "fairwitness";
import { createMemoryStore, type LocalStore } from "fairwitness/store";
import { z } from "zod";
import { fakeClock } from "../support/fake-clock.ts";
import { type Effect, type Entry, isFirst, requestOf, type Said, wrongWith } from "./approvals-rules.ts";

/** A run with calls that wait, and a book of what was said of them, kept apart from the run. */
export interface World {
  readonly runId: string;
  store(): LocalStore;
  answer(which: number, said: Said): Promise<void>;
  /** Says once more, word for word, what was said before, whatever has become of the call. */
  answerAgain(which: number): Promise<void>;
  pass(ms: number): Promise<void>;
  /** In a new agent that knows nothing but the store. */
  resume(): Promise<void>;
  /** The last events were never stored: their process had died before. What it had begun has happened. */
  die(events: number): Promise<void>;
  /** Carries the run on for as long as nobody has to decide. */
  end(): Promise<void>;
  /** How often something happened that somebody must allow. */
  effects(): number;
  problems(): readonly string[];
  told(): string;
}

const TURNS = 3;

export async function createApprovalsWorld(): Promise<World> {
  const clock = fakeClock();
  const effects: Effect[] = [];
  const book = new Map<string, Entry>();
  const log: { asked: OpenApproval; said: Said }[] = [];
  const lines: string[] = [];
  const problems: string[] = [];
  let turnsAsked = 0;
  let store = createMemoryStore({ now: clock.now });
  const own = tools(effects);
  const agent = (): ReturnType<typeof createAgent> =>
    createAgent({
      name: "desk",
      model: askingModel(() => ++turnsAsked),
      tools: own,
      store,
      runtime: { clock },
    });
  const paused = await agent().run("go", { reject: false });
  const { runId } = paused;

  const say = async (asked: OpenApproval, said: Said): Promise<void> => {
    const request = requestOf(await eventsOf(store, runId), asked.callId);
    const counts = request !== undefined && isFirst(request, asked, said, clock) && !book.has(request.letter);
    const status = await agent()
      .resolveApproval(runId, asked.callId, answerOf(asked, said))
      .then(
        (decided) => decided.status,
        (error: AgentError) => error.code,
      );
    lines.push(
      `${clock.monotonic()} ${said.by} ${JSON.stringify(said)} of ${asked.callId} ${asked.reason} ${asked.hash.slice(0, 6)}: ${status}`,
    );
    if (counts) book.set(request.letter, { asked, said });
    if (counts !== (status === "taken"))
      problems.push(`${lines.at(-1)}, and it ${counts ? "counts" : "does not count"}`);
  };
  const world: World = {
    runId,
    store: () => store,
    async answer(which, said) {
      const open = await openApprovals(store, runId);
      const asked = open[which % Math.max(1, open.length)] ?? log[which % Math.max(1, log.length)]?.asked;
      if (asked === undefined) return;
      log.push({ asked, said });
      await say(asked, said);
    },
    async answerAgain(which) {
      const one = log[which % Math.max(1, log.length)];
      if (one !== undefined) await say(one.asked, one.said);
    },
    async pass(ms) {
      await clock.pass(ms);
    },
    async resume() {
      try {
        const run = await agent().resume(runId);
        const { status } = await run.result();
        lines.push(`${clock.monotonic()} resumed: ${status}`);
      } catch (error) {
        if (!(error instanceof AgentError) || error.code !== "run_ended") throw error;
      }
      problems.push(...wrongWith({ record: await eventsOf(store, runId), effects, book }));
    },
    async die(count) {
      const events = await eventsOf(store, runId);
      // What had begun was on record before it did: that much was stored.
      const begun = events.findLastIndex(({ type }) => type === "tool.executing");
      const left = events.slice(0, Math.max(begun + 1, events.length - count));
      lines.push(`${clock.monotonic()} died behind ${left.length} of ${events.length} events`);
      const letters = await store.inbox.received(runId);
      store = createMemoryStore({ now: clock.now });
      store.append(runId, left);
      for (const { name, value } of letters) await store.inbox.send(runId, name, value);
    },
    async end() {
      for (let n = 0; n < 3; n += 1) await world.resume();
    },
    effects: () => effects.filter(({ tool }) => tool !== "note").length,
    problems: () => problems,
    told: () => [...lines, JSON.stringify(effects)].join("\n"),
  };
  return world;
}

async function eventsOf(store: LocalStore, runId: string): Promise<readonly StoredEvent[]> {
  return (await store.read(runId)).events;
}

function answerOf(
  { hash }: OpenApproval,
  { approve, by, changed, sticky, hash: which }: Said,
): ApprovalAnswer & { hash?: string } {
  return {
    approve,
    by,
    ...(changed === undefined ? {} : { input: { n: changed } }),
    ...(sticky ? { sticky } : {}),
    ...(which === "none" ? {} : { hash: which === "seen" ? hash : "0".repeat(64) }),
  };
}

function tools(effects: Effect[]): readonly ReturnType<typeof tool>[] {
  const tool_ = (name: string, more: object) => tool(name, more, effects);
  return [
    tool_("pay", { approval: true }),
    tool_("send", { approval: true, approvalTimeoutMs: 1_000 }),
    tool_("note", {}),
  ];
}

function tool(name: string, more: object, effects: Effect[]) {
  return defineTool({
    name,
    description: "d",
    input: z.object({ n: z.number() }),
    effect: "write",
    execute: ({ n }, { key }) => {
      effects.push({ key, tool: name, n });
      return "done";
    },
    ...more,
  });
}

/** Asks for the same calls each time it is asked for a turn, and not always with the same arguments. */
function askingModel(next: () => number): Model {
  return {
    id: "asking",
    api: "chat",
    async *stream({ messages }): AsyncGenerator<readonly ModelEvent[]> {
      const turn = messages.filter(({ role }) => role === "assistant").length;
      const n = next() % 3;
      const toolCalls = ["pay", "send", "note"].map((name, index) => ({
        id: `call_${turn}_${index}`,
        tool: name,
        arguments: JSON.stringify({ n: n + index }),
      }));
      const isLast = turn === TURNS;
      yield [
        {
          type: "turn",
          turn: {
            message: { role: "assistant", content: "I act.", ...(isLast ? {} : { toolCalls }) },
            finishReason: isLast ? "stop" : "tool_calls",
            cost: { basis: "unknown" },
          },
        },
      ];
    },
  };
}
