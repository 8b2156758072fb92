import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContentPart, Message } from "../../src/message/index.ts";
import { createChatModel, type ModelRequest, type ModelSettings } from "../../src/model/index.ts";
import type { ToolDeclaration } from "../../src/tool/index.ts";
import { drain, type FakeEndpoint, fakeEndpoint, hello, never, request } from "./fake-endpoint.ts";

const weather: ToolDeclaration = {
  name: "get_weather",
  description: "Current weather in a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

function scripted(): FakeEndpoint & { send(change: Partial<ModelRequest>): Promise<void> } {
  const fake = fakeEndpoint(() => ({ reads: [hello] }));
  const model = createChatModel({ id: "some-model", endpoint: fake.endpoint });
  return {
    ...fake,
    async send(change) {
      const { error } = await drain(model.stream(request(change), never));
      if (error !== undefined) throw error;
    },
  };
}

async function bodyOf(change: Partial<ModelRequest>): Promise<Record<string, unknown>> {
  const { send, sent } = scripted();
  await send(change);
  return sent[0]?.json ?? {};
}

function messagesOf(body: { json: Record<string, unknown> } | undefined): readonly unknown[] {
  const { messages } = body?.json ?? {};
  return Array.isArray(messages) ? messages : [];
}

// --- the naive encoding the buffer is compared with -----------------------------------------------------------------

function mend(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

function naivePart(part: ContentPart): object {
  if (part.type === "text") return { type: "text", text: mend(part.text) };
  if (part.type === "image")
    return { type: "image_url", image_url: { url: mend(part.url ?? ""), ...(part.detail && { detail: part.detail }) } };
  return {
    type: "file",
    file: part.fileId === undefined ? { url: mend(part.url ?? "") } : { file_id: mend(part.fileId) },
  };
}

function naiveContent(content: string | readonly ContentPart[]): unknown {
  return typeof content === "string" ? mend(content) : content.map(naivePart);
}

function naiveMessage(message: Message): object[] {
  if (message.role === "tool")
    return [{ role: "tool", tool_call_id: mend(message.callId), content: naiveContent(message.content) }];
  if (message.role !== "assistant") {
    return [
      { role: message.role, content: naiveContent(message.content), ...(message.name && { name: mend(message.name) }) },
    ];
  }
  const { content, reasoning, toolCalls = [] } = message;
  if (!content && toolCalls.length === 0) return [];
  return [
    {
      role: "assistant",
      content: mend(content),
      ...(reasoning && { reasoning_content: mend(reasoning) }),
      ...(toolCalls.length > 0 && {
        tool_calls: toolCalls.map(({ id, tool, arguments: text }) => ({
          id: mend(id),
          type: "function",
          function: { name: mend(tool), arguments: text },
        })),
      }),
    },
  ];
}

// --- arbitrary conversations ----------------------------------------------------------------------------------------

/** Texts with everything that hurts: lone surrogates, escapes that look like them, controls. */
const text = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
  fc.constantFrom("\ud800", "a\udc00b", "\\ud800", "\\\ud800", '"\u0000', "😀", "é\u2028", "x".repeat(5000)),
  fc
    .array(fc.integer({ min: 0xd7f0, max: 0xe010 }), { minLength: 1, maxLength: 6 })
    .map((units) => String.fromCharCode(...units)),
);
const part: fc.Arbitrary<ContentPart> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text }),
  fc.record(
    { type: fc.constant("image" as const), url: text, detail: fc.constantFrom("auto" as const, "high" as const) },
    { requiredKeys: ["type", "url"] },
  ),
  fc.record({ type: fc.constant("file" as const), fileId: text }),
);
const content = fc.oneof(text, fc.array(part, { minLength: 1, maxLength: 3 }));
const call = fc.record({
  id: text,
  tool: text,
  arguments: fc
    .dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
    .map((value) => JSON.stringify(value)),
});
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ role: fc.constant("system" as const), content: text, name: text }, { requiredKeys: ["role", "content"] }),
  fc.record({ role: fc.constant("user" as const), content }),
  fc.record(
    {
      role: fc.constant("assistant" as const),
      content: fc.oneof(fc.constant(""), text),
      reasoning: text,
      toolCalls: fc.array(call, { maxLength: 3 }),
    },
    { requiredKeys: ["role", "content"] },
  ),
  fc.record({ role: fc.constant("tool" as const), callId: text, content }),
);
const settings: fc.Arbitrary<ModelSettings> = fc.record(
  {
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    maxOutputTokens: fc.integer({ min: 1, max: 10_000 }),
    toolChoice: fc.constantFrom("auto" as const, "none" as const, "required" as const),
  },
  { requiredKeys: [] },
);
const turn = fc.record({ add: fc.array(message, { maxLength: 4 }), settings });

/** The bytes of a body up to the end of its messages. */
function prefixOf(text: string, messages: unknown): string {
  const end = text.indexOf('"messages":') + '"messages":'.length + JSON.stringify(messages).length - 1;
  return text.slice(0, end);
}

describe("a request body", () => {
  test("equals the naive encoding on every turn, however the conversation grows", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 6 }), async (turns) => {
        const { send, sent } = scripted();
        const messages: Message[] = [{ role: "user", content: "Hi" }];
        for (const { add, settings } of turns) {
          messages.push(...add);
          await send({ messages, settings, tools: [weather] });
          const naive = messages.flatMap(naiveMessage);
          const { model, tools, stream, stream_options, messages: got, ...rest } = sent.at(-1)?.json ?? {};
          expect({ model, stream, stream_options }).toEqual({
            model: "some-model",
            stream: true,
            stream_options: { include_usage: true },
          });
          expect(tools).toEqual([{ type: "function", function: weather }]);
          expect(got).toEqual(JSON.parse(JSON.stringify(naive)));
          expect(rest).toEqual(
            JSON.parse(
              JSON.stringify({
                temperature: settings.temperature,
                max_completion_tokens: settings.maxOutputTokens,
                tool_choice: settings.toolChoice,
              }),
            ),
          );
        }
      }),
      { numRuns: 150 },
    );
  });

  test("begins with the bytes of the turn before, whatever the settings", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 2, maxLength: 6 }), async (turns) => {
        const { send, sent } = scripted();
        const messages: Message[] = [{ role: "user", content: "Hi" }];
        let before = "";
        for (const { add, settings } of turns) {
          messages.push(...add);
          await send({ messages, settings, tools: [weather] });
          const { text = "" } = sent.at(-1) ?? {};
          expect(text.startsWith(before)).toBe(true);
          before = prefixOf(text, messagesOf(sent.at(-1)));
          expect(before.length).toBeGreaterThan(60);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("holds no escape of half a character, which xAI refuses", async () => {
    const { send, sent } = scripted();
    await send({
      messages: [
        { role: "user", content: "a\ud800b \\ud800 😀" },
        {
          role: "assistant",
          content: "",
          toolCalls: [{ id: "1", tool: "t", arguments: '{"a":"\\ud800","b":"\\ud83d\\ude00"}' }],
        },
        {
          role: "assistant",
          content: "",
          toolCalls: [{ id: "2", tool: "t", arguments: '{ "b" : "\\ud83d\\ude00" }' }],
        },
      ],
    });
    const [user, mended, kept] = messagesOf(sent[0]);
    expect(user).toEqual({ role: "user", content: "a\ufffdb \\ud800 😀" });
    expect(mended).toMatchObject({ tool_calls: [{ function: { arguments: '{"a":"\ufffd","b":"😀"}' } }] });
    expect(kept).toMatchObject({ tool_calls: [{ function: { arguments: '{ "b" : "\\ud83d\\ude00" }' } }] });
  });

  test("sends nothing that is not set", async () => {
    expect(await bodyOf({ settings: {} })).toEqual({
      model: "some-model",
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: "user", content: "Hi" }],
    });
  });

  test("sends every setting in xAI's spelling", async () => {
    const settings: ModelSettings = {
      temperature: 0,
      topP: 0.5,
      maxOutputTokens: 9,
      frequencyPenalty: -1,
      presencePenalty: 1,
      stop: ["x"],
      seed: 7,
      reasoningEffort: "low",
      toolChoice: { tool: "get_weather" },
      parallelToolCalls: false,
      user: "u1",
    };
    expect(await bodyOf({ settings, tools: [weather] })).toMatchObject({
      temperature: 0,
      top_p: 0.5,
      max_completion_tokens: 9,
      frequency_penalty: -1,
      presence_penalty: 1,
      stop: ["x"],
      seed: 7,
      reasoning_effort: "low",
      tool_choice: { type: "function", function: { name: "get_weather" } },
      parallel_tool_calls: false,
      user: "u1",
    });
  });

  test("leaves out a tool choice that says nothing without tools", async () => {
    const body = await bodyOf({ settings: { toolChoice: "auto", parallelToolCalls: true, stop: [] } });
    expect(Object.keys(body)).toEqual(["model", "stream", "stream_options", "messages"]);
  });

  test.each([
    ["required", [], "there are no tools"],
    [{ tool: "nope" }, [weather], "Name one of get_weather"],
  ] as const)("refuses the tool choice %j that no tool can fulfil", async (toolChoice, tools, says) => {
    await expect(bodyOf({ settings: { toolChoice }, tools })).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining(says),
    });
  });

  test("keeps any order of roles, several systems and an assistant first", async () => {
    const messages: Message[] = [
      { role: "assistant", content: "Hello." },
      { role: "system", content: "Be brief.", name: "boss" },
      { role: "system", content: "Be kind." },
      { role: "assistant", content: "Yes." },
      { role: "user", content: "Go." },
    ];
    expect((await bodyOf({ messages })).messages).toEqual(messages);
  });

  test("carries reasoning back exactly, and content as an empty text when a message only calls tools", async () => {
    const messages: Message[] = [
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        content: "",
        reasoning: " First,\n\n…",
        toolCalls: [{ id: "c", tool: "get_weather", arguments: '{"city": "Oslo"}' }],
      },
      { role: "tool", callId: "c", tool: "get_weather", content: "4 °C" },
    ];
    expect((await bodyOf({ messages })).messages).toEqual([
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        content: "",
        reasoning_content: " First,\n\n…",
        tool_calls: [{ id: "c", type: "function", function: { name: "get_weather", arguments: '{"city": "Oslo"}' } }],
      },
      { role: "tool", tool_call_id: "c", content: "4 °C" },
    ]);
  });

  test("leaves out an assistant message that says nothing", async () => {
    const messages: Message[] = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "", toolCalls: [] },
      { role: "assistant", content: "", reasoning: "Hm." },
    ];
    expect((await bodyOf({ messages })).messages).toEqual([{ role: "user", content: "Hi" }]);
  });

  test.each(["", "{", "[]", "null", '"x"', "1", '{"a":1}}', "{'a':1}"])(
    "sends a call whose arguments are %j with none, since xAI refuses them",
    async (written) => {
      const toolCalls = [{ id: "c", tool: "t", arguments: written }];
      const body = await bodyOf({ messages: [{ role: "assistant", content: "", toolCalls }] });
      expect(body.messages).toMatchObject([{ tool_calls: [{ function: { arguments: "{}" } }] }]);
    },
  );
});

describe("a message that cannot be sent", () => {
  test.each([
    [{ role: "user", content: "" }, "messages[1].content is empty"],
    [{ role: "user", content: [] }, "messages[1].content is empty"],
    [{ role: "user", content: [{ type: "text", text: "" }] }, "messages[1].content[0].text is empty"],
    [{ role: "user", content: [{ type: "file" }] }, "messages[1].content[0] has neither fileId nor url"],
    [
      { role: "user", content: [{ type: "file", fileId: "a", url: "b" }] },
      "messages[1].content[0] has a fileId and a url",
    ],
    [{ role: "user", content: [{ type: "video" }] }, "messages[1].content[0] is no part we know"],
    [{ role: "user", content: 7 }, "messages[1].content is of type number"],
    [{ role: "system", content: "" }, "messages[1].content is empty"],
    [{ role: "tool", callId: "c", content: "" }, "messages[1].content is empty"],
    [{ role: "tool", callId: "", content: "x" }, "messages[1].callId is empty"],
    [
      { role: "assistant", content: "", toolCalls: [{ id: "", tool: "t", arguments: "{}" }] },
      "messages[1].toolCalls[0].id is empty",
    ],
    [{ role: "function", content: "x" }, 'messages[1].role is "function"'],
    [{ content: "x" }, "messages[1].role is missing"],
    [{ role: "assistant", content: "", toolCalls: [null] }, "messages[1].toolCalls[0].tool is missing"],
    [
      { role: "assistant", content: "", toolCalls: [{ id: "a", tool: "t", arguments: {} }] },
      "messages[1].toolCalls[0].arguments is of type object",
    ],
    [null, "messages[1] is null"],
    [undefined, "messages[1] is missing"],
  ])("is named by its position: %j", async (bad, says) => {
    // What people hand in from files is not always what the types say.
    const messages = [{ role: "user", content: "Hi" }, bad] as Message[];
    const sending = bodyOf({ messages });
    await expect(sending).rejects.toMatchObject({ code: "invalid_message", message: expect.stringContaining(says) });
  });

  test("makes an empty conversation an error, too", async () => {
    await expect(bodyOf({ messages: [] })).rejects.toMatchObject({ code: "invalid_message" });
    await expect(bodyOf({ messages: [{ role: "assistant", content: "" }] })).rejects.toMatchObject({
      code: "invalid_message",
    });
  });

  test("leaves the conversation usable once it is mended", async () => {
    const { send, sent } = scripted();
    const messages: Message[] = [{ role: "user", content: "Hi" }];
    await send({ messages });
    messages.push({ role: "user", content: "More" }, { role: "user", content: "" });
    await expect(send({ messages })).rejects.toMatchObject({ code: "invalid_message" });
    messages[2] = { role: "user", content: "Mended" };
    await send({ messages });
    expect(sent.at(-1)?.json.messages).toEqual(messages);
  });
});

describe("the buffer of a conversation", () => {
  test("begins anew when the array is another, shorter, or ends differently", async () => {
    const { send, sent } = scripted();
    const messages: Message[] = [
      { role: "user", content: "one" },
      { role: "user", content: "two" },
    ];
    await send({ messages });
    messages.pop();
    await send({ messages });
    expect(sent.at(-1)?.json.messages).toEqual([{ role: "user", content: "one" }]);
    messages[0] = { role: "user", content: "other" };
    await send({ messages });
    expect(sent.at(-1)?.json.messages).toEqual([{ role: "user", content: "other" }]);
    await send({ messages: [...messages, { role: "user", content: "three" }] });
    expect(sent.at(-1)?.json.messages).toHaveLength(2);
  });

  test("begins anew when the tools change, and goes on when only their list is another", async () => {
    const { send, sent } = scripted();
    const messages: Message[] = [{ role: "user", content: "one" }];
    await send({ messages, tools: [weather] });
    await send({ messages, tools: [{ ...weather }] });
    expect(sent[1]?.text).toBe(sent[0]?.text);
    await send({ messages, tools: [{ ...weather, name: "other" }] });
    expect(sent[2]?.json.tools).toMatchObject([{ function: { name: "other" } }]);
    expect(sent[2]?.json.messages).toEqual(messages);
  });

  test("is not written over while a request is being sent from it", async () => {
    const bodies: Uint8Array[] = [];
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { endpoint } = fakeEndpoint(() => ({ reads: [hello] }));
    const slow = {
      ...endpoint,
      transport: async (sending: Parameters<typeof endpoint.transport>[0]) => {
        if (sending.body !== undefined) bodies.push(sending.body);
        await gate;
        return endpoint.transport(sending);
      },
    };
    const model = createChatModel({ id: "some-model", endpoint: slow });
    const messages: Message[] = [{ role: "user", content: "one" }];
    const first = drain(model.stream(request({ messages, settings: { user: "first" } }), never));
    await expect.poll(() => bodies.length).toBe(1);
    messages.push({ role: "user", content: "two, and much longer than what was behind the first" });
    const second = drain(model.stream(request({ messages, settings: { user: "second" } }), never));
    await expect.poll(() => bodies.length).toBe(2);
    open();
    await Promise.all([first, second]);
    const [a, b] = bodies.map(
      (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as { user: string; messages: unknown[] },
    );
    expect([a?.user, a?.messages.length]).toEqual(["first", 1]);
    expect([b?.user, b?.messages.length]).toEqual(["second", 2]);
  });

  test("is sent as it lies there: a turn copies none of the turns before", async () => {
    const views: Uint8Array[] = [];
    const fake = fakeEndpoint((sending) => {
      if (sending.body !== undefined) views.push(sending.body);
      return { reads: [hello] };
    });
    const model = createChatModel({ id: "some-model", endpoint: fake.endpoint });
    const messages: Message[] = [];
    for (let n = 0; n < 10; n++) {
      messages.push({ role: "user", content: `message ${n}` });
      await drain(model.stream(request({ messages }), never));
    }
    expect(new Set(views.map((view) => view.buffer)).size).toBe(1);
  });
});
