import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { type SimTurn, type Simulator, type SimulatorOptions, startSimulator } from "../../src/sim/index.ts";

const MODEL = "claude-3-5-sonnet-latest";
const QUESTION = "What is the weather in Lisbon and in Oslo?";
const PROFILES = ["xai", "proxy"] as const;

const weather = {
  name: "get_weather",
  description: "Current weather in a city.",
  input_schema: { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] },
};

/** The package as it is installed, told nothing but the host's root and the key. */
async function withAnthropic(
  options: SimulatorOptions,
  run: (client: Anthropic, simulator: Simulator) => Promise<void>,
): Promise<void> {
  await using simulator = await startSimulator(options);
  const client = new Anthropic({ baseURL: `${simulator.origin}/`, apiKey: simulator.apiKey, maxRetries: 0 });
  await run(client, simulator);
}

const ask = (content: string): Anthropic.MessageCreateParamsNonStreaming => ({
  model: MODEL,
  max_tokens: 100,
  messages: [{ role: "user", content }],
});

test.each(PROFILES)("on %s the Anthropic package completes and streams", async (profile) => {
  const turn: SimTurn = { reasoning: "I think so.", text: "One two three" };
  await withAnthropic({ profile, script: [turn, turn, turn] }, async (client) => {
    const whole = await client.messages.create(ask("Hello"));
    expect(whole.content.map(({ type }) => type)).toEqual(["thinking", "text"]);
    expect(whole).toMatchObject({ type: "message", role: "assistant", model: MODEL, stop_reason: "end_turn" });
    expect(whole._request_id).toBe("sim_req_0");
    const types = new Set<string>();
    for await (const event of await client.messages.create({ ...ask("Hello"), stream: true })) types.add(event.type);
    expect([...types]).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    const stream = client.messages.stream(ask("Hello"));
    const texts: string[] = [];
    stream.on("text", (delta) => texts.push(delta));
    const final = await stream.finalMessage();
    expect(texts).toEqual(["One", " two", " three"]);
    expect(final.content).toEqual(whole.content);
    expect(final.usage).toEqual(whole.usage);
  });
});

test.each(PROFILES)("on %s the Anthropic package's own tool runner runs to the end", async (profile) => {
  await withAnthropic({ profile }, async (client, simulator) => {
    for (const stream of [false, true]) {
      const cities: string[] = [];
      const runner = client.beta.messages.toolRunner({
        ...ask(QUESTION),
        stream,
        tools: [
          {
            type: "custom",
            ...weather,
            parse: (input: unknown) => input as { city: string }, // as: the simulator's arguments pass the schema
            run: ({ city }: { city: string }) => {
              cities.push(city);
              return JSON.stringify({ city, temperatureC: city === "Oslo" ? 3 : 21 });
            },
          },
        ],
      });
      expect(textOf(await runner.runUntilDone())).toMatch(/Lisbon.*21[\s\S]*Oslo.*3[\s\S]*simulated/);
      expect(cities).toEqual(["Lisbon", "Oslo"]);
    }
    expect(simulator.requests.filter(({ status }) => status === 200)).toHaveLength(4);
  });
});

test.each(PROFILES)("on %s a loop by hand sends back thinking and calls as they came", async (profile) => {
  const script: SimTurn[] = [
    { reasoning: "I need it.", text: "I look.", toolCalls: [{ name: "get_weather", arguments: { city: "Lisbon" } }] },
    { reasoningEncrypted: true, toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }] },
    { text: "Done" },
  ];
  await withAnthropic({ profile, script }, async (client) => {
    const messages: Anthropic.MessageParam[] = [{ role: "user", content: QUESTION }];
    const kinds: string[][] = [];
    for (let turn = 0; turn < 3; turn++) {
      const answer = await client.messages.stream({ ...ask(""), messages, tools: [weather] }).finalMessage();
      kinds.push(answer.content.map(({ type }) => type));
      messages.push({ role: "assistant", content: answer.content });
      const calls = answer.content.filter((block) => block.type === "tool_use");
      const results = calls.map((call) => ({
        type: "tool_result" as const,
        tool_use_id: call.id,
        content: [{ type: "text" as const, text: "21" }],
      }));
      if (results.length > 0) messages.push({ role: "user", content: [...results, { type: "text", text: "And?" }] });
    }
    expect(kinds).toEqual([["thinking", "text", "tool_use"], ["redacted_thinking", "tool_use"], ["text"]]);
  });
});

test.each(PROFILES)("on %s fragments of calls, and calls without arguments, come together", async (profile) => {
  const toolCalls = [
    { name: "a", arguments: { text: "quite a long text" } },
    { name: "b", arguments: {} },
  ];
  await withAnthropic({ profile, script: [{ toolCalls, split: "fragments" }] }, async (client) => {
    const { content, stop_reason } = await client.messages.stream(ask("Hello")).finalMessage();
    expect(content.map((block) => (block.type === "tool_use" ? block.input : undefined))).toEqual([
      { text: "quite a long text" },
      {},
    ]);
    expect(stop_reason).toBe("tool_use");
  });
});

test("a wrong key, an unknown model and a bad request are the package's own errors", async () => {
  await withAnthropic({ profile: "proxy" }, async (client, simulator) => {
    const stranger = new Anthropic({ baseURL: simulator.origin, apiKey: "sim_other", maxRetries: 0 });
    const wrongKey = await stranger.messages.create(ask("Hello")).catch((thrown: unknown) => thrown);
    expect(wrongKey).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(wrongKey).toMatchObject({ status: 401, type: "authentication_error", requestID: "sim_req_0" });
    const unknown = await client.messages.create({ ...ask("Hello"), model: "grok-99" }).catch((thrown) => thrown);
    expect(unknown).toBeInstanceOf(Anthropic.NotFoundError);
    expect(unknown).toMatchObject({ type: "not_found_error", message: expect.stringContaining("grok-99") });
    const bad = await client.messages.create({ ...ask("Hello"), max_tokens: 0 }).catch((thrown) => thrown);
    expect(bad).toMatchObject({ status: 400, type: "invalid_request_error" });
  });
});

test("on xAI a wrong key is 400 and an unknown model 404, in xAI's flat shape", async () => {
  await withAnthropic({}, async (client, simulator) => {
    const stranger = new Anthropic({ baseURL: simulator.origin, apiKey: "sim_other", maxRetries: 0 });
    const wrongKey = await stranger.messages.create(ask("Hello")).catch((thrown: unknown) => thrown);
    expect(wrongKey).toMatchObject({ status: 400, error: { code: "invalid-argument" } });
    const unknown = await client.messages.create({ ...ask("Hello"), model: "grok-99" }).catch((thrown) => thrown);
    expect(unknown).toMatchObject({ status: 404, error: { code: "not-found" } });
  });
});

test("errors in a stream and statuses of a script are the package's own errors", async () => {
  const script: SimTurn[] = [
    { text: "a b c", errorEvent: { afterChunks: 3 } },
    { status: 529 },
    { status: 429, headers: { "retry-after": "1" } },
    { json200Error: true },
  ];
  await withAnthropic({ profile: "proxy", script }, async (client) => {
    const stream = client.messages.stream(ask("Hello"));
    await expect(stream.finalMessage()).rejects.toMatchObject({ type: "overloaded_error" });
    await expect(client.messages.create(ask("Hello"))).rejects.toMatchObject({ type: "overloaded_error", status: 529 });
    await expect(client.messages.create(ask("Hello"))).rejects.toBeInstanceOf(Anthropic.RateLimitError);
    const body: unknown = await client.messages.create(ask("Hello"));
    expect(body).toMatchObject({ type: "error", error: { type: "api_error" } });
  });
});

function textOf({ content }: { content: readonly { type: string; text?: string }[] }): string {
  return content.map(({ text }) => text ?? "").join("");
}
