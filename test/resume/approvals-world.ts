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
import { checkEvents } from "fairwitness/testing";
import { z } from "zod";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";

/** What a person says to a call. */
export interface Said {
  approve: boolean;
  by: string;
  /** The argument instead of the model's. */
  changed: number | undefined;
  sticky: boolean;
  /** Whether they say what they have seen: the hash of it, none, or that of something else. */
  hash: "seen" | "none" | "other";
}

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

interface Effect {
  key: string;
  tool: string;
  n: number;
}

/** The first thing that was said of a request, in time and with what was seen: what counts. */
interface Entry {
  asked: OpenApproval;
  said: Said;
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

/** The last request about a call that is undecided, by what decisions on it are laid down. */
function requestOf(record: readonly StoredEvent[], callId: string): Request | undefined {
  const asked = record.findLast((event) => event.type === "tool.approval.requested" && event.call.id === callId);
  if (asked?.type !== "tool.approval.requested") return undefined;
  const { request, hash, reason, expiresAt = Number.POSITIVE_INFINITY, epoch } = asked;
  const isWhole =
    reason === "unknown_outcome" || record.some(({ type, epoch: of }) => type === "turn.completed" && of === epoch);
  const isDone = record.some(
    (event) =>
      (event.type === "tool.approval.resolved" && event.request === request && event.seq > asked.seq) ||
      (event.type === "tool.completed" && event.call.id === callId),
  );
  const isOver = record.at(-1)?.type === "run.completed";
  if (!isWhole || isDone || isOver) return undefined;
  return { letter: `${request}/${hash}`, hash, reason, expiresAt };
}

interface Request {
  letter: string;
  hash: string;
  reason: string;
  expiresAt: number;
}

/** By the rules of the design, not by what the code says. */
function isFirst(request: Request, asked: OpenApproval, { approve, hash }: Said, clock: FakeClock): boolean {
  if (clock.now() >= request.expiresAt || hash === "other") return false;
  if (hash === "seen") return asked.hash === request.hash;
  return !(approve && request.reason === "unknown_outcome");
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

interface Outcome {
  record: readonly StoredEvent[];
  effects: readonly Effect[];
  book: ReadonlyMap<string, Entry>;
}

/** What happened that nobody had allowed, or oftener than they had, and what the record says that cannot be. */
function wrongWith({ record, effects, book }: Outcome): readonly string[] {
  const yes = [...book.values()].filter(({ said }) => said.approve);
  const sticky = new Set(
    yes.flatMap(({ asked, said }) => (said.sticky && asked.reason === "approval" ? [asked.tool] : [])),
  );
  const wrong = [...Map.groupBy(effects, ({ key }) => key)].flatMap(([key, same]) => {
    const allowed = yes.filter(({ asked }) => asked.key === key);
    const isFree = same.some(({ tool }) => tool === "note" || sticky.has(tool));
    const inputs = allowed.map(({ asked, said }) => said.changed ?? (asked.input as Pick<Effect, "n">).n); // as the tools declare it
    const isMeant = isFree || same.every(({ n }) => inputs.includes(n));
    const isEnough = same.length <= allowed.length + (isFree ? 1 : 0);
    return isMeant && isEnough
      ? []
      : [`${key} happened as ${JSON.stringify(same)}, allowed by ${JSON.stringify(allowed)}`];
  });
  return [...wrong, ...checkEvents(record).filter((problem) => !problem.startsWith("the stream ended"))];
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
