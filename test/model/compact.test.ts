// Over real HTTP, against the simulator.
import { expect, test } from "vitest";
import type { AssistantMessage, Message } from "../../src/message/index.ts";
import {
  type CompactedConversation,
  createChatModel,
  createMessagesModel,
  createModel,
  createResponsesModel,
  type Model,
  type ModelEvent,
} from "../../src/model/index.ts";
import { type SimRequest, type Simulator, type SimulatorOptions, startSimulator } from "../../src/sim/index.ts";
import { createEndpoint, type Endpoint } from "../../src/wire/index.ts";
import { failureOf } from "../wire/support.ts";
import { drain, never, request, turnOf } from "./fake-endpoint.ts";

const id = "grok-4.7";
const next: Message = { role: "user", content: "And tomorrow?" };
const history: readonly Message[] = [
  { role: "system", content: "You are a harbour master." },
  { role: "user", content: "Is the harbour of Lisbon open?" },
  { role: "assistant", content: "", toolCalls: [{ id: "c1", tool: "look", arguments: '{"place":"Lisbon"}' }] },
  { role: "tool", callId: "c1", tool: "look", content: "open ".repeat(500) },
  { role: "assistant", content: "It is open." },
];

interface World {
  simulator: Simulator;
  endpoint: Endpoint;
  asked: SimRequest[];
}

async function withWorld<T>(run: (world: World) => Promise<T>, options: SimulatorOptions = {}): Promise<T> {
  const asked: SimRequest[] = [];
  const script = (sent: SimRequest) => {
    asked.push(sent);
    return { text: "Yes.", reasoning: "It is a harbour." };
  };
  await using simulator = await startSimulator({ script, ...options });
  return await run({
    simulator,
    endpoint: createEndpoint({ apiKey: simulator.apiKey, baseUrl: simulator.url }),
    asked,
  });
}

/** What a model makes of a conversation, and what it tells meanwhile. */
async function compact(
  model: Model,
  messages: readonly Message[],
  change: object = {},
): Promise<CompactedConversation & { told: readonly ModelEvent[] }> {
  if (model.compact === undefined) throw new Error(`${model.id} over ${model.api} does not compact`);
  const told: ModelEvent[] = [];
  const onEvents = (events: readonly ModelEvent[]): void => void told.push(...events);
  return { ...(await model.compact({ messages, onEvents, ...change }, never)), told };
}

const rawOf = ([message]: readonly Message[]): AssistantMessage["raw"] =>
  message?.role === "assistant" ? message.raw : undefined;
const warnings = (events: readonly ModelEvent[]) => events.filter((event) => event.type === "warning");
const bodies = ({ requests }: Simulator) => requests.map(({ body }) => body as { input: readonly object[] });

test("one message that says nothing stands for the conversation, and holds the output whole", async () => {
  await withWorld(async ({ simulator, endpoint, asked }) => {
    const model = createResponsesModel({ id, endpoint });
    const { messages, ...rest } = await compact(model, history, { conversation: "c-1", requestId: "r-1" });
    const raw = rawOf(messages);
    expect(messages).toEqual([{ role: "assistant", content: "", raw }]);
    expect(raw).toMatchObject({
      api: "responses",
      provider: "127.0.0.1",
      family: "grok-4",
      items: [{ type: "compaction" }],
    });
    expect(rest).toMatchObject({
      told: [],
      droppedMessages: 5,
      servedModel: id,
      responseId: expect.stringMatching(/^cmp_/),
      requestId: "sim_req_0",
      simulated: true,
    });
    expect(simulator.requests[0]).toMatchObject({
      path: "/v1/responses/compact",
      headers: { "x-grok-conv-id": "c-1", "x-client-request-id": "r-1" },
    });
    expect(Object.keys(simulator.requests[0]?.body as object)).toEqual(["model", "input"]);
    const seen = await drain(model.stream(request({ messages: [...messages, next] }), never));
    expect(turnOf(seen).message.content).toBe("Yes.");
    expect(warnings(seen.events)).toEqual([]);
    expect(bodies(simulator)[1]?.input).toEqual([...(raw?.items ?? []), { role: "user", content: "And tomorrow?" }]);
    expect(asked[0]?.messages[0]?.content).toContain("You are a harbour master.");
  });
});

test("what it took has tokens as the server counted them and a price by the list", async () => {
  await withWorld(async ({ endpoint }) => {
    const { usage, cost } = await compact(createResponsesModel({ id, endpoint }), history);
    const { inputTokens = 0, outputTokens = 0 } = usage ?? {};
    expect(usage).toEqual({
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
      cachedInputTokens: 0,
      reasoningTokens: 0,
    });
    expect(inputTokens).toBeGreaterThan(10 * outputTokens);
    expect(cost).toEqual({ basis: "estimated", ticks: inputTokens * 20_000 + outputTokens * 60_000 });
  });
});

test("a turn with encrypted reasoning goes along, and the short form goes on over many turns", async () => {
  await withWorld(async ({ simulator, endpoint }) => {
    const model = createResponsesModel({ id, endpoint });
    const messages: Message[] = [next];
    const { message } = turnOf(await drain(model.stream(request({ messages }), never)));
    const { messages: short } = await compact(model, [...messages, message, next]);
    expect(bodies(simulator)[1]?.input).toMatchObject([{}, { type: "reasoning" }, { type: "message" }, {}]);
    const later: Message[] = [...short, next];
    for (const _ of [1, 2]) {
      later.push(turnOf(await drain(model.stream(request({ messages: later }), never))).message, next);
    }
    expect(bodies(simulator)[3]?.input.slice(0, 1)).toEqual(rawOf(short)?.items);
    const { messages: again } = await compact(model, later);
    expect(rawOf(again)?.items).not.toEqual(rawOf(short)?.items);
  });
});

test("a chained model makes short what it holds, and stores anew from there", async () => {
  await withWorld(async ({ simulator, endpoint }) => {
    const model = createResponsesModel({ id, endpoint, chained: true });
    const messages: Message[] = [next];
    messages.push(turnOf(await drain(model.stream(request({ messages }), never))).message);
    const { messages: short } = await compact(model, messages);
    const later = [...short, next];
    later.push(turnOf(await drain(model.stream(request({ messages: later }), never))).message, next);
    await drain(model.stream(request({ messages: later }), never));
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(bodies(simulator)[3]).toMatchObject({ input: [{ role: "user" }], previous_response_id: expect.any(String) });
  });
});

test("another model of the same provider goes on from it", async () => {
  await withWorld(async ({ endpoint }) => {
    const { messages } = await compact(createResponsesModel({ id: "grok-build-0.1", endpoint }), history);
    const seen = await drain(
      createResponsesModel({ id, endpoint }).stream(request({ messages: [...messages, next] }), never),
    );
    expect(turnOf(seen).message.content).toBe("Yes.");
    expect(warnings(seen.events)).toEqual([]);
  });
});

test.each([
  ["chat", createChatModel, "chat completions"],
  ["messages", createMessagesModel, "the Messages protocol"],
] as const)("over %s it cannot go along, which is said", async (_, create, over) => {
  await withWorld(async ({ endpoint, asked }) => {
    const model = create({ id, endpoint });
    expect(model.compact).toBeUndefined();
    const { messages } = await compact(createResponsesModel({ id, endpoint }), history);
    const seen = await drain(model.stream(request({ messages: [...messages, next] }), never));
    expect(warnings(seen.events)).toMatchObject([
      {
        code: "foreign_items_dropped",
        message: expect.stringMatching(
          new RegExp(
            `^messages\\[0\\] holds what cannot go to grok-4.7 over ${over}: a conversation that was made short\\.`,
          ),
        ),
      },
    ]);
    expect(asked[0]?.messages).toMatchObject([{ role: "user" }]);
  });
});

test("another provider's is left out, which is said", async () => {
  await withWorld(async ({ endpoint }) => {
    const { messages } = await compact(createResponsesModel({ id, endpoint }), history);
    const raw = rawOf(messages);
    if (raw === undefined) throw new Error("no raw items");
    const foreign: Message = { role: "assistant", content: "", raw: { ...raw, provider: "xai" } };
    const seen = await drain(
      createResponsesModel({ id, endpoint }).stream(request({ messages: [foreign, next] }), never),
    );
    expect(warnings(seen.events)).toMatchObject([{ code: "foreign_items_dropped" }]);
  });
});

test("a model that chooses the endpoint itself goes to the Responses API once the conversation was made short", async () => {
  await withWorld(async ({ simulator, endpoint }) => {
    const model = createModel({ id, endpoint });
    await drain(model.stream(request({ messages: history.slice(0, 2) }), never));
    const { messages } = await compact(model, history);
    turnOf(await drain(model.stream(request({ messages: [...messages, next] }), never)));
    expect(simulator.requests.map(({ path }) => path)).toEqual([
      "/v1/chat/completions",
      "/v1/responses/compact",
      "/v1/responses",
    ]);
  });
});

test.each([
  ["the model's own settings", { seed: 7 }, {}],
  ["those of the turns to come", {}, { settings: { seed: 7 } }],
])("nothing is made short where %s could not be sent behind it", async (_, settings, change) => {
  await withWorld(async ({ simulator, endpoint }) => {
    const model = createModel({ id, endpoint, settings });
    expect(await failureOf(compact(model, history, change))).toMatchObject({ code: "unsupported_setting" });
    expect(simulator.requests).toEqual([]);
  });
});

test("what the server cannot decrypt is left out once, and told; the short form is not", async () => {
  await withWorld(async ({ simulator, endpoint }) => {
    const model = createResponsesModel({ id, endpoint });
    const { messages: short } = await compact(model, history);
    const thought = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "bm90IG91cnM=" };
    const raw = rawOf(short);
    if (raw === undefined) throw new Error("no raw items");
    const strange: Message = { role: "assistant", content: "Yes.", raw: { ...raw, items: [thought] } };
    const { told } = await compact(model, [...short, next, strange, next]);
    expect(told).toMatchObject([{ type: "warning", code: "encrypted_items_dropped" }]);
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 400, 200]);
    expect(bodies(simulator)[2]?.input).toMatchObject([{ type: "compaction" }, { role: "user" }, { role: "user" }]);
  });
});

test("a short form that was changed fails the turn: it is never left out in silence", async () => {
  await withWorld(async ({ endpoint }) => {
    const model = createResponsesModel({ id, endpoint });
    const { messages } = await compact(model, history);
    const raw = rawOf(messages);
    if (raw === undefined) throw new Error("no raw items");
    const changed: Message = {
      role: "assistant",
      content: "",
      raw: { ...raw, items: [{ type: "compaction", encrypted_content: "e30=" }] },
    };
    const { error } = await drain(model.stream(request({ messages: [changed, next] }), never));
    expect(error).toMatchObject({
      code: "invalid_request",
      retryable: false,
      message: expect.stringContaining("Could not decode the compaction blob."),
    });
  });
});

test("a thought that came without a summary goes back with an empty one, and is not taken for a compaction", async () => {
  await withWorld(async ({ simulator, endpoint }) => {
    const model = createResponsesModel({ id, endpoint });
    const messages: Message[] = [next];
    const { message } = turnOf(await drain(model.stream(request({ messages }), never)));
    if (message.raw === undefined) throw new Error("no raw items");
    const items = message.raw.items.map((item) => {
      const { summary: _, ...rest } = item as { summary?: unknown };
      return rest;
    });
    const bare: Message = { ...message, raw: { ...message.raw, items } };
    turnOf(await drain(model.stream(request({ messages: [next, bare, next] }), never)));
    expect(bodies(simulator)[1]?.input[1]).toMatchObject({ type: "reasoning", summary: [] });
  });
});

test("an empty conversation is refused before anything is sent, and so is an attempt that was stopped", async () => {
  await withWorld(async ({ simulator, endpoint }) => {
    const model = createResponsesModel({ id, endpoint });
    expect(await failureOf(compact(model, []))).toMatchObject({ code: "invalid_message" });
    const reason = new Error("enough");
    expect(await failureOf(model.compact({ messages: history }, AbortSignal.abort(reason)))).toBe(reason);
    expect(simulator.requests).toEqual([]);
  });
});

test("it is one attempt: who tries again is the caller", async () => {
  await withWorld(
    async ({ simulator, endpoint }) => {
      const model = createResponsesModel({ id, endpoint });
      expect(await failureOf(compact(model, history))).toMatchObject({ status: 503, retryable: true });
      expect(simulator.requests).toHaveLength(1);
    },
    { refuseCompactions: [503] },
  );
});
