// Over real HTTP, against the simulator.
import { expect, test } from "vitest";
import { type Client, type ClientOptions, createClient, type ResponsesInputItem } from "../../src/client/index.ts";
import { type SimRequest, type Simulator, type SimulatorOptions, startSimulator } from "../../src/sim/index.ts";
import { failureOf } from "../wire/support.ts";

const model = "grok-4.7";
const conversation: readonly ResponsesInputItem[] = [
  { role: "system", content: "You are a harbour master." },
  { role: "user", content: "Is the harbour of Lisbon open? ".repeat(40) },
  { type: "function_call", call_id: "c1", name: "look", arguments: "{}" },
  { type: "function_call_output", call_id: "c1", output: "open ".repeat(500) },
  { role: "assistant", content: "It is open." },
];
const next: ResponsesInputItem = { role: "user", content: "And tomorrow?" };

interface World {
  simulator: Simulator;
  client: Client;
  /** What the simulator understood of requests for an answer. */
  asked: SimRequest[];
}

async function withWorld<T>(
  run: (world: World) => Promise<T>,
  options: SimulatorOptions = {},
  settings: ClientOptions = {},
): Promise<T> {
  const asked: SimRequest[] = [];
  const script = (request: SimRequest) => {
    asked.push(request);
    return { text: "Yes." };
  };
  await using simulator = await startSimulator({ script, ...options });
  const client = createClient({ apiKey: simulator.apiKey, baseURL: simulator.url, random: () => 0, ...settings });
  return await run({ simulator, client, asked });
}

test("a conversation is made short, and its output begins the next request", async () => {
  await withWorld(async ({ client, simulator, asked }) => {
    const compacted = await client.responses.compact({ model, input: conversation }, { conversation: "c-1" });
    expect(compacted).toMatchObject({ object: "response.compaction", model, simulated: true, request_id: "sim_req_0" });
    expect(compacted.output).toMatchObject([{ type: "compaction", id: compacted.id }]);
    expect(compacted.usage?.dropped_message_count).toBe(5);
    expect(compacted.usage?.output_tokens).toBeLessThan((compacted.usage?.input_tokens ?? 0) / 4);
    const answer = await client.responses.create({ model, store: false, input: [...compacted.output, next] });
    expect(answer.output).toMatchObject([{ type: "message", content: [{ text: "Yes." }] }]);
    expect(simulator.requests[0]).toMatchObject({
      method: "POST",
      path: "/v1/responses/compact",
      body: { model, input: conversation },
      headers: { "x-grok-conv-id": "c-1" },
    });
    expect(asked[0]?.messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(asked[0]?.messages[0]?.content).toContain("You are a harbour master.");
    expect(JSON.stringify(asked[0]?.messages)).not.toContain("open open");
  });
});

test("what was made short can be made short again", async () => {
  await withWorld(async ({ client, asked }) => {
    const first = await client.responses.compact({ model, input: conversation });
    const again = await client.responses.compact({ model, input: [...first.output, next] });
    expect(again.output).not.toEqual(first.output);
    await client.responses.create({ model, store: false, input: [...again.output, next] });
    expect(asked[0]?.messages[0]?.content).toContain("You are a harbour master.");
    expect(asked[0]?.messages[0]?.content).toContain("user: And tomorrow?");
  });
});

test("a text is a conversation too", async () => {
  await withWorld(async ({ client }) => {
    const { usage } = await client.responses.compact({ model, input: "Hello" });
    expect(usage?.dropped_message_count).toBe(1);
  });
});

test("it is tried again like any other request", async () => {
  await withWorld(
    async ({ client, simulator }) => {
      expect((await client.responses.compact({ model, input: "Hello" })).id).toMatch(/^cmp_/);
      expect(simulator.requests.map(({ status }) => status)).toEqual([429, 503, 200]);
      const ids = simulator.requests.map(({ headers }) => headers["x-client-request-id"]);
      expect(new Set(ids).size).toBe(1);
    },
    { refuseCompactions: [429, 503] },
  );
});

test("it gives up with how often it was tried", async () => {
  await withWorld(
    async ({ client }) => {
      const error = await failureOf(client.responses.compact({ model, input: "Hello" }));
      expect(error).toMatchObject({ code: "server_error", status: 503, attempts: 3, simulated: true });
    },
    { refuseCompactions: [503, 503, 503] },
  );
});

test("a blob that was changed is refused as xAI does, and not tried again", async () => {
  await withWorld(async ({ client, simulator }) => {
    const { output } = await client.responses.compact({ model, input: conversation });
    const [item] = output as { type: "compaction"; encrypted_content: string }[];
    const changed = {
      type: "compaction",
      encrypted_content: `${item?.encrypted_content.slice(0, -8)}AAAAAAA=`,
    } as const;
    const error = await failureOf(client.responses.create({ model, input: [changed, next] }));
    expect(error).toMatchObject({
      code: "invalid_request",
      status: 400,
      message: expect.stringContaining("Could not decode the compaction blob. Ensure it is unmodified"),
    });
    expect(simulator.requests).toHaveLength(2);
  });
});

test("a conversation that is too long already is not rescued", async () => {
  await withWorld(async ({ client }) => {
    const input = "word ".repeat(600_000);
    expect(await failureOf(client.responses.compact({ model, input }))).toMatchObject({ code: "context_overflow" });
  });
});

test.each([
  [undefined, "A conversation is made short with an object: { model, input }."],
  [{ input: "Hello" }, "The request names no model."],
  [{ model }, "The request has no input."],
  [{ model, input: [] }, "The request has no input."],
  [{ model, input: "Hello", tools: [] }, "responses.compact takes model and input, and no tools."],
  [{ model, input: "Hello", instructions: "Be brief." }, "takes model and input, and no instructions."],
  [{ model, input: [{ role: "user", content: 1n }] }, "it holds a cycle or a BigInt"],
])("a request that cannot be sent is refused before anything is (%#)", async (request, message) => {
  await withWorld(async ({ client, simulator }) => {
    const error = await failureOf(client.responses.compact(request as never));
    expect(error).toMatchObject({ message: expect.stringContaining(message) });
    expect(simulator.requests).toEqual([]);
  });
});

test("an abort passes through as it is", async () => {
  await withWorld(async ({ client, simulator }) => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    expect(await failureOf(client.responses.compact({ model, input: "Hello" }, { signal }))).toBe(reason);
    expect(simulator.requests).toEqual([]);
  });
});

test("it holds a place in flight, and frees it", async () => {
  const lines: string[] = [];
  await withWorld(
    async ({ client }) => {
      const both = ["one", "two"].map((input) => client.responses.compact({ model, input }));
      expect(await Promise.all(both)).toHaveLength(2);
      expect(lines.filter((line) => line.includes("queued"))).toHaveLength(1);
      expect(lines.filter((line) => line.includes("POST /responses/compact 200"))).toHaveLength(2);
    },
    {},
    { maxInFlight: 1, log: (line) => void lines.push(line) },
  );
});
