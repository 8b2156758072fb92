import OpenAI from "openai";
import type { ResponseInputItem, Tool } from "openai/resources/responses/responses";
import { expect, test } from "vitest";
import type { Simulator, SimulatorOptions } from "../../src/sim/index.ts";
import { flatTool, withSimulator } from "./support.ts";

function withOpenAI(
  options: SimulatorOptions,
  run: (client: OpenAI, simulator: Simulator) => Promise<void>,
): Promise<void> {
  return withSimulator(options, (simulator) =>
    run(new OpenAI({ baseURL: simulator.url, apiKey: simulator.apiKey, maxRetries: 0 }), simulator),
  );
}

const QUESTION = "What are people saying about the heat in Lisbon, and is it true? Check the weather in Lisbon.";
const include = ["reasoning.encrypted_content" as const, "web_search_call.action.sources" as const];

/** As: the openai package has no type for `x_search`, and takes what it is given. */
const tools = [
  { type: "web_search" },
  { type: "x_search" },
  flatTool("get_weather", { city: { type: "string" } }, "Current weather in a city."),
] as unknown as Tool[];

test("the openai package creates a response and reads its text", async () => {
  await withOpenAI({ script: [{ text: "Hello there", reasoning: "hm" }] }, async (client) => {
    const made = await client.responses.create({ model: "grok-4.7", input: "Hello" });
    expect([made.output_text, made.status, made.usage?.output_tokens_details.reasoning_tokens]).toEqual([
      "Hello there",
      "completed",
      1,
    ]);
  });
});

test("the openai package streams a response to its end", async () => {
  const turn = { reasoning: "hm", text: "One two three", serverTools: [{ kind: "web_search" as const }] };
  await withOpenAI({ script: [turn] }, async (client) => {
    const stream = client.responses.stream({
      model: "grok-4.7",
      input: "Hello",
      tools: [{ type: "web_search" }],
    });
    const deltas: string[] = [];
    stream.on("response.output_text.delta", ({ delta }) => deltas.push(delta));
    expect((await stream.finalResponse()).output_text).toBe("One two three");
    expect(deltas).toEqual(["One", " two", " three"]);
  });
});

test.each(["streamed", "awaited"])(
  "the openai package runs a %s loop with server tools and a function",
  async (how) => {
    await withOpenAI({}, async (client, simulator) => {
      const input: ResponseInputItem[] = [{ role: "user", content: QUESTION }];
      const request = { model: "grok-4.7", input, tools, store: false, include };
      const send = (): Promise<OpenAI.Responses.Response> =>
        how === "streamed" ? client.responses.stream(request).finalResponse() : client.responses.create(request);
      const first = await send();
      expect(first.output.map(({ type }) => type)).toEqual([
        "reasoning",
        "custom_tool_call",
        "web_search_call",
        "function_call",
      ]);
      for (const item of first.output) {
        const { status: _status, ...sent } = { status: undefined, ...item };
        input.push(sent as ResponseInputItem); // an output item goes back as it came, without its status
        if (item.type !== "function_call") continue;
        input.push({ type: "function_call_output", call_id: item.call_id, output: '{"temperatureC":31}' });
      }
      const second = await send();
      expect(second.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
      expect(second.output_text).toMatch(
        /@sim_ana[\s\S]*\[\[1\]\]\(https:\/\/x\.com\/sim_ana\/status\/\d+\)[\s\S]*31[\s\S]*simulated/,
      );
      expect(simulator.requests.map(({ status }) => status)).toEqual([200, 200]);
    });
  },
);

test("the openai package continues, fetches and deletes a stored response", async () => {
  await withOpenAI({ script: [{ text: "One" }, { text: "Two" }, { text: "Three" }] }, async (client) => {
    const one = await client.responses.create({ model: "grok-4.7", input: "First" });
    const two = await client.responses.create({ model: "grok-4.7", input: "Second", previous_response_id: one.id });
    expect(two.previous_response_id).toBe(one.id);
    expect(await client.responses.retrieve(one.id)).toMatchObject({ id: one.id, status: "completed" });
    await client.responses.delete(one.id);
    await expect(client.responses.retrieve(one.id)).rejects.toMatchObject({ status: 404 });
    const lost = client.responses.create({ model: "grok-4.7", input: "Third", previous_response_id: one.id });
    await expect(lost).rejects.toMatchObject({ status: 404 });
  });
});

test("the openai package puts fragments of function calls together", async () => {
  const toolCalls = [
    { name: "a", arguments: { text: "quite a long text" } },
    { name: "b", arguments: {} },
  ];
  await withOpenAI({ script: [{ toolCalls, split: "fragments" }] }, async (client) => {
    const deltas: string[] = [];
    const stream = client.responses.stream({ model: "grok-4.7", input: "Hello" });
    stream.on("response.function_call_arguments.delta", ({ delta }) => deltas.push(delta));
    const calls = (await stream.finalResponse()).output.filter((item) => item.type === "function_call");
    expect(calls.map((call) => [call.name, call.arguments])).toEqual([
      ["a", '{"text":"quite a long text"}'],
      ["b", "{}"],
    ]);
    expect(deltas.length).toBeGreaterThan(3);
  });
});
