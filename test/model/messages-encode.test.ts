import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AssistantMessage, type Message, pairMessages, type RawItems } from "../../src/message/index.ts";
import { createMessagesModel, type ModelRequest, type ModelSettings } from "../../src/model/index.ts";
import { codeExecution, type ToolDeclaration, webSearch } from "../../src/tool/index.ts";
import { drain, fakeEndpoint, never, request } from "./fake-endpoint.ts";
import { converse, framed, only, said, streamed } from "./messages-support.ts";

const weather: ToolDeclaration = {
  name: "get_weather",
  description: "Weather.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const hi: Message = { role: "user", content: "Hi" };
const asks = (...ids: string[]): Message => ({
  role: "assistant",
  content: "",
  toolCalls: ids.map((id) => ({ id, tool: "get_weather", arguments: '{"city":"Lisbon"}' })),
});
const result = (callId: string, content: string): Message => ({ role: "tool", callId, content });
const answerWith = (items: readonly unknown[], change: Partial<AssistantMessage> = {}): AssistantMessage => ({
  role: "assistant",
  content: "",
  raw: { api: "messages", provider: "127.0.0.1", family: "grok-4", items },
  ...change,
});
const toolUse = (id: string, change: object = {}): object => ({
  type: "tool_use",
  id,
  name: "get_weather",
  input: { city: "Lisbon" },
  ...change,
});

async function sentBy(
  change: Partial<ModelRequest>,
  id?: string,
): Promise<{ text: string; json: Record<string, unknown> }> {
  const model = converse(id);
  const { error } = await model.send(change);
  if (error !== undefined) throw error;
  const [sent] = model.sent;
  if (sent === undefined) throw new Error("nothing was sent");
  return sent;
}

const bodyOf = async (change: Partial<ModelRequest>, id?: string): Promise<Record<string, unknown>> =>
  (await sentBy(change, id)).json;
const messagesOf = async (...messages: Message[]): Promise<unknown> => (await bodyOf({ messages })).messages;
const failureOf = async (change: Partial<ModelRequest>): Promise<unknown> => (await converse().send(change)).error;

describe("a request", () => {
  test("is written byte for byte as this", async () => {
    const messages: Message[] = [
      { role: "system", content: "You plan." },
      { role: "system", content: "Be brief." },
      { role: "user", content: "Lisbon or Porto?" },
      {
        role: "assistant",
        content: "I look.",
        toolCalls: [
          { id: "call_1", tool: "get_weather", arguments: '{"city": "Lisbon", "n": 12345678901234567890}' },
          { id: "call_2", tool: "get_weather", arguments: "not json" },
        ],
      },
      result("call_1", "sunny"),
      result("call_2", "No JSON."),
      { role: "user", content: "Well?" },
      { role: "system", content: "Answer now." },
    ];
    const { text } = await sentBy({ messages, tools: [weather], settings: { temperature: 0.5 } });
    expect(text).toBe(
      '{"model":"grok-4.7","stream":true,"system":"You plan.\\n\\nBe brief.",' +
        '"tools":[{"name":"get_weather","description":"Weather.","input_schema":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}],' +
        '"messages":[{"role":"user","content":"Lisbon or Porto?"},' +
        '{"role":"assistant","content":[{"type":"text","text":"I look."},' +
        '{"type":"tool_use","id":"call_1","name":"get_weather","input":{"city": "Lisbon", "n": 12345678901234567890}},' +
        '{"type":"tool_use","id":"call_2","name":"get_weather","input":{}}]},' +
        '{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"sunny"},' +
        '{"type":"tool_result","tool_use_id":"call_2","content":"No JSON."}]},' +
        '{"role":"user","content":"Well?"},' +
        '{"role":"user","content":"<system>\\nAnswer now.\\n</system>"}],' +
        '"max_tokens":128000,"temperature":0.5}',
    );
  });

  test("that ends with results closes their message, and the next one begins with the same bytes", async () => {
    const model = converse();
    const messages: Message[] = [hi, asks("a", "b"), result("a", "1"), result("b", "2")];
    await model.send({ messages });
    messages.push({ role: "assistant", content: "Both." }, hi);
    await model.send({ messages });
    const [first, second] = model.sent.map(({ text }) => text);
    const results = '{"type":"tool_result","tool_use_id":"b","content":"2"}';
    expect(first).toContain(`${results}]}],"max_tokens"`);
    expect(second).toContain(`${results}]},{"role":"assistant"`);
    const before = first?.slice(0, first.indexOf(results) + results.length) ?? "";
    expect(second?.startsWith(before)).toBe(true);
  });

  test("takes a result that comes later into the message of its round", async () => {
    const model = converse();
    const messages: Message[] = [hi, asks("a", "b"), result("a", "1")];
    await model.send({ messages });
    messages.push(result("b", "2"));
    await model.send({ messages });
    expect(model.sent[1]?.json.messages).toMatchObject([{}, {}, { content: [{ content: "1" }, { content: "2" }] }]);
  });

  test("says system texts that come before all others at the top, also when only they were there before", async () => {
    const model = converse();
    const tools = [weather];
    const messages: Message[] = [{ role: "system", content: "One." }];
    expect((await model.send({ messages, tools })).error).toMatchObject({ code: "invalid_message" });
    messages.push({ role: "system", content: "Two." }, hi);
    await model.send({ messages, tools });
    expect(model.sent[0]?.json).toMatchObject({ system: "One.\n\nTwo.", messages: [{ role: "user", content: "Hi" }] });
  });

  test("writes images and files as their sources, in messages and in results", async () => {
    const png = "iVBORw0KGgo=";
    const parts = [
      { type: "text", text: "See" },
      { type: "image", url: "https://example.com/a.png", detail: "low" },
      { type: "image", url: `data:image/png;base64,${png}` },
      { type: "image", fileId: "f1" },
      { type: "file", fileId: "f2", filename: "a.pdf" },
      { type: "file", url: "https://example.com/a.pdf" },
      { type: "file", data: "JVBERi0=", filename: "a.pdf" },
      { type: "file", data: btoa("a,b"), filename: "a.csv" },
      { type: "file", data: btoa("{}"), filename: "a.bin", mediaType: "application/json" },
      { type: "file", data: png, filename: "a.PNG" },
    ] as const;
    const blocks = [
      { type: "text", text: "See" },
      { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
      { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
      { type: "image", source: { type: "file", file_id: "f1" } },
      { type: "document", source: { type: "file", file_id: "f2" }, title: "a.pdf" },
      { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } },
      { type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" }, title: "a.pdf" },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "a,b" }, title: "a.csv" },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "{}" }, title: "a.bin" },
      { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
    ];
    const sent = await messagesOf({ role: "user", content: parts }, asks("a"), {
      role: "tool",
      callId: "a",
      content: parts,
    });
    expect(sent).toMatchObject([{ content: blocks }, {}, { content: [{ type: "tool_result", content: blocks }] }]);
  });

  test.each([
    ["no source", { type: "image" }, /messages\[0\]\.content\[0\] has neither url nor fileId/],
    ["two sources", { type: "file", fileId: "a", url: "https://b" }, /has a fileId and a url/],
    ["a data: URL without base64", { type: "image", url: "data:image/png,abc" }, /without base64/],
    [
      "bytes of no known type",
      { type: "file", data: "AAAA", filename: "a.xyz" },
      /mediaType is missing.*application\/pdf/,
    ],
    ["text that is no base64", { type: "file", data: "*", filename: "a.txt" }, /no base64/],
    ["a file without bytes", { type: "file", data: "", filename: "a.txt" }, /data is empty/],
    ["a file without text", { type: "file", data: "IAo=", filename: "a.txt" }, /a file without text/],
    ["a part of another form", { type: "input_text", text: "a" }, /no part we know/],
    ["an empty text", { type: "text", text: "" }, /\.text is empty/],
  ])("with %s is refused by its place", async (_name, part, message) => {
    const content = [part] as never; // what a caller without types may hand in
    expect(await failureOf({ messages: [{ role: "user", content }] })).toMatchObject({
      code: "invalid_message",
      message: expect.stringMatching(message),
    });
  });

  test.each([
    [null, /messages\[0\] is null/],
    [{ role: "developer", content: "a" }, /role is "developer"/],
    [{ role: "user", content: "" }, /content is empty/],
    [{ role: "user", content: [] }, /content is empty/],
    [
      { role: "assistant", content: "", toolCalls: [{ id: "a", tool: "t", arguments: {} }] },
      /arguments is of type object/,
    ],
    [{ role: "assistant", content: "", toolCalls: [{ id: "", tool: "t", arguments: "{}" }] }, /id is empty/],
    [{ role: "assistant", content: "", toolCalls: {} }, /toolCalls is of type object/],
    [{ role: "tool", content: "a" }, /callId is missing/],
  ])("with the message %j is refused", async (message, why) => {
    const messages = [message] as never; // what a caller without types may hand in
    expect(await failureOf({ messages })).toMatchObject({
      code: "invalid_message",
      message: expect.stringMatching(why),
    });
  });

  test("gives ids and names the characters that the protocol takes, the same for a call and its result", async () => {
    const messages: Message[] = [
      hi,
      { role: "assistant", content: "", toolCalls: [{ id: "functions.go:0", tool: "my.tool", arguments: "{}" }] },
      { role: "tool", callId: "functions.go:0", content: "ok" },
    ];
    expect(await messagesOf(...messages)).toMatchObject([
      {},
      { content: [{ id: "functions_x2ego_x3a0", name: "my_tool" }] },
      { content: [{ tool_use_id: "functions_x2ego_x3a0" }] },
    ]);
  });

  test("mends halves of characters and leaves whole ones as they were written", async () => {
    const args = '{"a":"\\ud83d\\ude00","b":"\\ud83d"}';
    const { text } = await sentBy({
      messages: [
        { role: "user", content: "a\ud800" },
        {
          role: "assistant",
          content: "b\udc00",
          toolCalls: [{ id: "c", tool: "t", arguments: '{"a":"\\ud83d\\ude00"}' }],
        },
        result("c", "c\ud800"),
        { role: "assistant", content: "", toolCalls: [{ id: "d", tool: "t", arguments: args }] },
        result("d", "d"),
      ],
    });
    expect(text).toContain('"content":"a\ufffd"');
    expect(text).toContain('"text":"b\ufffd"');
    expect(text).toContain('"content":"c\ufffd"');
    expect(text).toContain('"input":{"a":"\\ud83d\\ude00"}');
    expect(text).toContain('"input":{"a":"😀","b":"\ufffd"}');
  });

  test("sends what the model said as it is, its refusal behind it, and no message that says nothing", async () => {
    const assistant = (change: Partial<AssistantMessage>): Message => ({ role: "assistant", content: "", ...change });
    expect(
      await messagesOf(
        hi,
        assistant({}),
        assistant({ content: " \n" }),
        assistant({ refusal: "No." }),
        assistant({ content: "A", refusal: "No." }),
      ),
    ).toEqual([
      { role: "user", content: "Hi" },
      { role: "assistant", content: [{ type: "text", text: "No." }] },
      { role: "assistant", content: [said("A"), said("No.")] },
    ]);
  });

  test("describes a tool by its name and its schema where it says no more, as xAI demands both", async () => {
    const tools = [{ name: "now", description: "", parameters: { type: "object" } }];
    expect((await bodyOf({ tools })).tools).toEqual([
      { name: "now", description: "now", input_schema: { type: "object", properties: {} } },
    ]);
  });

  test("that wants JSON says so in the system text, with the schema last, and the same on every turn", async () => {
    const schema = { type: "object", properties: { b: { type: "string" }, a: { type: "number" } } };
    const output = { name: "answer", schema };
    const { system } = await bodyOf({ messages: [{ role: "system", content: "Plan." }, hi], output });
    expect(system).toMatch(/^Plan\.\n\n.*one JSON value only/s);
    expect(String(system).split("fitting this schema: ")[1]).toBe(JSON.stringify(schema));
    const model = converse();
    const messages = [hi];
    const tools = [weather];
    await model.send({ messages, tools });
    await model.send({ messages, tools, output });
    expect(model.sent.map(({ json }) => typeof json.system)).toEqual(["undefined", "string"]);
  });
});

describe("settings", () => {
  const settingsOf = async (settings: ModelSettings, id?: string): Promise<Record<string, unknown>> => {
    const {
      model: _model,
      stream: _stream,
      messages: _messages,
      tools: _tools,
      ...rest
    } = await bodyOf({ settings, tools: [weather] }, id);
    return rest;
  };

  test("go by the names of the protocol", async () => {
    const settings = { temperature: 0.2, topP: 0.9, maxOutputTokens: 100, stop: ["END"], user: "u1" };
    expect(await settingsOf(settings, "claude-3-5-sonnet-latest")).toEqual({
      temperature: 0.2,
      top_p: 0.9,
      max_tokens: 100,
      stop_sequences: ["END"],
      metadata: { user_id: "u1" },
    });
  });

  test.each([
    ["grok-4.7", 128_000],
    ["grok-99", 128_000],
    ["claude-3-5-sonnet-latest", 8_192],
  ])("of %s without a maximum ask for %i tokens, since the protocol demands a number", async (id, max_tokens) => {
    expect(await settingsOf({ stop: [] }, id)).toEqual({ max_tokens });
  });

  test.each<[ModelSettings, unknown]>([
    [{ toolChoice: "auto" }, { type: "auto" }],
    [{ toolChoice: "required" }, { type: "any" }],
    [{ toolChoice: { tool: "get_weather" } }, { type: "tool", name: "get_weather" }],
    [{ parallelToolCalls: false }, { type: "auto", disable_parallel_tool_use: true }],
    [{ parallelToolCalls: true }, undefined],
    [
      { toolChoice: "required", parallelToolCalls: false },
      { type: "any", disable_parallel_tool_use: true },
    ],
    [{}, undefined],
  ])("%j choose tools as %j", async (settings, choice) => {
    expect((await settingsOf(settings)).tool_choice).toEqual(choice);
  });

  test("that forbid calls offer a grok no tools, and tell any other model not to call", async () => {
    const settings: ModelSettings = { toolChoice: "none" };
    const grok = await bodyOf({ settings, tools: [weather] });
    expect([grok.tools, grok.tool_choice]).toEqual([undefined, undefined]);
    const other = await bodyOf({ settings, tools: [weather] }, "claude-3-5-sonnet-latest");
    expect([other.tools, other.tool_choice]).toEqual([[expect.anything()], { type: "none" }]);
  });

  test("say nothing of tools where there are none, and may not demand any", async () => {
    expect(await bodyOf({ settings: { toolChoice: "auto", parallelToolCalls: false } })).not.toHaveProperty(
      "tool_choice",
    );
    expect(await failureOf({ settings: { toolChoice: "required" } })).toMatchObject({ code: "invalid_option" });
    expect(await failureOf({ settings: { toolChoice: { tool: "no" } }, tools: [weather] })).toMatchObject({
      code: "invalid_option",
    });
  });

  test.each<ModelSettings>([
    { seed: 1 },
    { frequencyPenalty: 0 },
    { presencePenalty: 0 },
    { reasoningEffort: "low" },
    { citations: "inline" },
  ])("%j are refused by name, when the model is made and when it is asked", async (settings) => {
    const [name = ""] = Object.keys(settings);
    const refusal = expect.objectContaining({ code: "unsupported_setting", message: expect.stringContaining(name) });
    const { endpoint } = fakeEndpoint(() => ({ reads: [] }));
    const id = "claude-3-5-sonnet-latest";
    expect(() => createMessagesModel({ id, endpoint, settings })).toThrow(refusal);
    const model = createMessagesModel({ id, endpoint });
    expect(() => model.accepts?.([], settings)).toThrow(refusal);
    expect((await drain(model.stream(request({ settings }), never))).error).toEqual(refusal);
    expect(() => model.accepts?.([], { temperature: 1 })).not.toThrow();
  });

  test("do not let a server tool through", async () => {
    const serverTools = [webSearch(), codeExecution()];
    const refusal = { code: "unsupported_setting", message: expect.stringContaining("web_search, code_execution") };
    expect(await failureOf({ serverTools })).toMatchObject(refusal);
    const model = createMessagesModel({ id: "grok-4.7", endpoint: fakeEndpoint(() => ({ reads: [] })).endpoint });
    expect(() => model.accepts?.(serverTools, {})).toThrow(expect.objectContaining(refusal));
  });
});

describe("blocks of an earlier answer", () => {
  const thinking = { type: "thinking", thinking: "Hm.", signature: "sig" };
  const redacted = { type: "redacted_thinking", data: "blob" };
  const search = { type: "server_tool_use", id: "srv_1", name: "web_search", input: { query: "q" } };
  const found = { type: "web_search_tool_result", tool_use_id: "srv_1", content: [{ encrypted_content: "e" }] };

  test("go back verbatim and in order, calls with the ids they have here", async () => {
    const items = [thinking, redacted, search, found, said("Look."), toolUse("wire", { caller: { type: "direct" } })];
    const toolCalls = [{ id: "wire_2", tool: "get_weather", arguments: '{"city":"Lisbon"}' }];
    expect(await messagesOf(hi, answerWith(items, { toolCalls }), result("wire_2", "ok"))).toEqual([
      { role: "user", content: "Hi" },
      { role: "assistant", content: [...items.slice(0, -1), toolUse("wire_2", { caller: { type: "direct" } })] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "wire_2", content: "ok" }] },
    ]);
  });

  test("go without calls that the message no longer has, and with those it has besides", async () => {
    const items = [thinking, toolUse("kept"), toolUse("kept"), toolUse("gone")];
    const toolCalls = ["kept", "added"].map((id) => ({ id, tool: "get_weather", arguments: '{"city":"Lisbon"}' }));
    expect(await messagesOf(hi, answerWith(items, { toolCalls }))).toMatchObject([
      {},
      { content: [thinking, toolUse("kept"), toolUse("added")] },
    ]);
  });

  test.each([
    ["text without a word", [said(" \n"), said("A")], [said("A")]],
    ["thinking at the end", [said("A"), thinking, redacted], [said("A")]],
    ["unsigned thinking", [{ ...thinking, signature: "" }, said("A")], [said("A")]],
    ["a server's call without its result", [search, said("A")], [said("A")]],
  ])("go without %s, which the server would refuse", async (_name, items, sent) => {
    expect(await messagesOf(hi, answerWith(items))).toEqual([
      { role: "user", content: "Hi" },
      { role: "assistant", content: sent },
    ]);
  });

  test("of which nothing is left are no message", async () => {
    expect(await messagesOf(hi, answerWith([thinking]), hi)).toEqual([hi, hi]);
  });

  test.each<Partial<RawItems>>([{ api: "responses" }, { provider: "example.com" }, { family: "grok-9" }])(
    "of another maker (%j) are sent as what they say, and this is told once for a conversation",
    async (change) => {
      const model = converse();
      const message = answerWith([thinking, said("B")], { content: "B", reasoning: "Hm." });
      const raw: RawItems = { api: "messages", provider: "127.0.0.1", family: "grok-4", items: [redacted], ...change };
      const messages: Message[] = [hi, { ...message, raw }, hi];
      const first = await model.send({ messages });
      const second = await model.send({ messages });
      expect(only(first, "warning").map(({ code }) => code)).toEqual(["foreign_items_dropped", "reasoning_dropped"]);
      expect(only(second, "warning")).toEqual([]);
      expect(model.sent[0]?.json.messages).toEqual([hi, { role: "assistant", content: [said("B")] }, hi]);
    },
  );

  test("that a retired name made are the model's that answers for it", async () => {
    const model = converse("grok-3");
    await model.send({ messages: [hi, answerWith([thinking, said("B")])] });
    expect(model.sent[0]?.json.messages).toMatchObject([{}, { content: [thinking, said("B")] }]);
  });
});

describe("what the protocol has no place for", () => {
  test("is told once for a conversation, and again where the answer failed", async () => {
    const wholes = [framed([]), framed(streamed([said("ok")])), framed(streamed([said("ok")]))];
    const { endpoint } = fakeEndpoint((_request, n) => ({ reads: [wholes[n - 1] ?? new Uint8Array()] }));
    const model = createMessagesModel({ id: "grok-4.7", endpoint });
    const messages: Message[] = [
      { role: "system", content: "S", name: "boss" },
      { role: "user", content: "Hi", name: "ann" },
      { role: "assistant", content: "A", reasoning: "Hm." },
    ];
    const codes: string[][] = [];
    for (let n = 0; n < 3; n++) {
      if (n === 2) messages.push({ role: "user", content: "Hi", name: "bob" });
      const seen = await drain(model.stream(request({ messages }), never));
      codes.push(only(seen, "warning").map(({ code }) => code));
    }
    expect(codes).toEqual([[], ["names_dropped", "reasoning_dropped"], []]);
  });
});

// --- properties -----------------------------------------------------------------------------------------------------

const word = fc.constantFrom("a", "Olá", "\ud800x", '"]}', "<system>", " ");
const ids = fc.array(fc.constantFrom("a", "b", "c.d", "e"), { minLength: 1, maxLength: 3 });
const call = (id: string): { id: string; tool: string; arguments: string } => ({
  id,
  tool: "t",
  arguments: `{"n":"${id}"}`,
});
const block = fc.oneof(
  word.map(said),
  fc.constant({ type: "thinking", thinking: "t", signature: "s" }),
  fc.constantFrom("a", "b").map((id) => toolUse(id)),
  fc.constant({ type: "redacted_thinking", data: "d" }),
);
const message: fc.Arbitrary<Message> = fc.oneof(
  word.map((content): Message => ({ role: "user", content })),
  word.map((content): Message => ({ role: "system", content })),
  fc.record({ role: fc.constant("assistant" as const), content: fc.oneof(word, fc.constant("")) }),
  fc.tuple(word, ids).map(([content, list]): Message => ({ role: "assistant", content, toolCalls: list.map(call) })),
  fc
    .tuple(fc.array(block, { maxLength: 4 }), fc.array(fc.constantFrom("a", "b", "z"), { maxLength: 2 }))
    .map(([items, list]): Message => answerWith(items, { toolCalls: list.map(call) })),
  fc.constantFrom("a", "b", "c.d", "z").map((id) => result(id, `of ${id}`)),
);

interface WireMessage {
  role: string;
  content: string | { type: string; text?: string; id?: string; tool_use_id?: string }[];
}

const blocksOf = ({ content }: WireMessage): Exclude<WireMessage["content"], string> =>
  typeof content === "string" ? [{ type: "text", text: content }] : content;

describe("any conversation", () => {
  test("that is paired is sent with every call answered in the very next message, and with nothing empty in it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 10 }), async (list) => {
        const messages = [hi, ...pairMessages(list).messages];
        const sent = (await messagesOf(...messages)) as WireMessage[]; // the shape is what is tested
        const seen = new Set<string>();
        sent.forEach((entry, index) => {
          const blocks = blocksOf(entry);
          expect(blocks.length).toBeGreaterThan(0);
          for (const { type, text } of blocks) if (type === "text") expect(text).not.toBe("");
          const calls = blocks.flatMap(({ type, id = "" }) => (type === "tool_use" ? [id] : []));
          const answers = blocks.flatMap(({ type, tool_use_id = "" }) => (type === "tool_result" ? [tool_use_id] : []));
          if (calls.length > 0) {
            const next = sent[index + 1];
            expect(next?.role).toBe("user");
            expect(
              next === undefined
                ? []
                : blocksOf(next)
                    .map((result) => result.tool_use_id)
                    .sort(),
            ).toEqual([...calls].sort());
          }
          if (answers.length > 0) expect(sent[index - 1]?.role).toBe("assistant");
          for (const id of calls) {
            expect(seen.has(id)).toBe(false);
            expect(id).toMatch(/^[\w-]+$/);
            seen.add(id);
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  test("that grows is sent with the bytes of before, whatever its turns are, and as if it had been sent at once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 8 }),
        fc.array(fc.nat(8), { maxLength: 3 }),
        async (list, places) => {
          const all = [hi, ...pairMessages(list).messages];
          const model = converse();
          const messages: Message[] = [];
          for (const place of [1, ...places, all.length].sort((a, b) => a - b)) {
            messages.push(...all.slice(messages.length, Math.max(place, messages.length)));
            await model.send({ messages });
          }
          const texts = model.sent.map(({ text }) => text.slice(0, text.lastIndexOf('],"max_tokens"')));
          texts.forEach((text, n) => {
            const before = texts[n - 1] ?? "";
            const open = before.endsWith("]}") && !text.startsWith(before) ? before.slice(0, -2) : before;
            expect(text.startsWith(open)).toBe(true);
          });
          expect(model.sent.at(-1)?.text).toBe((await sentBy({ messages: all })).text);
        },
      ),
      { numRuns: 200 },
    );
  });
});
