import { AgentError, createAgent, type StoredEvent } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { call } from "../support/play.ts";
import { type RoomyOptions, roomyModel } from "./roomy-model.ts";
import { archive, readAll, readPage } from "./support.ts";

const turns = (n: number) =>
  n < 8 ? { calls: [call("read_page", { page: n })], ticks: 1 } : { text: "Done.", ticks: 1 };

/** Eight pages, with room for four. */
async function reading(options: Omit<RoomyOptions, "contextWindow">, methods = ["xai", "summary"] as const) {
  const model = roomyModel(turns, { contextWindow: 24_000, ...options });
  const agent = createAgent({
    name: "t",
    model,
    tools: [readPage],
    instructions: "Read.",
    context: { methods },
    runtime: { random: () => 0 },
  });
  const run = agent.stream("go");
  const result = await run.result();
  expect(checkEvents(run.record)).toEqual([]);
  const steps = run.record.filter(({ step }) => step?.startsWith("compact:"));
  return { result, record: run.record, steps, model };
}

const broken = () => new AgentError("server_error", "It broke.", { retryable: true });
const refused = () => new AgentError("invalid_request", "Not this one.");
const told = (events: readonly StoredEvent[]) => events.map(({ type, step }) => `${type} ${step}`);

describe("a compaction that fails", () => {
  it("is tried again like any request, and what each attempt used is counted", async () => {
    const { result, steps, model } = await reading({ compactionFails: (n) => (n === 0 ? broken() : undefined) });
    expect(result).toMatchObject({ status: "completed", warnings: [] });
    expect(told(steps).slice(0, 2)).toEqual(["turn.retrying compact:6.xai", "context.compacted compact:6.xai"]);
    expect(new Set(steps.slice(0, 2).map(({ epoch }) => epoch)).size).toBe(2);
    const made = steps.filter(({ type }) => type === "context.compacted").length;
    expect(model.compacted).toHaveLength(made + 1);
    expect(result.usage.requests).toBe(9 + made + 1);
    expect(result.cost).toMatchObject({ basis: "billed", ticks: 9 + 7 * made, unreported: 1 });
  });

  it("gives way to the next method, with a warning", async () => {
    const { result, steps, model } = await reading({ compactionFails: refused });
    expect(result).toMatchObject({ status: "completed", text: "Done." });
    expect(told(steps).slice(0, 2)).toEqual(["warning compact:6.xai", "context.compacted compact:6.summary"]);
    expect(result.warnings[0]).toEqual({
      code: "compaction_failed",
      message: 'The conversation was not made shorter by "xai": Not this one.',
    });
    expect(model.summed.length).toBeGreaterThan(0);
  });

  it.each([
    ["was cut off", { text: "Half a", finishReason: "length" }, "output_truncated"],
    ["is empty", { text: "  " }, "empty_answer"],
    ["was refused", { text: "No.", finishReason: "refusal" }, "refused"],
    ["is no shorter", { text: "word ".repeat(30_000) }, "invalid_output"],
    ["broke off", { text: "Half", cut: true }, "stream_incomplete"],
  ] as const)("because its summary %s loses nothing: the run goes on as it was", async (_, summary, code) => {
    const { result, steps, record } = await reading({ summary: () => ({ ...summary, ticks: 5 }) }, [
      "summary",
    ] as never);
    expect(result).toMatchObject({ status: "completed", text: "Done." });
    const [warning] = steps.filter(({ type }) => type === "warning");
    expect(warning).toMatchObject({ code: "compaction_failed", failed: { error: { code } } });
    expect(record.some(({ type }) => type === "context.compacted")).toBe(false);
    const attempts = code === "stream_incomplete" ? 3 : 1;
    const rounds = steps.filter(({ type }) => type === "warning").length;
    expect(result.usage.requests).toBe(9 + rounds * attempts);
    const paid = code === "stream_incomplete" ? 0 : 5 * rounds;
    expect(result.cost).toMatchObject({ ticks: 9 + paid });
  });

  it("is not asked for again in each turn", async () => {
    const { steps } = await reading({ summary: () => ({ text: "" }) }, ["summary"] as never);
    expect(steps.map(({ turn }) => turn)).toEqual([6]);
  });

  it("over HTTP leaves the run as it was, whatever the server says", async () => {
    await using simulator = await archive(12, { refuseCompactions: [400, 500, 500, 500] });
    const { result, record } = await readAll(
      simulator,
      { methods: ["xai", "summary"] },
      {
        retry: { baseMs: 1 },
      },
    );
    expect(result.status).toBe("completed");
    const steps = record.filter(({ step }) => step?.startsWith("compact:"));
    expect(told(steps)).toEqual([
      "warning compact:6.xai",
      "context.compacted compact:6.summary",
      "context.compacted compact:9.summary",
      "turn.retrying compact:12.xai",
      "turn.retrying compact:12.xai",
      "warning compact:12.xai",
      "context.compacted compact:12.summary",
    ]);
    expect(result.warnings.map(({ code }) => code)).toEqual(["compaction_failed", "compaction_failed"]);
  });

  it("because the run was cancelled is no failure of it", async () => {
    const controller = new AbortController();
    const summary = () => {
      queueMicrotask(() => controller.abort("enough"));
      return { text: "x", hang: true };
    };
    const model = roomyModel(turns, { contextWindow: 24_000, summary });
    const agent = createAgent({ name: "t", model, tools: [readPage], context: { methods: ["summary"] } });
    const run = agent.stream("go", { signal: controller.signal });
    expect(await run.result()).toMatchObject({ status: "cancelled", reason: "enough", warnings: [] });
    expect(checkEvents(run.record)).toEqual([]);
  });
});
