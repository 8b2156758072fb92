import { createAgent, type Message, type StoredEvent, storedEventSchema } from "fairwitness";
import { createMemoryStore } from "fairwitness/store";
import { checkEvents } from "fairwitness/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFold, foldResult, type RunState } from "../../src/event/index.ts";
import { isCompaction, pairMessages } from "../../src/message/index.ts";
import type { ScriptedAttempt } from "../support/scripted-model.ts";
import { history, methods, script, TOOLS } from "./histories.ts";
import { type RoomyModel, roomyModel } from "./roomy-model.ts";

interface Scene {
  messages: Message[];
  turns: ScriptedAttempt[];
  uses: ("tool_outputs" | "xai" | "summary")[];
  keepTurns: number;
  contextWindow: number;
  isReporting: boolean;
}

const scene: fc.Arbitrary<Scene> = fc.record({
  messages: history,
  turns: script,
  uses: methods,
  keepTurns: fc.integer({ min: 1, max: 4 }),
  contextWindow: fc.integer({ min: 1500, max: 20_000 }),
  isReporting: fc.boolean(),
});

interface Played {
  record: readonly StoredEvent[];
  model: RoomyModel;
  compactions: number;
}

async function play({ messages, turns, uses, keepTurns, contextWindow, isReporting }: Scene, alwaysReplay = false) {
  let id = 0;
  const model = roomyModel(
    (n) => ({
      ...turns[n],
      ...(isReporting ? { usage: { inputTokens: 900 * n, outputTokens: 20, totalTokens: 900 * n + 20 } } : {}),
    }),
    { contextWindow },
  );
  const agent = createAgent({
    name: "random",
    model,
    tools: TOOLS,
    instructions: "Talk.",
    context: { methods: uses, keepTurns, compactAt: 0.5 },
    runtime: { alwaysReplay, random: () => 0, createId: () => `id${id++}` },
  });
  const run = agent.stream("go", { messages });
  await run.result();
  const compactions = run.record.filter(({ type }) => type === "context.compacted").length;
  return { record: run.record, model, compactions } satisfies Played;
}

/** The states behind each compaction, and what the conversation would be if nothing was ever made shorter. */
function statesOf(record: readonly StoredEvent[]): readonly { state: RunState; whole: readonly Message[] }[] {
  return record.flatMap((event, at) => {
    if (event.type !== "context.compacted") return [];
    const before = record.slice(0, at + 1);
    const whole = createFold(before.filter(({ type }) => type !== "context.compacted")).state.messages;
    return [{ state: createFold(before).state, whole }];
  });
}

/** The last turns and what they answer. */
function lastTurns(messages: readonly Message[], count: number): readonly Message[] {
  const answers = messages.flatMap(({ role }, at) => (role === "assistant" ? [at] : []));
  let from = answers.at(-count) ?? 0;
  while (messages[from - 1]?.role === "user") from -= 1;
  return messages.slice(from);
}

function timeless(record: readonly StoredEvent[]): unknown {
  return JSON.parse(JSON.stringify(foldResult(record), (key, value) => (key === "durationMs" ? undefined : value)));
}

let seen = 0;

describe("any conversation that is made shorter (row 111)", () => {
  it("keeps the rules of every run, and what is sent of it needs no repair", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (given) => {
        const { record, model, compactions } = await play(given);
        seen += compactions;
        expect(checkEvents(record)).toEqual([]);
        expect(foldResult(record)).toBeDefined();
        for (const event of record) expect(storedEventSchema().parse(event)).toEqual(event);
        for (const messages of [...model.seen, ...model.compacted]) {
          expect(pairMessages(messages).repairs).toEqual([]);
        }
        for (const { state } of statesOf(record)) expect(pairMessages(state.messages).repairs).toEqual([]);
      }),
      { numRuns: 250 },
    );
    expect(seen).toBeGreaterThan(100);
  });

  it("begins as it did: with the instructions, or with what xAI made of them", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (given) => {
        const { model } = await play(given);
        for (const [first, ...rest] of model.seen) {
          if (isCompaction(first)) expect(given.uses).toContain("xai");
          else expect(first).toEqual({ role: "system", content: "Talk." });
          expect(rest.some(isCompaction)).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("has its last turns untouched, and of what is older nothing that was never there: whole messages, or shorter results", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (given) => {
        const { record } = await play(given);
        for (const { state, whole } of statesOf(record)) {
          const last = lastTurns(whole, given.keepTurns);
          expect(state.messages.slice(-last.length)).toEqual(last);
          const known = new Set(whole.map((message) => JSON.stringify(message)));
          for (const message of state.messages) {
            if (known.has(JSON.stringify(message)) || isCompaction(message)) continue;
            if (message.role === "tool") {
              const full = whole.find((other) => other.role === "tool" && other.callId === message.callId);
              expect(JSON.stringify(full).length).toBeGreaterThan(JSON.stringify(message).length);
            } else expect(JSON.stringify(message)).toContain("[A summary of the conversation up to here");
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it("comes to the same in its always-replayed twin", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (given) => {
        const [live, twin] = [await play(given), await play(given, true)];
        expect(timeless(twin.record)).toEqual(timeless(live.record));
        expect(twin.compactions).toBe(live.compactions);
        expect(twin.model.seen).toEqual(live.model.seen);
      }),
      { numRuns: 80 },
    );
  });

  it("never loses what it was tainted by, in this run or in the next of its conversation (row 137)", async () => {
    await fc.assert(
      fc.asyncProperty(scene, fc.constantFrom("conversation", "by hand"), async (given, how) => {
        const { record } = await play(given);
        let before = 0;
        for (let length = 1; length <= record.length; length += 1) {
          const { taint } = createFold(record.slice(0, length)).state;
          expect(taint.length).toBeGreaterThanOrEqual(before);
          before = taint.length;
        }
        const store = createMemoryStore();
        const [first] = record;
        const conversation = first?.type === "run.started" ? first.conversation : "";
        store.append(first?.runId ?? "", record);
        const next = createAgent({
          name: "next",
          model: roomyModel([{ text: "Yes." }], { contextWindow: 1e6 }),
          tools: TOOLS,
          store,
        });
        const messages = foldResult(record)?.messages ?? [];
        const result = await next.run("And then?", how === "by hand" ? { messages } : { conversation });
        if (before > 0) expect(result.taint.length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });
});
