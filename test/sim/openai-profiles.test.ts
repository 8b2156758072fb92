import OpenAI from "openai";
import { expect, test } from "vitest";
import { type Simulator, type SimulatorOptions, simModels, startSimulator } from "../../src/sim/index.ts";

const QUESTION = "What is the weather in Lisbon and in Oslo?";
const PROFILES = ["xai", "proxy"] as const;

/** The package as it is installed, told nothing but the address and the key. */
async function withOpenAI(
  options: SimulatorOptions,
  run: (client: OpenAI, simulator: Simulator) => Promise<void>,
): Promise<void> {
  await using simulator = await startSimulator(options);
  await run(new OpenAI({ baseURL: simulator.url, apiKey: simulator.apiKey, maxRetries: 0 }), simulator);
}

const ask = (content: string, model = "gpt-4o"): { model: string; messages: { role: "user"; content: string }[] } => ({
  model,
  messages: [{ role: "user", content }],
});

test.each(PROFILES)("on %s gpt-4o completes and streams", async (profile) => {
  const turn = { text: "One two three", reasoning: "Hm." };
  await withOpenAI({ profile, script: [turn, turn, turn] }, async (client) => {
    const whole = await client.chat.completions.create(ask("Hello"));
    expect(whole.choices[0]?.message.content).toBe("One two three");
    expect(whole.model).toBe("gpt-4o");
    let text = "";
    for await (const { choices } of await client.chat.completions.create({ ...ask("Hello"), stream: true }))
      text += choices[0]?.delta.content ?? "";
    expect(text).toBe("One two three");
    const final = await client.chat.completions.stream(ask("Hello", "gpt-4o-mini")).finalChatCompletion();
    expect(final.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "One two three" } });
  });
});

test.each(PROFILES)("on %s gpt-4o runs openai's own tool loop, streamed and not", async (profile) => {
  await withOpenAI({ profile }, async (client) => {
    for (const stream of [false, true] as const) {
      const cities: string[] = [];
      const tool = {
        type: "function" as const,
        function: {
          name: "get_weather",
          description: "Current weather in a city.",
          parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
          parse: (text: string) => JSON.parse(text) as { city: string }, // as: the simulator's arguments pass the schema
          function: ({ city }: { city: string }) => {
            cities.push(city);
            return { city, temperatureC: city === "Oslo" ? 3 : 21 };
          },
        },
      };
      const { messages } = ask(QUESTION);
      const runner = stream
        ? client.chat.completions.runTools({ model: "gpt-4o", messages, tools: [tool], stream })
        : client.chat.completions.runTools({ model: "gpt-4o", messages, tools: [tool] });
      expect(await runner.finalContent()).toMatch(/Lisbon.*21[\s\S]*Oslo.*3[\s\S]*simulated/);
      expect(cities).toEqual(["Lisbon", "Oslo"]);
    }
  });
});

test.each(PROFILES)("on %s gpt-4o answers on the Responses API", async (profile) => {
  await withOpenAI({ profile, script: [{ text: "Hello there" }] }, async (client) => {
    const stream = client.responses.stream({ model: "gpt-4o", input: "Hello" });
    expect((await stream.finalResponse()).output_text).toBe("Hello there");
  });
});

test("a wrong key is 400 on xAI and 401 on a proxy, and an unknown model 404 on both", async () => {
  for (const [profile, status] of [
    ["xai", 400],
    ["proxy", 401],
  ] as const) {
    await withOpenAI({ profile }, async (client, simulator) => {
      const stranger = new OpenAI({ baseURL: simulator.url, apiKey: "sim_other", maxRetries: 0 });
      await expect(stranger.chat.completions.create(ask("Hello"))).rejects.toMatchObject({ status });
      await expect(client.chat.completions.create(ask("Hello", "grok-99"))).rejects.toMatchObject({ status: 404 });
    });
  }
});

test("a proxy words its errors so that the package reads message, type and code", async () => {
  await withOpenAI({ profile: "proxy" }, async (client) => {
    const refused = client.chat.completions.create({ ...ask("Hello"), temperature: 3 });
    await expect(refused).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
      code: "invalid-argument",
      message: expect.stringContaining("temperature is 3"),
    });
  });
});

test("a simulator of xAI's models alone serves no foreign one, as xAI does not", async () => {
  await withOpenAI({ models: simModels }, async (client) => {
    for (const model of ["gpt-4o", "claude-3-5-sonnet-latest"])
      await expect(client.chat.completions.create(ask("Hello", model))).rejects.toMatchObject({ status: 404 });
    expect((await client.chat.completions.create(ask("Hello", "grok-4.7"))).model).toBe("grok-4.7");
  });
});

test("the list of models is xAI's on xAI, and everybody's on a proxy", async () => {
  await withOpenAI({}, async (client) => {
    const owners = (await client.models.list()).data.map(({ owned_by }) => owned_by);
    expect(new Set(owners)).toEqual(new Set(["xai"]));
    await expect(client.models.retrieve("gpt-4o")).rejects.toMatchObject({ status: 404 });
  });
  await withOpenAI({ profile: "proxy" }, async (client) => {
    expect((await client.models.retrieve("gpt-4o")).owned_by).toBe("openai");
    const ids = (await client.models.list()).data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["grok-4.7", "gpt-4o", "gpt-4o-mini", "claude-3-5-sonnet-latest"]));
  });
});
