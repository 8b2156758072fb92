import {
  codeExecution,
  createAgent,
  createClient,
  defaultTransport,
  defineTool,
  formatEvent,
  type RunEvent,
  remoteMcp,
  type StoredEvent,
  type Transport,
  webSearch,
  xSearch,
} from "fairwitness";
import { checkEvents, expectRun, type SimTurn, startScript } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const getWeather = defineTool({
  name: "get_weather",
  description: "Current weather in a city.",
  input: z.object({ city: z.string() }),
  effect: "read",
  execute: ({ city }) => ({ city, celsius: 20 }),
});

const mixed = (city: string): SimTurn => ({
  reasoningEncrypted: true,
  reasoning: "look around",
  serverTools: [
    {
      kind: "web_search",
      input: { query: `weather ${city}` },
      sources: [`https://example.com/${city}`],
      interleave: 1,
    },
    {
      kind: "x_search",
      action: "x_keyword_search",
      input: { query: city, limit: 5 },
      sources: ["https://x.com/sim_a/status/1"],
    },
    { kind: "code_execution", input: { code: "print(1)" }, output: "1\n" },
  ],
  toolCalls: [{ name: "get_weather", arguments: { city } }],
});

const answer: SimTurn = {
  text: "It is warm [[1]](https://example.com/Oslo) and people agree [[2]](https://x.com/sim_a/status/1).",
  citations: [{ url: "https://example.com/Oslo" }, { url: "https://x.com/sim_a/status/1" }],
};

async function collect(run: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  return events;
}

const tools = [getWeather, webSearch(), xSearch(), codeExecution()] as const;

describe("an agent with tools on both sides", () => {
  it("has one lifecycle for both, told apart by executor, and dispatches only its own", async () => {
    await using simulator = await startScript([mixed("Oslo"), answer]);
    const run = createAgent({ name: "a", model: simulator.model(), tools }).stream("Oslo?");
    const events = await collect(run);
    const lifecycle = (kind: string): string[] =>
      events.flatMap((event) => ("call" in event && event.call.kind === kind ? [event.type] : []));
    expect(lifecycle("function")).toEqual(["tool.started", "tool.input", "tool.executing", "tool.completed"]);
    expect(lifecycle("x_search").filter((type) => type !== "tool.executing")).toEqual([
      "tool.started",
      "tool.input",
      "tool.completed",
    ]);
    const result = await run.result();
    expect(result.status).toBe("completed");
    const x = result.toolCalls.find((entry) => entry.call.kind === "x_search");
    expect(x).toMatchObject({
      call: { tool: "x_search", action: "x_keyword_search", executor: "server" },
      input: { query: "Oslo", limit: 5 },
      outcome: "ok",
      visibility: "not_disclosed",
    });
    expect(x).not.toHaveProperty("sources");
    const web = result.toolCalls.find((entry) => entry.call.kind === "web_search");
    expect(web?.sources).toMatchObject([{ id: "web:https://example.com/Oslo", type: "web" }]);
    const code = result.toolCalls.find((entry) => entry.call.kind === "code_execution");
    expect(code).toMatchObject({ input: { code: "print(1)" }, visibility: "full" });
    expect(result.usage.serverToolCalls).toBe(3);
    expectRun(run).calledTimes("get_weather", 1);
  });

  it("cites each source once at its place, and says which call found it and how it knows", async () => {
    await using simulator = await startScript([mixed("Oslo"), answer]);
    const run = createAgent({ name: "a", model: simulator.model(), tools }).stream("Oslo?");
    await collect(run);
    const result = await run.result();
    expect(result.citations).toMatchObject([
      { source: { id: "web:https://example.com/Oslo" }, foundBy: [{ basis: "reported" }] },
      { source: { id: "x_post:1", type: "x_post" }, foundBy: [{ basis: "inferred" }] },
    ]);
    for (const { span, source } of result.citations) {
      expect(span).toBeDefined();
      expect(result.text.slice(span?.start, span?.end)).toContain(source.url);
    }
    const ids = result.toolCalls.map((entry) => entry.call.id);
    for (const { foundBy } of result.citations) for (const { callId } of foundBy) expect(ids).toContain(callId);
  });

  it("names no call as the finder where two searches could have been it, or one lists what it found", async () => {
    const search = (sources?: string[]): SimTurn => ({
      serverTools: [
        { kind: "x_search", action: "x_keyword_search", input: { query: "q" }, ...(sources ? { sources } : {}) },
      ],
      toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }],
    });
    const cited: SimTurn = {
      text: "So [[1]](https://x.com/sim_z/status/9).",
      citations: [{ url: "https://x.com/sim_z/status/9" }],
    };
    const foundBy = async (...turns: SimTurn[]): Promise<unknown> => {
      await using simulator = await startScript([...turns, cited]);
      const result = await createAgent({ name: "a", model: simulator.model(), tools }).run("Oslo?");
      return result.citations.map((citation) => citation.foundBy);
    };
    expect(await foundBy(search())).toMatchObject([[{ basis: "inferred" }]]);
    expect(await foundBy(search(), search())).toEqual([[]]);
    const web: SimTurn = {
      ...search(),
      serverTools: [{ kind: "web_search", input: { query: "q" }, sources: ["https://example.com/1"] }],
    };
    const onPage: SimTurn = { text: "So [[1]](https://example.com/2).", citations: [{ url: "https://example.com/2" }] };
    await using simulator = await startScript([web, onPage]);
    const result = await createAgent({ name: "a", model: simulator.model(), tools }).run("Oslo?");
    expect(result.citations[0]?.foundBy).toEqual([]);
  });

  it("keeps apart a call of the server and one of ours that have the same id", async () => {
    const item = {
      type: "custom_tool_call",
      id: "",
      call_id: "call_1",
      name: "x_keyword_search",
      input: "{}",
      status: "completed",
    };
    await using simulator = await startScript([
      {
        serverTools: [{ kind: "item", item }],
        toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" }, id: "call_1" }],
      },
      { text: "done" },
    ]);
    const run = createAgent({ name: "a", model: simulator.model(), tools }).stream("Oslo?");
    await collect(run);
    const { toolCalls, status } = await run.result();
    expect(status).toBe("completed");
    expect(new Set(toolCalls.map((entry) => entry.call.id)).size).toBe(2);
  });

  it.each([
    ["max_output_tokens", "length"],
    ["max_time_limit", "max_time_limit"],
    ["max_prompt_tokens", "max_prompt_tokens"],
  ])("takes no answer that is incomplete for %s as one, and runs none of its calls", async (reason, word) => {
    await using simulator = await startScript([
      { text: "half an ans", toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }], incomplete: reason },
    ]);
    const run = createAgent({ name: "a", model: simulator.model(), tools }).stream("Oslo?");
    const events = await collect(run);
    expect(events.some((event) => event.type === "tool.executing")).toBe(false);
    expect(await run.result()).toMatchObject({
      status: "failed",
      error: { code: "output_truncated", message: expect.stringContaining(`(${word})`) },
    });
  });

  it("lets no key of an MCP server into a record, whatever the server echoes", async () => {
    const keys = { authorization: "Basic bWluZTpzZWNyZXQ=", headers: { "x-k": "HDR-aaaa-bbbb" } };
    const echo = { type: "response.surprise", tools: [{ type: "mcp", ...keys }] };
    await using simulator = await startScript([
      { status: 400, body: { code: "invalid-argument", error: `Bad request: ${JSON.stringify(keys)}` } },
      { text: "ok", unknownEvent: { afterChunks: 1, data: echo } },
    ]);
    const mcp = remoteMcp({ url: "https://mcp.example.com", label: "orders", ...keys });
    const agent = createAgent({ name: "a", model: simulator.model(), tools: [mcp] });
    const failed = agent.stream("hi");
    const whole = agent.stream("hi", { messages: [] });
    await Promise.all([failed.result(), whole.result()]);
    const text = JSON.stringify([failed.record, whole.record]);
    expect(text).toContain("response.surprise");
    expect(text).not.toContain("bWluZTpzZWNyZXQ");
    expect(text).not.toContain("HDR-aaaa");
  });

  it("that a model does not take are refused when it is built", () => {
    expect(() => createAgent({ name: "a", model: "grok-4.20-multi-agent", tools: [getWeather] })).toThrow(
      /multi-agent.*no tools of yours/,
    );
  });

  it("without inline links cites the same sources, at places that are true for the other text", async () => {
    await using simulator = await startScript([mixed("Oslo"), answer]);
    const agent = createAgent({ name: "a", model: simulator.model(), tools, settings: { citations: "annotations" } });
    const result = await agent.run("Oslo?");
    expect(result.text).not.toContain("[[1]]");
    expect(result.citations.map(({ source }) => source.id)).toEqual(["web:https://example.com/Oslo", "x_post:1"]);
    for (const { span } of result.citations)
      if (span !== undefined) expect(span.end).toBeLessThanOrEqual(result.text.length);
  });

  it("shows what the server does while it does it, to a reader of the record as well", async () => {
    const stored: string[] = [];
    const store = {
      append: (_: string, events: readonly StoredEvent[]) => void stored.push(...events.map(formatEvent)),
    };
    await using simulator = await startScript([{ ...mixed("Oslo"), chunkDelayMs: 3 }, answer]);
    const run = createAgent({
      name: "a",
      model: simulator.model(),
      tools,
      store: { ...store, read: () => Promise.reject(), list: () => Promise.reject() },
    }).stream("Oslo?");
    let seenBeforeTurn = 0;
    for await (const event of run) {
      if (event.type === "tool.input" && event.call.executor === "server") {
        expect(stored.at(-1)).toContain('"tool.'); // what the viewer sees is stored already
        seenBeforeTurn += 1;
      }
      if (event.type === "turn.completed") break;
    }
    expect(seenBeforeTurn).toBe(3);
  });

  it("tells when a citation is outside the agent's own search policy", async () => {
    await using simulator = await startScript([{ ...answer }]);
    const agent = createAgent({
      name: "a",
      model: simulator.model(),
      tools: [webSearch({ allowedDomains: ["met.no"] }), xSearch({ excludedHandles: ["sim_a"] })],
    });
    const run = agent.stream("Oslo?");
    const events = await collect(run);
    expect(events.filter((event) => event.type === "policy.violation").map((event) => event.rule)).toEqual([
      "web_search.allowedDomains",
      "x_search.excludedHandles",
    ]);
  });

  it("forced to chat completions is refused when it is built, saying why", () => {
    const client = createClient({ apiKey: "sim_x", baseURL: "http://127.0.0.1:1" });
    const model = client.model("grok-4.7", { api: "chat" });
    expect(() => createAgent({ name: "a", model, tools: [webSearch()] })).toThrow(/web_search.*(Responses|responses)/s);
    expect(() => createAgent({ name: "a", model: "grok-4.7", api: "chat", tools: [webSearch()] })).toThrow(
      /web_search/,
    );
  });

  it("with a setting that the Responses API does not take is refused when it is built", () => {
    expect(() => createAgent({ name: "a", model: "grok-4.7", tools: [webSearch()], settings: { seed: 7 } })).toThrow(
      /seed/,
    );
  });

  it("counts what a failed attempt had used, and says what failed", async () => {
    const failed = { text: "half", failed: { code: "server_error", message: "The model crashed." } };
    await using simulator = await startScript([failed, answer]);
    const agent = createAgent({ name: "a", model: simulator.model(), tools, runtime: { random: () => 0 } });
    const run = agent.stream("Oslo?");
    await collect(run);
    const result = await run.result();
    expect(result).toMatchObject({ status: "completed", usage: { requests: 2, unreported: 0 } });
    const retrying = run.record.find((event) => event.type === "turn.retrying");
    expect(retrying).toMatchObject({
      usage: { outputTokens: expect.any(Number) },
      error: { message: expect.stringContaining("crashed") },
    });
  });

  it("that chains leaves the history with the server and sends only what is new", async () => {
    await using simulator = await startScript([mixed("Oslo"), answer]);
    const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
    const result = await createAgent({ name: "a", model: client.chainedModel("grok-4.7"), tools }).run("Oslo?");
    expect(result.text).toContain("It is warm");
    const [first, second] = simulator.requests.map(
      ({ body }) => body as { store?: boolean; previous_response_id?: string; input: unknown[] },
    );
    expect(first).toMatchObject({ store: true });
    expect(second?.previous_response_id).toEqual(expect.any(String));
    expect(second?.input).toMatchObject([{ type: "function_call_output" }]);
  });

  it("counts the server's turns, tells the server how many are left, and stops at the limit", async () => {
    await using simulator = await startScript([mixed("Oslo"), mixed("Rome"), answer]);
    const agent = createAgent({ name: "a", model: simulator.model(), tools, limits: { serverTurns: 2 } });
    const run = agent.stream("Oslo?");
    await collect(run);
    expect(await run.result()).toMatchObject({ status: "limited", limit: "serverTurns" });
    expect(simulator.requests[0]?.body).toMatchObject({ max_turns: 2 });
  });

  it("stopped by costUsd says so, keeps its work and can go on", async () => {
    await using simulator = await startScript([mixed("Oslo"), answer]);
    const agent = createAgent({ name: "a", model: simulator.model(), tools });
    const run = agent.stream("Oslo?", { limits: { costUsd: 0.000001 } });
    const events = await collect(run);
    const stopped = await run.result();
    expect(stopped).toMatchObject({
      status: "limited",
      limit: "costUsd",
      turns: 1,
      conversation: expect.stringMatching(/^run_/),
    });
    expect(events.slice(-2).map((event) => event.type)).toEqual(["limit.warning", "run.limited"]);
    expect(stopped.toolCalls.filter((entry) => entry.outcome === "ok")).toHaveLength(4);
    const result = await agent.run("Go on.", { messages: stopped.messages });
    expect(result.text).toContain("It is warm");
  });
});

describe("ten turns on both sides, replayed without state at the server,", () => {
  it("send bodies that begin byte for byte like the one before and hold every opaque item once", async () => {
    const cities = Array.from({ length: 9 }, (_, n) => `City${n}`);
    await using simulator = await startScript([...cities.map(mixed), answer]);
    const bodies: string[] = [];
    const plain = defaultTransport();
    const watching: Transport = (request) => {
      if (request.body !== undefined) bodies.push(new TextDecoder().decode(request.body));
      return plain(request);
    };
    const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url, transport: watching });
    const run = createAgent({ name: "a", model: client.model("grok-4.7"), tools, instructions: "Be thorough." }).stream(
      "All of them?",
    );
    await collect(run);
    const result = await run.result();
    expect(result).toMatchObject({ status: "completed", turns: 10 });
    expect(bodies).toHaveLength(10);
    expect(run.record.filter((event) => event.type === "cache.missed" || event.type === "warning")).toEqual([]);
    for (let n = 1; n < bodies.length; n += 1) {
      const before = bodies[n - 1] ?? "";
      const items = JSON.stringify((JSON.parse(before) as { input: unknown }).input).slice(0, -1);
      const end = before.indexOf(items) + items.length;
      expect(end).toBeGreaterThan(items.length); // the items stand in the body as JSON writes them
      expect(bodies[n]?.slice(0, end)).toBe(before.slice(0, end));
    }
    const last = JSON.parse(bodies.at(-1) ?? "{}") as {
      input: { type?: string; encrypted_content?: string; call_id?: string }[];
    };
    const blobs = last.input.flatMap((item) => (item.encrypted_content === undefined ? [] : [item.encrypted_content]));
    expect(blobs).toHaveLength(9);
    expect(new Set(blobs).size).toBe(9);
    expect(last.input.filter((item) => item.type === "function_call_output")).toHaveLength(9);
    expect(last.input.filter((item) => item.type === "custom_tool_call")).toHaveLength(9);
  });
});

describe("one conversation", () => {
  it("goes from chat completions to the Responses API and back", async () => {
    await using simulator = await startScript([
      { toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }], reasoning: "hm" },
      { text: "20 degrees." },
      mixed("Oslo"),
      answer,
      { text: "As I said." },
    ]);
    const chat = createAgent({ name: "a", model: simulator.model(), tools: [getWeather] });
    const searching = createAgent({ name: "b", model: simulator.model(), tools });
    const first = await chat.run("Oslo?", { conversation: "c" });
    const second = await searching.run("What do people say?", { messages: first.messages, conversation: "c" });
    const third = await chat.run("Again?", { messages: second.messages, conversation: "c" });
    expect(third.text).toBe("As I said.");
    expect(simulator.requests.map(({ path }) => path.replace(/^.*\/v1/, ""))).toEqual([
      "/chat/completions",
      "/chat/completions",
      "/responses",
      "/responses",
      "/chat/completions",
    ]);
    const sent = simulator.requests[4]?.body as { messages: { role: string }[] };
    expect(sent.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
      "user",
      "assistant",
      "tool",
      "assistant",
      "user",
    ]);
  });
});

describe("a result", () => {
  it("reports its evidence with footnotes, and is plain data all the same", async () => {
    await using simulator = await startScript([mixed("Oslo"), answer]);
    const result = await createAgent({ name: "a", model: simulator.model(), tools }).run("Oslo?");
    const report = result.report();
    expect(report).toContain("It is warm [^1] and people agree [^2].");
    expect(report).toContain("weather Oslo");
    expect(Object.keys(result)).not.toContain("report");
    expect(() => structuredClone(result)).not.toThrow();
  });

  it("of a run with options that may fail warns of them", async () => {
    await using simulator = await startScript([{ text: "ok" }]);
    const handles = Array.from({ length: 12 }, (_, n) => `user${n}`);
    const agent = createAgent({ name: "a", model: simulator.model(), tools: [xSearch({ allowedHandles: handles })] });
    expect((await agent.run("hi")).warnings).toMatchObject([
      { code: "server_tool", message: expect.stringContaining("10") },
    ]);
  });
});
