// A conversation of which nobody knew that it was too long: the server says so, and the turn is tried again once.
import { type ContextPolicy, createAgent, type StoredEvent } from "fairwitness";
import { startScript } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { archive, readAll, readPage, smallModels, WINDOW } from "./support.ts";

/** The agent believes in a window that the server does not have. */
async function surprised(context: ContextPolicy | false | undefined) {
  await using simulator = await archive(12, { models: smallModels() });
  const played = await readAll(simulator, context, { model: simulator.model("grok-4.7", { contextWindow: 500_000 }) });
  return { ...played, requests: simulator.requests };
}

const names = (events: readonly StoredEvent[]): readonly string[] =>
  events.map(({ type, step = "" }) => `${type} ${step}`);

describe("a turn that the server refuses as too long", () => {
  it.each(["tool_outputs", "xai", "summary"] as const)("is tried again, shorter by %s (row 111)", async (method) => {
    const { result, record, requests } = await surprised({ methods: [method] });
    expect(result).toMatchObject({ status: "completed", text: "All 12 pages are read.", warnings: [] });
    const refused = requests.filter(({ status }) => status === 400);
    expect(refused.length).toBeGreaterThan(0);
    const told = names(record);
    const at = told.findIndex((name) => name.startsWith("context.compacted"));
    expect(told.slice(at - 1, at + 3)).toEqual([
      "turn.started turn:7",
      `context.compacted compact:7.${method}.2`,
      "turn.retrying model:7",
      "tool.started model:7",
    ]);
    expect(told.filter((name) => name.startsWith("turn.retrying"))).toHaveLength(refused.length);
  });

  it("has the server's numbers on the record", async () => {
    const { record } = await surprised(undefined);
    const refusal = record.find((event) => event.type === "turn.retrying");
    const compacted = record.find((event) => event.type === "context.compacted");
    const [, tokens] = /contains (\d+) tokens/.exec(refusal?.error.message ?? "") ?? [];
    expect(compacted?.beforeTokens).toBe(Number(tokens));
    expect(compacted?.afterTokens).toBeLessThan(0.8 * WINDOW);
  });

  it("fails when it does not fit for the second time, and says what is left to do", async () => {
    // One turn with more than the model takes: the last turns are never touched.
    const calls = [1, 2, 3, 4, 5, 6].map((page) => ({ name: "read_page", arguments: { page } }));
    await using simulator = await startScript([{ toolCalls: calls }, { text: "Done." }], { models: smallModels() });
    const agent = createAgent({
      name: "reader",
      model: simulator.model(),
      tools: [readPage],
      context: { methods: ["tool_outputs", "xai", "summary"] },
    });
    const result = await agent.run("Read.", { reject: false });
    expect(result).toMatchObject({ status: "failed", error: { code: "context_overflow" }, warnings: [] });
    expect(result.status === "failed" && result.error.message).toContain("lower context.keepTurns (2)");
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 400]);
  });

  it("is not tried again where xAI had called an MCP server in it", async () => {
    // TODO
  });
});
