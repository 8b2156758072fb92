import { createAgent, createClient, defineTool, type RunEvent, webSearch } from "fairwitness";
import { checkEvents, type SimTurn, startScript } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const getWeather = defineTool({
  name: "get_weather",
  description: "Current weather in a city.",
  input: z.object({ city: z.string() }),
  effect: "read",
  execute: ({ city }) => ({ city, celsius: 20 }),
});
const weather: SimTurn = { toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }] };
const searched: SimTurn = {
  reasoningEncrypted: true,
  reasoning: "look around",
  serverTools: [{ kind: "web_search", input: { query: "Oslo" }, sources: ["https://example.com/Oslo"], interleave: 1 }],
  ...weather,
};
const answer: SimTurn = { text: "As far as I got: 20 degrees." };

interface Body {
  tools?: readonly { type?: string; name?: string; function?: { name: string } }[];
  tool_choice?: unknown;
  max_turns?: number;
  include?: readonly string[];
  input?: readonly { type?: string }[];
}

async function collect(run: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  return events;
}

describe("a last turn on the wire", () => {
  it.each(["chat", "responses"] as const)("over %s declares the functions as before, and forbids them", async (api) => {
    await using simulator = await startScript([weather, answer]);
    const model = simulator.model("grok-4.7", { api });
    const agent = createAgent({ name: "t", model, tools: [getWeather], onLimit: "answer", limits: { turns: 1 } });
    const run = agent.stream("Oslo?");
    const events = await collect(run);
    expect(await run.result()).toMatchObject({ status: "limited", answered: true, text: answer.text });
    const [first, last] = simulator.requests.map(({ body }) => body as Body);
    expect(last?.tools).toEqual(first?.tools);
    expect(last?.tool_choice).toBe("none");
    expect(events.map(({ type }) => type)).not.toContain("cache.missed");
    simulator.assertComplete();
  });

  it("over the Messages protocol offers xAI nothing, which has no word for it", async () => {
    await using simulator = await startScript([weather, answer]);
    const model = simulator.model("grok-4.7", { api: "messages" });
    const agent = createAgent({ name: "t", model, tools: [getWeather], onLimit: "answer", limits: { turns: 1 } });
    expect(await agent.run("Oslo?", { reject: false })).toMatchObject({ status: "limited", answered: true });
    const last = simulator.requests[1]?.body as Body;
    expect([last.tools, last.tool_choice]).toEqual([undefined, undefined]);
  });

  it("stays on the Responses API with what was found there, and offers nothing that xAI would run", async () => {
    await using simulator = await startScript([searched, answer]);
    const agent = createAgent({
      name: "t",
      model: simulator.model(),
      tools: [getWeather, webSearch()],
      onLimit: "answer",
      limits: { turns: 1, serverTurns: 9 },
    });
    const run = agent.stream("Oslo?");
    const events = await collect(run);
    expect(await run.result()).toMatchObject({ status: "limited", answered: true, text: answer.text });
    expect(events.filter(({ type }) => type === "cache.missed")).toMatchObject([{ turn: 2 }]); // other tools than before
    const [first, last] = simulator.requests;
    expect(last?.path).toBe(first?.path);
    const [before, body] = [first?.body as Body, last?.body as Body];
    expect(before.tools?.map(({ type }) => type)).toEqual(["function", "web_search"]);
    expect(body.tools?.map(({ type }) => type)).toEqual(["function"]);
    expect([body.tool_choice, body.max_turns]).toEqual(["none", undefined]);
    expect(body.input?.map(({ type }) => type)).toContain("web_search_call"); // the work is in the history
  });

  it("without functions says nothing of tools at all", async () => {
    await using simulator = await startScript([answer]);
    const agent = createAgent({
      name: "t",
      model: simulator.model(),
      tools: [webSearch()],
      settings: { maxOutputTokens: 500 },
      limits: { costUsd: 0.05, serverTurns: 3 }, // no room for three full contexts, and for one answer
      onLimit: "answer",
    });
    expect(await agent.run("Oslo?", { reject: false })).toMatchObject({ limit: "costUsd", answered: true, turns: 1 });
    const body = simulator.requests[0]?.body as Body;
    expect([body.tools, body.tool_choice, body.max_turns]).toEqual([undefined, undefined, undefined]);
  });

  it("chains on what is stored at xAI as any other", async () => {
    await using simulator = await startScript([searched, answer]);
    const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
    const model = client.chainedModel("grok-4.7");
    const tools = [getWeather, webSearch()];
    const agent = createAgent({ name: "t", model, tools, onLimit: "answer", limits: { turns: 1 } });
    expect(await agent.run("Oslo?", { reject: false })).toMatchObject({ answered: true, text: answer.text });
    const last = simulator.requests[1]?.body as Body & { previous_response_id?: string };
    expect(last.previous_response_id).toEqual(expect.any(String));
    expect(last.input?.map(({ type }) => type ?? "message")).toEqual(["function_call_output", "message"]);
  });
});

describe("a reply that is told to be none, on the wire", () => {
  it.each([
    ["chat", "an empty one", { reasoning: "Hm." }, "Your last reply was empty"],
    ["responses", "an empty one", { reasoning: "Hm.", reasoningEncrypted: true }, "Your last reply was empty"],
    ["messages", "an empty one", {}, "Your last reply was empty"],
    [
      "chat",
      "a call as text",
      { text: '<tool_call>{"name": "get_weather"}</tool_call>' },
      "looks like a call of get_weather",
    ],
    [
      "messages",
      "a call as text",
      { text: '{"name":"get_weather","arguments":{}}' },
      "looks like a call of get_weather",
    ],
  ] as const)("over %s, %s, makes a conversation that xAI takes (row 81)", async (api, _, reply: SimTurn, words) => {
    await using simulator = await startScript([reply, answer]);
    const model = simulator.model("grok-4.7", { api });
    const agent = createAgent({ name: "t", model, tools: [getWeather], loopDetector: { emptyReply: "ask" } });
    const run = agent.stream("Oslo?");
    await collect(run);
    expect(await run.result()).toMatchObject({ status: "completed", text: answer.text, turns: 2 });
    expect(JSON.stringify(simulator.requests[1]?.body)).toContain(words);
    simulator.assertComplete();
  });
});
