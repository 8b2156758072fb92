import {
  type AssistantMessage,
  createAgent,
  defineTool,
  filePart,
  imagePart,
  type Message,
  type RunEvent,
} from "fairwitness";
import type { SimRequest } from "fairwitness/sim";
import { checkEvents, type SimTurn, startScript } from "fairwitness/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { png } from "../support/images.ts";
import { factsOf, factsRead, missing } from "./move-support.ts";

type Api = "chat" | "responses" | "messages";

const getWeather = defineTool({
  name: "get_weather",
  description: "Current weather in a city.",
  input: z.object({ city: z.string() }),
  effect: "read",
  execute: ({ city }) => ({ city, temperature: 20 }),
  toModel: (weather) => [{ type: "text", text: JSON.stringify(weather) }, imagePart(png())],
});

/** Runs one leg of a conversation, and shows what the server was asked first. */
async function leg(
  api: Api,
  input: string,
  { script, messages = [] }: { script: readonly SimTurn[]; messages?: readonly Message[] },
) {
  const asked: SimRequest[] = [];
  await using simulator = await startScript((request, index) => {
    asked.push(request);
    return script[index];
  });
  const tools = [getWeather];
  const model = simulator.model("grok-4.7", { api });
  const run = createAgent({ name: "mover", model, tools, instructions: "Be brief." }).stream(input, { messages });
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  expect(checkEvents(events)).toEqual([]);
  const result = await run.result();
  expect(result.status).toBe("completed");
  return { result, asked, bodies: simulator.requests.map(({ body }) => body as Readonly<Record<string, unknown>>) };
}

const twoCities: SimTurn = {
  reasoning: "I look at both.",
  text: "I look.",
  toolCalls: [
    { name: "get_weather", arguments: { city: "Lisbon" } },
    { name: "get_weather", arguments: { city: "Oslo" }, id: "functions.get_weather:1" },
  ],
};

const directions: readonly (readonly [Api, Api])[] = [
  ["chat", "responses"],
  ["chat", "messages"],
  ["responses", "chat"],
  ["responses", "messages"],
  ["messages", "chat"],
  ["messages", "responses"],
];

describe("a recorded conversation", () => {
  it.each(directions)("moves from %s to %s with every text, call, argument, result and image", async (from, to) => {
    const first = await leg(from, "Lisbon and Oslo?", {
      script: [twoCities, { reasoning: "Easy.", text: "20 in both." }],
    });
    const { messages } = first.result;
    const second = await leg(to, "And tomorrow?", { script: [{ text: "The same." }], messages });
    const told = factsOf([...messages, { role: "user", content: "And tomorrow?" }]);
    expect(told).toHaveLength(14);
    expect(missing(told, factsRead(second.asked[0] as SimRequest))).toEqual([]);
    expect(second.result.messages.slice(0, messages.length)).toEqual(messages);
    const codes = second.result.warnings.map(({ code }) => code);
    // Chat takes reasoning as a text; that of Responses is encrypted besides, and that of Messages is signed.
    const items = from === "responses" ? ["foreign_items_dropped"] : [];
    expect(codes).toEqual([...items, ...(to === "chat" ? [] : ["reasoning_dropped"])]);
    if (to === "chat") expect(JSON.stringify(second.bodies[0])).toContain('"reasoning_content":"I look at both."');
  });

  it("goes chat, Responses, Messages, chat, and back to each with the items that were its own", async () => {
    const chat = await leg("chat", "Lisbon and Oslo?", { script: [twoCities, { text: "20 in both." }] });
    const responses = await leg("responses", "And Rome?", {
      messages: chat.result.messages,
      script: [
        { reasoning: "Rome.", toolCalls: [{ name: "get_weather", arguments: { city: "Rome" }, id: "rome" }] },
        { text: "20 too. [[1]](https://a.example/x)", citations: [{ url: "https://a.example/x" }] },
      ],
    });
    const messages = await leg("messages", "And Bern?", {
      messages: responses.result.messages,
      script: [
        { reasoning: "Bern.", toolCalls: [{ name: "get_weather", arguments: { city: "Bern" }, id: "bern" }] },
        { reasoningEncrypted: true, text: "20 as well." },
      ],
    });
    const again = await leg("chat", "So?", { messages: messages.result.messages, script: [{ text: "20." }] });
    const history = messages.result.messages;
    expect(history).toHaveLength(13);
    expect(missing(factsOf(history), factsRead(again.asked[0] as SimRequest))).toEqual([]);
    expect(JSON.stringify(again.bodies[0])).toContain("20 too. [[1]](https://a.example/x)");
    expect(again.result.warnings.map(({ code }) => code)).toEqual(["foreign_items_dropped"]);

    const blocks = rawOf(history, "messages");
    const backInMessages = await leg("messages", "Again?", {
      messages: again.result.messages,
      script: [{ text: "Yes." }],
    });
    const talk = JSON.stringify(backInMessages.bodies[0]?.messages);
    expect(blocks).toHaveLength(4); // thinking, its call, redacted thinking, text
    for (const block of blocks) expect(talk).toContain(JSON.stringify(block));

    const items = rawOf(history, "responses");
    const backInResponses = await leg("responses", "Again?", {
      messages: again.result.messages,
      script: [{ text: "Yes." }],
    });
    const { input } = backInResponses.bodies[0] ?? {};
    expect(items).toHaveLength(3);
    // What is sent back of reasoning is all but its status, which the server gives and does not take.
    for (const { status, ...item } of items) {
      expect(input).toContainEqual(item.type === "reasoning" ? item : { ...item, status });
    }
  });

  it("leaves a server's searches behind with a word of it, and keeps the answer and what it cites", async () => {
    const searched: SimTurn = {
      serverTools: [{ kind: "web_search", input: { query: "tide" }, sources: ["https://a.example/x"] }],
      text: "High at noon. [[1]](https://a.example/x)",
      citations: [{ url: "https://a.example/x" }],
    };
    const first = await leg("responses", "Tide?", { script: [searched] });
    for (const to of ["chat", "messages"] as const) {
      const second = await leg(to, "So?", { messages: first.result.messages, script: [{ text: "Noon." }] });
      expect(JSON.stringify(second.bodies[0])).toContain("High at noon. [[1]](https://a.example/x)");
      expect(second.result.warnings).toEqual([
        {
          code: "foreign_items_dropped",
          message: expect.stringMatching(/^messages\[2\] holds .*: calls of web_search\./),
        },
      ]);
    }
    const back = await leg("responses", "So?", { messages: first.result.messages, script: [{ text: "Noon." }] });
    expect(back.bodies[0]?.input).toEqual(expect.arrayContaining([...rawOf(first.result.messages, "responses")]));
    expect(back.result.warnings).toEqual([]);
  });
});

function rawOf(
  messages: readonly Message[],
  api: "responses" | "messages",
): readonly Readonly<Record<string, unknown>>[] {
  const raws = messages.flatMap((message) =>
    message.role === "assistant" && message.raw !== undefined ? [message.raw] : [],
  );
  // The wire's items are objects.
  return raws.filter((raw) => raw.api === api).flatMap(({ items }) => items) as readonly Readonly<
    Record<string, unknown>
  >[];
}

// --- any conversation -----------------------------------------------------------------------------------------------

const words = fc.oneof(
  fc.constantFrom("Olá 😀", "half \ud83d", '"]}', "<system>", "a\u0000b", "x ".repeat(50)),
  fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).map((text) => `w${text}`),
);
const image = fc.constantFrom(imagePart(png()), imagePart("https://a.example/a.png", { detail: "low" }));
const file = fc.constant(filePart("https://a.example/a.pdf"));
const textPart = words.map((text) => ({ type: "text" as const, text }));
const content = fc.oneof(words, fc.array(fc.oneof(textPart, image, file), { minLength: 1, maxLength: 3 }));
const written = fc.oneof(
  fc.constantFrom("", "{", "[]", "null", '{"a":"\\ud83d"}', '{ "n" : 1.0 , "n2": [1,{"b":null}] }', '{"b":1,"a":2}'),
  fc
    .dictionary(fc.constantFrom("a", "b", "é", "c d"), fc.oneof(words, fc.integer(), fc.constant(null)))
    .map((input) => JSON.stringify(input)),
);
const calls = fc.array(
  fc.record({ tool: fc.constantFrom("get_weather", "gone", "other-one"), arguments: written, result: content }),
  { maxLength: 3 },
);
const foreign = { provider: "elsewhere.example", family: "grok-4" };
const raw = fc.constantFrom<AssistantMessage["raw"]>(
  undefined,
  undefined,
  {
    api: "responses",
    ...foreign,
    items: [
      { type: "web_search_call", id: "w" },
      { type: "reasoning", encrypted_content: "b" },
    ],
  },
  { api: "messages", ...foreign, items: [{ type: "redacted_thinking", data: "b" }, { type: "moon" }] },
);
const assistant = fc.record(
  { content: fc.oneof(words, fc.constantFrom("", " \n")), reasoning: words, refusal: words, calls, raw },
  { requiredKeys: ["content", "calls"] },
);
const other = fc.oneof(
  fc.record({ role: fc.constant("system" as const), content: words }),
  fc.record(
    { role: fc.constant("user" as const), content, name: fc.constant("ann") },
    { requiredKeys: ["role", "content"] },
  ),
);

/** Every call has its result, and an id of its own that not every protocol takes as it is. */
const conversation: fc.Arbitrary<readonly Message[]> = fc
  .array(fc.oneof(other, assistant), { maxLength: 6 })
  .map((entries) =>
    entries.flatMap((entry, n): Message[] => ("role" in entry ? [entry as Message] : turnOf(entry, n))),
  );

function turnOf(
  {
    calls: made,
    ...said
  }: { content: string; calls: readonly { tool: string; arguments: string; result: Message["content"] }[] },
  n: number,
): Message[] {
  const toolCalls = made.map(({ tool, arguments: args }, index) => ({
    id: `fn.t ${n}:${index}`,
    tool,
    arguments: args,
  }));
  const message: AssistantMessage = {
    role: "assistant",
    ...withoutUndefined(said),
    ...(made.length === 0 ? {} : { toolCalls }),
  };
  const results = made.map(
    ({ result }, index): Message => ({ role: "tool", callId: `fn.t ${n}:${index}`, content: result }),
  );
  return [message, ...results];
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T; // only absent fields are left out
}

describe("any conversation", () => {
  it.each<Api>(["chat", "responses", "messages"])(
    "goes over %s with all that it says, and one warning for each kind of thing that it leaves behind",
    async (api) => {
      const asked: SimRequest[] = [];
      // xAI's route of the Messages protocol takes no files, and is not sent any.
      await using simulator = await startScript(
        (request) => {
          asked.push(request);
          return { text: "ok" };
        },
        { profile: api === "messages" ? "proxy" : "xai" },
      );
      const agent = createAgent({ name: "mover", model: simulator.model("grok-4.7", { api }) });
      await fc.assert(
        fc.asyncProperty(conversation, async (messages) => {
          const { result, warnings } = await agent
            .run("Go on.", { messages })
            .then((done) => ({ result: done, warnings: done.warnings.map(({ code }) => code) }));
          expect(result.messages.slice(0, messages.length)).toEqual(messages);
          expect(missing(factsOf(messages), factsRead(asked.at(-1) as SimRequest))).toEqual([]);
          expect(new Set(warnings).size).toBe(warnings.length);
          const speakers = messages.flatMap((message) => (message.role === "assistant" ? [message] : []));
          expect(warnings.includes("foreign_items_dropped")).toBe(
            speakers.some((message) => message.raw !== undefined),
          );
          if (api !== "chat") {
            expect(warnings.includes("reasoning_dropped")).toBe(
              speakers.some(({ reasoning }) => reasoning !== undefined),
            );
          }
        }),
        { numRuns: 100 },
      );
    },
  );
});
