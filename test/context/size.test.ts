import { createAgent, webSearch } from "fairwitness";
import { startScript } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { call } from "../support/play.ts";
import type { ScriptedAttempt } from "../support/scripted-model.ts";
import { roomyModel } from "./roomy-model.ts";
import { readPage, WINDOW } from "./support.ts";

/** Three pages, some 15,000 tokens, with room for four; the server counts what it likes. */
async function compactions(usage: ScriptedAttempt["usage"]): Promise<number> {
  const model = roomyModel(
    (n) => ({ ...(n < 3 ? { calls: [call("read_page", { page: n })] } : { text: "Done." }), usage }),
    {
      contextWindow: WINDOW,
    },
  );
  const run = createAgent({ name: "t", model, tools: [readPage], context: { keepTurns: 1 } }).stream("go");
  expect((await run.result()).status).toBe("completed");
  return run.record.filter(({ type }) => type === "context.compacted").length;
}

describe("the size of a conversation", () => {
  it("is what the server counted, where it says", async () => {
    expect(await compactions(undefined)).toBe(0);
    expect(await compactions({ inputTokens: 22_000, outputTokens: 10, totalTokens: 22_010 })).toBeGreaterThan(0);
    expect(
      await compactions({ inputTokens: 9, outputTokens: 9, totalTokens: 18, contextTokens: 22_000 }),
    ).toBeGreaterThan(0);
  });

  it("is not the sum of what the server read by itself", async () => {
    const sum = { inputTokens: 220_000, outputTokens: 10, totalTokens: 220_010, serverToolCalls: 4 };
    expect(await compactions(sum)).toBe(0);
    expect(await compactions({ ...sum, contextTokens: 22_000 })).toBeGreaterThan(0);
  });

  it("is xAI's own word for it over HTTP, which a search does not blow up", async () => {
    const searching = { kind: "web_search", query: "sailing", sources: ["https://example.com/1"] } as const;
    const read = (page: number) => [{ name: "read_page", arguments: { page } }];
    const usage = { promptTokens: 90_000, context: { inputTokens: 9000, outputTokens: 50 } };
    const turns = [{ toolCalls: read(1) }, { serverTools: [searching], toolCalls: read(2), usage }, { text: "Done." }];
    for (const [inputTokens, expected] of [
      [9000, 0],
      [21_000, 1],
    ] as const) {
      const context = { inputTokens, outputTokens: 50 };
      await using simulator = await startScript(
        turns.map((turn) => ("usage" in turn ? { ...turn, usage: { ...usage, context } } : turn)),
      );
      const model = simulator.model("grok-4.7", { contextWindow: WINDOW });
      const run = createAgent({ name: "t", model, tools: [readPage, webSearch()], context: { keepTurns: 1 } }).stream(
        "go",
      );
      expect((await run.result()).status).toBe("completed");
      expect(run.record.filter(({ type }) => type === "context.compacted")).toHaveLength(expected);
    }
  });
});

describe("the context of an agent", () => {
  it.each([
    [{ compactAt: 0 }, "context.compactAt"],
    [{ compactAt: 1.1 }, "context.compactAt"],
    [{ keepTurns: 0 }, "context.keepTurns"],
    [{ maxTokens: 1.5 }, "context.maxTokens"],
    [{ methods: ["cut"] }, "context.methods.0"],
    [{ methods: ["xai", "xai"] }, "a method stands there twice"],
    [{ summaryModel: "" }, "context.summaryModel"],
    [{ summaryModel: {} }, "context.summaryModel"],
    [{ user: "Ann" }, "data for tools is the context of a run"],
    [null, "context"],
    [true, "context"],
  ])("is refused when it is %j", (context, says) => {
    expect(() => createAgent({ name: "t", model: "grok-4.7", context: context as never })).toThrow(says);
  });

  it("may be left out, be empty, or be false", () => {
    for (const context of [undefined, {}, false, { methods: [] }, { summaryModel: "grok-4.3" }] as const) {
      expect(() =>
        createAgent({ name: "t", model: "grok-4.7", ...(context === undefined ? {} : { context }) }),
      ).not.toThrow();
    }
  });

  it("may say how much the model takes, over what is known of it", async () => {
    const model = roomyModel((n) => (n < 6 ? { calls: [call("read_page", { page: n })] } : { text: "Done." }), {});
    const run = createAgent({ name: "t", model, tools: [readPage], context: { maxTokens: WINDOW } }).stream("go");
    await run.result();
    expect(run.record.some(({ type }) => type === "context.compacted")).toBe(true);
  });
});
