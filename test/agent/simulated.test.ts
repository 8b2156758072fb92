import { createAgent, createClient, defineTool, type RunEvent, type StoredEvent } from "fairwitness";
import { startSimulator } from "fairwitness/sim";
import { checkEvents, expectRun, startScript } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const getWeather = defineTool({
  name: "get_weather",
  description: "Current weather in a city.",
  input: z.object({ city: z.string(), unit: z.enum(["celsius", "fahrenheit"]).default("celsius") }),
  effect: "read",
  execute: ({ city, unit }) => ({ city, temperature: 20, unit }),
});

const twoCities = {
  toolCalls: [
    { name: "get_weather", arguments: { city: "Lisbon" } },
    { name: "get_weather", arguments: { city: "Oslo" } },
  ],
};

function completedTurns(record: readonly StoredEvent[]) {
  return record.filter((event) => event.type === "turn.completed");
}

describe("an agent over HTTP", () => {
  it("calls two tools at once, answers from both, and the record says who did what on which model", async () => {
    await using simulator = await startScript([
      twoCities,
      { text: "20 degrees in both.", reasoning: "easy", serviceTier: "default" },
    ]);
    const run = createAgent({ name: "a", model: simulator.model(), tools: [getWeather] }).stream("Lisbon and Oslo?");
    const events: RunEvent[] = [];
    for await (const event of run) events.push(event);
    expect(checkEvents(events)).toEqual([]);
    expectRun(run)
      .completed()
      .called("get_weather", { city: "Oslo" })
      .calledTimes("get_weather", 2)
      .answered("20 degrees");
    const last = completedTurns(run.record).at(-1);
    expect(last).toMatchObject({
      requestedModel: "grok-4.7",
      servedModel: "grok-4.7",
      serviceTier: "default",
      simulated: true,
      requestId: expect.stringContaining("sim"),
      systemFingerprint: expect.stringContaining("sim_"),
      responseId: expect.any(String),
      message: { reasoning: "easy" },
      cost: { basis: "estimated", ticks: expect.any(Number) },
    });
    const result = await run.result();
    expect(result.simulated).toBe(true);
    expect(result.usage.requests).toBe(2);
    expect(result.usage.unreported).toBe(0);
    simulator.assertComplete();
  });

  it("sends bodies whose messages begin like those of the turn before, and one conversation id", async () => {
    await using simulator = await startScript([twoCities, twoCities, { text: "done" }]);
    await createAgent({ name: "a", model: simulator.model(), tools: [getWeather] }).run("go", {
      conversation: "conv-7",
    });
    const sent = simulator.requests.map(({ body }) => JSON.stringify((body as { messages: unknown }).messages));
    expect(sent).toHaveLength(3);
    for (let n = 1; n < sent.length; n += 1)
      expect(sent[n]?.startsWith(sent[n - 1]?.slice(0, -1) ?? "none")).toBe(true);
    expect(new Set(simulator.requests.map((request) => request.headers["x-grok-conv-id"]))).toEqual(
      new Set(["conv-7"]),
    );
    expect(new Set(simulator.requests.map((request) => request.headers["x-client-request-id"])).size).toBe(3);
  });

  it("sends nothing that was not set, and a forced tool choice in the first turn only", async () => {
    await using simulator = await startScript([twoCities, { text: "done" }, { text: "plain" }]);
    const agent = createAgent({ name: "a", model: simulator.model(), tools: [getWeather] });
    await agent.run("go", { settings: { toolChoice: "required", temperature: 0.5, maxOutputTokens: 50, user: "u" } });
    await agent.run("go");
    const [first, second, third] = simulator.requests.map((request) => request.body as Record<string, unknown>);
    expect(first).toMatchObject({ tool_choice: "required", temperature: 0.5, max_completion_tokens: 50, user: "u" });
    expect(second).not.toHaveProperty("tool_choice");
    expect(second).toMatchObject({ temperature: 0.5 });
    expect(Object.keys(third ?? {}).sort()).toEqual(["messages", "model", "stream", "stream_options", "tools"]);
  });

  it("continues from the messages of an earlier run, with its reasoning sent back as it came", async () => {
    await using simulator = await startScript([
      { ...twoCities, reasoning: "look it up" },
      { text: "20." },
      { text: "Still 20." },
    ]);
    const agent = createAgent({ name: "a", model: simulator.model(), tools: [getWeather], instructions: "Be brief." });
    const first = await agent.run("weather?");
    const second = await agent.run("and now?", { messages: first.messages });
    expect(second.text).toBe("Still 20.");
    const sent = (simulator.requests[2]?.body as { messages?: Record<string, unknown>[] } | undefined)?.messages ?? [];
    expect(sent.map((message) => message.role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "tool",
      "assistant",
      "user",
    ]);
    expect(sent[2]).toMatchObject({ content: "", reasoning_content: "look it up" });
  });

  it("asks a function for its instructions once a run, and records what it said", async () => {
    await using simulator = await startScript([twoCities, { text: "done" }]);
    let asked = 0;
    const agent = createAgent({
      name: "a",
      model: simulator.model(),
      tools: [getWeather],
      instructions: async () => `Asked ${++asked} times.`,
    });
    const run = agent.stream("go");
    await run.result();
    expect(asked).toBe(1);
    expect(run.record[0]).toMatchObject({
      type: "run.started",
      instructions: "Asked 1 times.",
      messages: [{ role: "user" }],
    });
  });

  it("fails with what the instructions threw, and has a record of it", async () => {
    const boom = new Error("no database");
    const agent = createAgent({ name: "a", model: "grok-4.7", instructions: () => Promise.reject(boom) });
    await expect(agent.run("go")).rejects.toMatchObject({
      cause: boom,
      message: expect.stringContaining("no database"),
    });
  });

  it.each([
    ["a reset in the text", { text: "half of it", cut: { afterBytes: 600, how: "reset" } }, "connection_failed"],
    ["a clean end in the text", { text: "half of it", cut: { afterBytes: 600 } }, "stream_incomplete"],
    ["an error event", { text: "half", errorEvent: { afterChunks: 1 } }, undefined],
    ["a 503", { status: 503 }, undefined],
    ["a 200 with an error body", { json200Error: true }, undefined],
  ] as const)("gets over %s by another attempt, and counts it", async (_, fault, code) => {
    await using simulator = await startScript([fault, { text: "All of it." }]);
    const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
    const agent = createAgent({ name: "a", model: client.model("grok-4.7"), runtime: { random: () => 0 } });
    const run = agent.stream("go");
    const result = await run.result();
    expectRun(run).answered("All of it.");
    expect(result.usage).toMatchObject({ requests: 2, unreported: 1 });
    const retrying = run.record.find((event) => event.type === "turn.retrying");
    expect(retrying).toMatchObject({ error: { code: code ?? expect.any(String) } });
  });

  it("narrows events to its tool, and only events with arguments that fit", async () => {
    await using simulator = await startScript([
      {
        toolCalls: [
          { name: "get_weather", arguments: { city: "Oslo" } },
          { name: "get_weather", arguments: { town: 1 } },
        ],
      },
      { text: "done" },
    ]);
    const run = createAgent({ name: "a", model: simulator.model(), tools: [getWeather] }).stream("go");
    const cities: string[] = [];
    const outputs: unknown[] = [];
    for await (const event of run) {
      if (event.type === "tool.input" && getWeather.is(event)) cities.push(event.call.input.city);
      if (event.type === "tool.completed" && getWeather.is(event)) outputs.push(event.output.temperature);
    }
    expect(cities).toEqual(["Oslo"]);
    expect(outputs).toEqual([20]);
  });

  it("without a script is answered by the planner, from what the tools returned", async () => {
    await using simulator = await startSimulator();
    const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
    const run = createAgent({ name: "a", model: client.model("grok-4.7"), tools: [getWeather] }).stream(
      "What is the weather in Lisbon and in Oslo?",
    );
    await run.result();
    expectRun(run)
      .called("get_weather", { city: "Lisbon" })
      .called("get_weather", { city: "Oslo" })
      .answered(/Lisbon.*20[\s\S]*Oslo.*20/);
  });
});
