import { AgentError, createAgent, createClient, defineTool, RunError } from "fairwitness";
import { startSimulator } from "fairwitness/sim";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { scriptedModel } from "../support/scripted-model.ts";

const model = scriptedModel([{ text: "ok" }]);
const thrown = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("an agent built wrong says so when it is built", () => {
  it.each([
    ["without a name", { model }, "needs a name"],
    ["without a model", { name: "a" }, 'needs a model: a name such as "grok-4.7"'],
    ["with limits.turns 0", { name: "a", model, limits: { turns: 0 } }, "limits.turns"],
    ["with an unknown limit", { name: "a", model, limits: { steps: 3 } }, '"steps". It takes: turns, toolCalls, '],
    ["with a habit of another framework", { name: "a", model, system: "hi" }, "Use instructions"],
    ["with maxSteps", { name: "a", model, maxSteps: 3 }, "Use limits.turns"],
    ["with a tool that is not one", { name: "a", model, tools: [{ name: "x" }] }, "defineTool"],
    ["with nothing", undefined, "object of options"],
    ["with instructions that are a number", { name: "a", model, instructions: 5 }, "instructions is a text"],
    ["with tools that are no list", { name: "a", model, tools: {} }, "tools is a list"],
    ["with a folder for a store", { name: "a", model, store: ".fairwitness" }, "store has no append, read, list"],
    ["with a store that cannot read", { name: "a", model, store: { append() {}, list() {} } }, "store has no read."],
  ])("%s", (_, options, text) => {
    const error = thrown(() => createAgent(options as never));
    expect(error).toBeInstanceOf(AgentError);
    expect((error as AgentError).message).toContain(text);
  });

  it("with two tools of one name", () => {
    const tool = (): ReturnType<typeof defineTool> =>
      defineTool({ name: "same", description: "d", input: z.object({}), execute: () => 1 });
    expect(thrown(() => createAgent({ name: "a", model, tools: [tool(), tool()] }))).toMatchObject({
      code: "duplicate_tool",
      message: expect.stringContaining("same"),
    });
  });

  it("with a setting that the model refuses", () => {
    expect(thrown(() => createAgent({ name: "a", model: "grok-4.7", settings: { stop: ["x"] } }))).toMatchObject({
      code: "unsupported_setting",
      message: expect.stringMatching(/grok-4\.7.*stop|stop.*grok-4\.7/),
    });
  });

  it("with a schema that converts to nothing", () => {
    expect(
      thrown(() => defineTool({ name: "x", description: "d", input: z.string() as never, execute: () => 1 })),
    ).toMatchObject({
      code: expect.stringMatching(/invalid_(schema|tool)/),
      message: expect.stringContaining("object"),
    });
  });

  it.each(["parameters", "inputSchema"])("with %s passed for input", (key) => {
    const error = thrown(() =>
      defineTool({ name: "x", description: "d", [key]: z.object({}), execute: () => 1 } as never),
    );
    expect(error).toMatchObject({
      code: "invalid_tool",
      message: expect.stringMatching(new RegExp(`${key}.*input`, "s")),
    });
  });
});

describe("a run asked for wrong", () => {
  const agent = createAgent({ name: "a", model });
  it("with an unknown option names the right one", () => {
    expect(thrown(() => agent.stream("hi", { abortSignal: undefined } as never))).toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining("Use signal"),
    });
  });

  it.each([
    ["nothing", undefined, undefined, /input.* is undefined/],
    ["a number", 5, undefined, /input.* is a number/],
    ["an object that is no message", {}, undefined, /^input has the role undefined/],
    [
      "a part for a message",
      { type: "image", url: "https://a.b/c.png" },
      undefined,
      /^input is a part.*content: \[part\]/,
    ],
    ["parts for messages", [{ type: "text", text: "x" }], undefined, /^input\[0\] is a part.*content: \[part\]/],
    ["no options but null", "hi", null, /options, not null/],
    ["a controller for a signal", "hi", { signal: new AbortController() }, /controller\.signal/],
    ["messages that are a text", "hi", { messages: "foo" }, /messages is "foo"/],
    ["a hole in its messages", "hi", { messages: [null] }, /messages\[0\] is null/],
    [
      "chat-completions JSON",
      "hi",
      { messages: [{ role: "assistant", content: "", tool_calls: [] }] },
      /fromChatMessages/,
    ],
    [
      "a message without content",
      "hi",
      { messages: [{ role: "user", content: "" }] },
      /messages\[0\]\.content is empty/,
    ],
  ])("with %s says so at once", (_, input, options, message) => {
    const error = thrown(() => agent.stream(input as never, options as never));
    expect(error).toBeInstanceOf(AgentError);
    expect((error as AgentError).message).toMatch(message);
  });

  it("to steer with something that is no message rejects that promise alone", async () => {
    const run = createAgent({ name: "a", model: scriptedModel([{ text: "ok" }]) }).stream("hi");
    await expect(run.steer(undefined as never)).rejects.toMatchObject({ code: "invalid_message" });
    await expect(run.followUp({ role: "user", content: "" })).rejects.toMatchObject({ code: "invalid_message" });
    await expect(run.steer({ role: "system", content: "x" } as never)).rejects.toMatchObject({
      code: "invalid_message",
    });
    expect((await run.result()).status).toBe("completed");
  });

  it("with an empty input is refused", () => {
    expect(thrown(() => agent.stream(""))).toMatchObject({ code: "invalid_option" });
  });

  it("and read twice is a typed error that names the other ways to read", async () => {
    const run = agent.stream("hi");
    await run.result();
    for await (const _ of run) break;
    expect(thrown(() => run[Symbol.asyncIterator]())).toMatchObject({
      code: "already_read",
      message: expect.stringContaining("run.events()"),
    });
  });
});

describe("a server that refuses", () => {
  let simulator: Awaited<ReturnType<typeof startSimulator>>;
  beforeAll(async () => {
    simulator = await startSimulator({ script: () => ({ text: "ok" }) });
  });
  afterAll(() => simulator.close());

  const failure = async (options: { apiKey?: string; model?: string }): Promise<RunError> => {
    const client = createClient({ apiKey: options.apiKey ?? simulator.apiKey, baseURL: simulator.url });
    const error = await createAgent({ name: "a", model: client.model(options.model ?? "grok-4.7") })
      .run("hi")
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RunError);
    return error as RunError;
  };

  it("a wrong key is told with what to do, and the key is not in the message", async () => {
    const error = await failure({ apiKey: "sim_wrong_key_1234" });
    expect(error.code).toBe("invalid_key");
    expect(error.message).toContain("XAI_API_KEY");
    expect(JSON.stringify(error) + error.message).not.toContain("sim_wrong_key_1234");
  });

  it("a wrong model is told with its name", async () => {
    const error = await failure({ model: "grok-99" });
    expect(error).toMatchObject({ code: "not_found", message: expect.stringContaining("grok-99") });
  });

  it("no key at all is told before anything is sent", async () => {
    vi.stubEnv("XAI_API_KEY", "");
    vi.stubEnv("XAI_BASE_URL", simulator.url);
    const before = simulator.requests.length;
    const error = await createAgent({ name: "a", model: "grok-4.7" })
      .run("hi")
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "no_api_key", message: expect.stringContaining("XAI_API_KEY") });
    expect((error as RunError).result.usage.requests).toBe(0);
    expect(simulator.requests.length).toBe(before);
    vi.unstubAllEnvs();
  });
});

describe("a simulator", () => {
  it("is told of in runs that it made fail, and in runs that were cancelled while it answered", async () => {
    const failing = await startSimulator({ script: [{ status: 403 }, { text: "a b c", chunkDelayMs: 20 }] });
    const client = createClient({ apiKey: failing.apiKey, baseURL: failing.url });
    const agent = createAgent({ name: "a", model: client.model("grok-4.7") });
    expect(await agent.run("hi", { reject: false })).toMatchObject({ status: "failed", simulated: true });
    const run = agent.stream("hi");
    for await (const event of run) if (event.type === "text.delta") break;
    expect(await run.result()).toMatchObject({ status: "cancelled", simulated: true });
    await failing.close();
  });
});

describe("a handler", () => {
  it("that returns a cyclic object is told to the model as having run", async () => {
    const cyclic = defineTool({
      name: "cyclic",
      description: "d",
      input: z.object({}),
      execute: () => {
        const value: Record<string, unknown> = {};
        value.self = value;
        return value;
      },
    });
    const scripted = scriptedModel([{ calls: [{ tool: "cyclic", arguments: "{}" }] }, { text: "done" }]);
    const result = await createAgent({ name: "a", model: scripted, tools: [cyclic] }).run("go");
    expect(result.toolCalls[0]).toMatchObject({ outcome: "error", begun: true });
    expect(result.toolCalls[0]?.content).toContain("cyclic");
  });
});
