import OpenAI from "openai";
import type { RunnableToolFunctionWithParse } from "openai/lib/RunnableFunction";
import { expect, test } from "vitest";
import type { Simulator, SimulatorOptions } from "../../src/sim/index.ts";
import { withSimulator } from "./support.ts";

const QUESTION = "What is the weather in Lisbon and in Oslo?";

function withOpenAI(
  options: SimulatorOptions,
  run: (client: OpenAI, simulator: Simulator) => Promise<void>,
): Promise<void> {
  return withSimulator(options, (simulator) =>
    run(new OpenAI({ baseURL: simulator.url, apiKey: simulator.apiKey, maxRetries: 0 }), simulator),
  );
}

/** The `get_weather` of openai's own tool runner; it notes the cities it was asked for. */
function weather(cities: string[]): RunnableToolFunctionWithParse<{ city: string }> {
  return {
    type: "function",
    function: {
      name: "get_weather",
      description: "Current weather in a city.",
      parameters: {
        type: "object",
        properties: { city: { type: "string" }, unit: { type: "string", enum: ["celsius", "fahrenheit"] } },
        required: ["city"],
      },
      parse: JSON.parse,
      function: ({ city }: { city: string }) => {
        cities.push(city);
        return { city, temperatureC: city === "Oslo" ? 3 : 21 };
      },
    },
  };
}

test("the openai package lists and finds models", async () => {
  await withOpenAI({}, async (client) => {
    const ids = (await client.models.list()).data.map(({ id }) => id);
    expect(ids).toContain("grok-4.7");
    expect((await client.models.retrieve("grok-4.7")).owned_by).toBe("xai");
  });
});

test("the openai package completes and streams", async () => {
  await withOpenAI({ script: [{ text: "Hello there" }, { text: "Hello again", reasoning: "hm" }] }, async (client) => {
    const messages = [{ role: "user" as const, content: "Hello" }];
    const whole = await client.chat.completions.create({ model: "grok-4.7", messages });
    expect(whole.choices[0]?.message.content).toBe("Hello there");
    const stream = client.chat.completions.stream({
      model: "grok-4.7",
      messages,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe("Hello again");
    expect(final.usage?.total_tokens).toBeGreaterThan(0);
  });
});

test("the openai package runs its own tool loop against the planner", async () => {
  await withOpenAI({}, async (client, simulator) => {
    const cities: string[] = [];
    const runner = client.chat.completions.runTools({
      model: "grok-4.7",
      messages: [{ role: "user", content: QUESTION }],
      tools: [weather(cities)],
    });
    expect(await runner.finalContent()).toMatch(/Lisbon.*21[\s\S]*Oslo.*3[\s\S]*simulated/);
    expect(cities).toEqual(["Lisbon", "Oslo"]);
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 200]);
  });
});

test("the openai package runs its own streaming tool loop against the planner", async () => {
  await withOpenAI({}, async (client) => {
    const cities: string[] = [];
    const runner = client.chat.completions.runTools({
      model: "grok-4.7",
      stream: true,
      messages: [{ role: "user", content: QUESTION }],
      tools: [weather(cities)],
    });
    expect(await runner.finalContent()).toMatch(/Lisbon.*21[\s\S]*Oslo.*3/);
    expect(cities).toEqual(["Lisbon", "Oslo"]);
  });
});

test("the openai package puts fragments of calls together", async () => {
  const toolCalls = [
    { name: "a", arguments: { text: "quite a long text" } },
    { name: "b", arguments: {} },
  ];
  await withOpenAI({ script: [{ toolCalls, split: "fragments" }] }, async (client) => {
    const stream = client.chat.completions.stream({
      model: "grok-4.7",
      messages: [{ role: "user", content: "Hello" }],
    });
    const { message } = (await stream.finalChatCompletion()).choices[0] ?? {};
    const calls = message?.tool_calls?.map((call) => (call.type === "function" ? call.function : undefined));
    expect(calls?.map((call) => [call?.name, call?.arguments])).toEqual([
      ["a", '{"text":"quite a long text"}'],
      ["b", "{}"],
    ]);
  });
});

test("the openai package reports refusals with status and text", async () => {
  await withOpenAI({}, async (client) => {
    const refused = client.chat.completions.create({
      model: "grok-99",
      messages: [{ role: "user", content: "Hello" }],
    });
    await expect(refused).rejects.toMatchObject({ status: 404, requestID: "sim_req_0" });
  });
});
