import {
  createAgent,
  createClient,
  defineTool,
  foldResult,
  formatEvent,
  parseRecord,
  RunError,
  type RunEvent,
  webSearch,
} from "fairwitness";
import { checkEvents, expectRun, type SimTurn, startScript } from "fairwitness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fakeClock } from "../support/fake-clock.ts";
import { type ScriptedAttempt, scriptedModel } from "../support/scripted-model.ts";

const forecast = z.object({ city: z.string(), celsius: z.number().max(60) });
const good = '{"city":"Oslo","celsius":4}';
const hot = '{"city":"Oslo","celsius":400}';

const getWeather = defineTool({
  name: "get_weather",
  description: "Current weather in a city.",
  input: z.object({ city: z.string() }),
  effect: "read",
  execute: ({ city }) => ({ city, celsius: 4 }),
});

async function collect(run: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  return events;
}

const agentOf = (attempts: readonly ScriptedAttempt[], more: object = {}) => {
  const model = scriptedModel(attempts);
  return { model, agent: createAgent({ name: "t", model, output: forecast, runtime: { random: () => 0 }, ...more }) };
};

describe("an agent with output", () => {
  it("completes with the answer as the schema gives it out", async () => {
    const { agent, model } = agentOf([{ text: good }]);
    const run = agent.stream("Oslo?");
    const events = await collect(run);
    expect(events.find((event) => event.type === "turn.completed")).toMatchObject({
      output: { city: "Oslo", celsius: 4 },
    });
    expect(events.at(-1)).toMatchObject({ type: "run.completed", text: good, output: { city: "Oslo", celsius: 4 } });
    const result = await agentOf([{ text: good }]).agent.run("Oslo?");
    expect(result.output.celsius).toBe(4);
    expect(model.requests[0]?.output).toMatchObject({ name: "answer", schema: { required: ["city", "celsius"] } });
  });

  it("tells the model why an answer does not fit, and takes the next that does", async () => {
    const { agent, model } = agentOf([{ text: "It is 4." }, { text: hot }, { text: good }]);
    const run = agent.stream("Oslo?");
    const events = await collect(run);
    expect(await run.result()).toMatchObject({ status: "completed", output: { celsius: 4 }, turns: 3 });
    const told = events.flatMap((event) => (event.type === "input.injected" ? [event] : []));
    expect(told.map(({ as, step, turn }) => [as, step, turn])).toEqual([
      ["correction", "turn:2", 2],
      ["correction", "turn:3", 3],
    ]);
    expect(model.seen[2]?.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant", "user"]);
    expect(model.seen[1]?.at(-1)?.content).toContain("not JSON");
    expect(model.seen[2]?.at(-1)?.content).toMatch(/- celsius: .*60/);
    expect(
      events.filter((event) => event.type === "turn.completed").map((event) => event.outputIssues?.length),
    ).toEqual([1, 1, undefined]);
  });

  it.each([
    [0, 1],
    [2, 3],
  ])("fails as invalid_output when %i corrections in a row were in vain", async (correctionBudget, turns) => {
    const { agent } = agentOf(
      Array.from({ length: 5 }, () => ({ text: hot })),
      { correctionBudget },
    );
    const error = await agent.run("Oslo?").catch((thrown: unknown) => thrown);
    if (!(error instanceof RunError)) throw error;
    expect(error.code).toBe("invalid_output");
    expect(error.message).toMatch(/celsius: .*60/);
    expect(error.result).toMatchObject({ status: "failed", text: hot, turns });
    expect(error.result).not.toHaveProperty("output");
  });

  it("counts failing calls and answers that do not fit in one row, and a fitting answer ends the row", async () => {
    const bad = { calls: [{ tool: "get_weather", arguments: "{}" }] };
    const inRow = agentOf([bad, { text: hot }, { text: hot }], { tools: [getWeather] });
    await expect(inRow.agent.run("go")).rejects.toMatchObject({ code: "invalid_output" });
    const calls = agentOf([{ text: hot }, { text: hot }, bad], { tools: [getWeather] });
    await expect(calls.agent.run("go")).rejects.toMatchObject({ code: "corrections_exhausted" });

    const { agent } = agentOf([{ text: hot }, { text: hot }, { text: good }, { text: hot }, { text: good }]);
    const run = agent.stream("go");
    void run.followUp("And tomorrow?");
    await collect(run);
    expectRun(run).completed();
  });

  it.each([
    ["length", "output_truncated"],
    ["content_filter", "content_filtered"],
    ["refusal", "refused"],
  ] as const)("is %s: an answer cut short is never taken, even where its JSON fits", async (finishReason, code) => {
    const { agent, model } = agentOf([{ text: good, finishReason }]);
    const run = agent.stream("Oslo?");
    const events = await collect(run);
    expect(await run.result()).toMatchObject({ status: "failed", error: { code } });
    expect(events.find((event) => event.type === "turn.completed")).not.toHaveProperty("output");
    expect(model.seen).toHaveLength(1);
  });

  it("takes a fitting answer that ended for a reason we do not know, with the warning", async () => {
    const { agent } = agentOf([{ text: good, finishReason: "other" }]);
    const result = await agent.run("Oslo?");
    expect(result.output.city).toBe("Oslo");
    expect(result.warnings.map(({ code }) => code)).toEqual(["finish_reason"]);
    await expect(agentOf([{ text: "" }]).agent.run("Oslo?")).rejects.toMatchObject({ code: "empty_answer" });
  });

  it("does not check what the model says beside its calls", async () => {
    const { agent } = agentOf(
      [{ text: "Let me look.", calls: [{ tool: "get_weather", arguments: '{"city":"Oslo"}' }] }, { text: good }],
      { tools: [getWeather] },
    );
    expect(await agent.run("Oslo?")).toMatchObject({ output: { celsius: 4 }, turns: 2 });
  });

  it("has the last fitting answer as output when somebody had more to say", async () => {
    const second = '{"city":"Bergen","celsius":7}';
    const { agent, model } = agentOf([{ text: good }, { text: hot }, { text: second }]);
    const run = agent.stream("Oslo?");
    const delivered = run.followUp("And Bergen?");
    expect(await run.result()).toMatchObject({ status: "completed", text: second, output: { city: "Bergen" } });
    expect(await delivered).toEqual({ status: "delivered", turn: 2 });
    expect(model.seen).toHaveLength(3);
  });

  it("keeps a fitting answer when a limit leaves no room for what follows", async () => {
    const { agent } = agentOf([{ text: good }], { limits: { turns: 1 } });
    const run = agent.stream("Oslo?");
    const delivered = run.followUp("And Bergen?");
    expect(await run.result()).toMatchObject({ status: "completed", output: { city: "Oslo" } });
    expect(await delivered).toEqual({ status: "ended" });
  });

  it("says the correction first where somebody steers meanwhile, and stops at a limit", async () => {
    const model = scriptedModel((n) => {
      if (n === 0) void run.steer("In Norway.");
      return { text: n === 0 ? hot : good };
    });
    const run = createAgent({ name: "t", model, output: forecast }).stream("Oslo?");
    await run.result();
    expect(model.seen.at(-1)?.map(({ content }) => content)).toEqual([
      "Oslo?",
      hot,
      expect.stringContaining("does not fit"),
      "In Norway.",
    ]);
    const limited = agentOf([{ text: hot }], { limits: { turns: 1 } });
    await expect(limited.agent.run("Oslo?")).rejects.toMatchObject({ code: "run_limited" });
  });

  it("folds, replays and comes back from JSON lines the same", async () => {
    const attempts = [{ text: hot }, { text: "half", cut: true }, { text: good }];
    const live = agentOf(attempts).agent.stream("Oslo?");
    await collect(live);
    const twin = agentOf(attempts, { runtime: { alwaysReplay: true, random: () => 0 } }).agent.stream("Oslo?");
    await collect(twin);
    for (const run of [live, twin]) {
      const { events } = parseRecord(run.record.map(formatEvent).join(""));
      expect(events).toEqual(run.record);
      expect(foldResult(events)).toEqual(JSON.parse(JSON.stringify(await run.result())));
      expect(foldResult(events)).toMatchObject({ status: "completed", output: { city: "Oslo", celsius: 4 } });
    }
  });

  it("waits for an asynchronous check, a minute at most", async () => {
    const clock = fakeClock();
    const stuck = forecast.refine(() => new Promise<boolean>(() => {}));
    const agent = createAgent({
      name: "t",
      model: scriptedModel([{ text: good }]),
      output: stuck,
      correctionBudget: 0,
      runtime: { clock },
    });
    const run = agent.stream("Oslo?");
    const result = run.result();
    await clock.pass(60_000);
    expect(await result).toMatchObject({
      error: { code: "invalid_output", message: expect.stringContaining("60000 ms") },
      warnings: [{ code: "check_failed" }],
    });
  });

  it("stops at once when it is cancelled during a check", async () => {
    const asked = Promise.withResolvers<void>();
    const stuck = forecast.refine(() => {
      asked.resolve();
      return new Promise<boolean>(() => {});
    });
    const run = createAgent({ name: "t", model: scriptedModel([{ text: good }]), output: stuck }).stream("Oslo?");
    await asked.promise;
    expect(await run.cancel("enough")).toMatchObject({ status: "cancelled", reason: "enough" });
  });

  it("shows what a broken check threw to whoever wrote it, and not to the model", async () => {
    const broken = forecast.transform(() => {
      throw new Error("s3cret");
    });
    const model = scriptedModel([{ text: good }, { text: good }]);
    const run = createAgent({ name: "t", model, output: broken, correctionBudget: 1 }).stream("Oslo?");
    const result = await run.result();
    expect(result.warnings.at(-1)).toMatchObject({ code: "check_failed", message: expect.stringContaining("s3cret") });
    expect(JSON.stringify(model.seen)).not.toContain("s3cret");
  });

  it("leaves no trace in agents without output", async () => {
    const model = scriptedModel([{ text: "Cold." }]);
    const result = await createAgent({ name: "t", model }).run("Oslo?");
    expect(result).not.toHaveProperty("output");
    expect(result.output).toBeUndefined();
    expect(model.requests[0]).not.toHaveProperty("output");
  });
});

describe("createAgent refuses", () => {
  const make = (options: object) => () => createAgent({ name: "t", model: "grok-4.7", ...options });

  it.each([
    [{ output: null }, "invalid_option", "output is null, and takes a schema"],
    [{ output: "json" }, "invalid_option", "output is a string"],
    [{ output: [forecast] }, "invalid_option", "output is a list"],
    [{ output: { city: z.string() } }, "invalid_schema", "plain object of schemas"],
    [{ output: z.json() }, "invalid_schema", 'createAgent "t": output cannot be sent to xAI'],
    [{ responseFormat: forecast }, "invalid_option", "Use output."],
  ])("%j with a sentence", (options, code, message) => {
    expect(make(options)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  it("a tool that ends the run beside output, since there is no answer to check then", () => {
    const submit = defineTool({
      ...{ name: "submit", description: "Ends." },
      input: forecast,
      endsRun: true,
      execute: () => 1,
    });
    expect(make({ tools: [submit], output: forecast })).toThrow(/its tool submit has endsRun/);
    expect(make({ tools: [submit] })).not.toThrow();
  });

  it("an output of a single run, and says where it belongs", async () => {
    const { agent } = agentOf([{ text: good }]);
    await expect(agent.run("go", { output: forecast } as object)).rejects.toThrow(/Use output of createAgent/);
  });
});

describe("over HTTP, an agent with output", () => {
  const weather: SimTurn = { toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }] };
  const searched: SimTurn = {
    serverTools: [{ kind: "web_search", input: { query: "Oslo" }, sources: ["https://example.com/oslo"] }],
  };

  it("asks chat completions for JSON that fits on every turn, its own tools included", async () => {
    await using simulator = await startScript([weather, { text: hot }, { text: good }]);
    const agent = createAgent({ name: "a", model: simulator.model(), tools: [getWeather], output: forecast });
    expect((await agent.run("Oslo?")).output).toEqual({ city: "Oslo", celsius: 4 });
    const formats = simulator.requests.map(({ body }) => (body as { response_format: unknown }).response_format);
    const schema = expect.objectContaining({ type: "object", required: ["city", "celsius"] });
    expect(formats).toEqual(Array(3).fill({ type: "json_schema", json_schema: { name: "answer", schema } }));
    simulator.assertComplete();
  });

  it.each([false, true])("asks the Responses API beside tools of both sides (chained: %s)", async (chained) => {
    const url = "https://example.com/oslo";
    await using simulator = await startScript([
      { ...searched, ...weather },
      { text: hot },
      { text: good, citations: [{ url }] },
    ]);
    const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url });
    const model = chained ? client.chainedModel("grok-4.7") : client.model("grok-4.7");
    const agent = createAgent({ name: "a", model, tools: [getWeather, webSearch()], output: forecast });
    const run = agent.stream("Oslo?");
    await collect(run);
    expectRun(run).completed().called("get_weather");
    expect(await run.result()).toMatchObject({ output: { city: "Oslo", celsius: 4 } });
    for (const { body } of simulator.requests) {
      const { text, include } = body as { text: unknown; include: string[] };
      expect(text).toMatchObject({ format: { type: "json_schema", name: "answer", schema: { type: "object" } } });
      expect(include).toContain("no_inline_citations");
    }
    simulator.assertComplete();
  });

  it("is truncated or refused as xAI says it", async () => {
    await using simulator = await startScript([
      { text: good, finishReason: "length" },
      { text: good.slice(0, 9), incomplete: "max_output_tokens" },
    ]);
    const options = { name: "a", model: simulator.model(), output: forecast };
    await expect(createAgent(options).run("go")).rejects.toMatchObject({ code: "output_truncated" });
    const searching = createAgent({ ...options, tools: [webSearch()] });
    await expect(searching.run("go")).rejects.toMatchObject({ code: "output_truncated" });
  });
});
