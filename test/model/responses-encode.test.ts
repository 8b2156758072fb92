import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AssistantMessage, Message } from "../../src/message/index.ts";
import { createAutoModel, createChatModel, createModel, createResponsesModel } from "../../src/model/index.ts";
import { webSearch as makeWebSearch, remoteMcp, type ServerTool, type ToolDeclaration } from "../../src/tool/index.ts";
import { drain, eventStream, fakeEndpoint, hello, never, request, type Seen, turnOf } from "./fake-endpoint.ts";
import {
  call,
  codeExecution,
  completed,
  converse,
  message,
  only,
  reasoning,
  webCall,
  webSearch,
  xCall,
  xSearch,
} from "./responses-support.ts";

const weather: ToolDeclaration = { name: "get_weather", description: "Weather.", parameters: { type: "object" } };
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const hi: Message = { role: "user", content: "Hi" };
const answerWith = (items: readonly unknown[], change: Partial<AssistantMessage> = {}): AssistantMessage => ({
  role: "assistant",
  content: "",
  raw: { api: "responses", provider: "127.0.0.1", family: "grok-4", items },
  ...change,
});

async function bodyOf(change: Parameters<ReturnType<typeof converse>["send"]>[0]): Promise<Record<string, unknown>> {
  const model = converse([]);
  const seen = await model.send(change);
  if (seen.error !== undefined) throw seen.error;
  return model.sent[0]?.json ?? {};
}

describe("a request", () => {
  test("says of server tools what may be turned on or off, where it is set", async () => {
    const serverTools = [
      makeWebSearch({ externalWebAccess: false }),
      remoteMcp({ url: "https://mcp.example.com/", label: "orders", deferLoading: true }),
    ];
    expect((await bodyOf({ serverTools })).tools).toEqual([
      { type: "web_search", external_web_access: false },
      { type: "mcp", server_url: "https://mcp.example.com/", server_label: "orders", defer_loading: true },
    ]);
  });

  test("is stateless, asks for what is encrypted, and names its conversation for the cache", async () => {
    expect(await bodyOf({})).toEqual({
      model: "grok-4.7",
      stream: true,
      store: false,
      input: [{ role: "user", content: "Hi" }],
      include: ["reasoning.encrypted_content"],
      prompt_cache_key: "conv-1",
    });
  });

  test("writes every server tool as xAI spells it, and asks for what each has to show", async () => {
    const mcp: ServerTool = {
      executor: "server",
      kind: "mcp",
      name: "orders",
      options: { url: "https://mcp.example.com/", label: "orders", allowedTools: ["find"] },
      secrets: () => ({ authorization: "Bearer secret-1" }),
    };
    const serverTools: ServerTool[] = [
      {
        ...webSearch,
        options: { allowedDomains: ["example.com"], imageSearch: true, userLocation: { country: "PT" } },
      } as ServerTool, // a web search
      { ...xSearch, options: { excludedHandles: ["spam"], from: "2026-01-01", to: "2026-02-01" } } as ServerTool, // an X search
      codeExecution,
      {
        executor: "server",
        kind: "collections_search",
        name: "collections_search",
        options: { collectionIds: ["c1"], maxResults: 3 },
      },
      mcp,
      { executor: "server", kind: "image_generation", name: "image_generation", options: {} },
    ];
    const body = await bodyOf({
      tools: [weather],
      serverTools,
      maxServerTurns: 4,
      settings: { citations: "annotations", toolChoice: { tool: "get_weather" } },
    });
    expect(body).toMatchObject({
      tools: [
        { type: "function", name: "get_weather", description: "Weather.", parameters: { type: "object" } },
        {
          type: "web_search",
          allowed_domains: ["example.com"],
          enable_image_search: true,
          user_location: { type: "approximate", country: "PT" },
        },
        { type: "x_search", excluded_x_handles: ["spam"], from_date: "2026-01-01", to_date: "2026-02-01" },
        { type: "code_interpreter" },
        { type: "file_search", vector_store_ids: ["c1"], max_num_results: 3 },
        {
          type: "mcp",
          server_url: "https://mcp.example.com/",
          server_label: "orders",
          allowed_tools: ["find"],
          authorization: "Bearer secret-1",
        },
        { type: "image_generation" },
      ],
      include: [
        "reasoning.encrypted_content",
        "web_search_call.action.sources",
        "file_search_call.results",
        "code_interpreter_call.outputs",
        "mcp_call.output",
        "no_inline_citations",
      ],
      max_turns: 4,
      tool_choice: { type: "function", name: "get_weather" },
    });
  });

  test("sends no cap on server turns where there are none to take", async () => {
    expect(await bodyOf({ maxServerTurns: 4 })).not.toHaveProperty("max_turns");
  });

  test("that may call nothing offers functions alone, since what xAI runs costs", async () => {
    const settings = { toolChoice: "none" } as const;
    const body = await bodyOf({ tools: [weather], serverTools: [webSearch], maxServerTurns: 4, settings });
    expect(body).toMatchObject({ tool_choice: "none", include: ["reasoning.encrypted_content"] });
    expect(body.tools).toMatchObject([{ type: "function" }]);
    expect(body).not.toHaveProperty("max_turns");
    const alone = await bodyOf({ serverTools: [webSearch], settings });
    expect([alone.tools, alone.tool_choice]).toEqual([undefined, undefined]);
  });

  test("that demands a server tool by name is refused, with the way to demand it", async () => {
    const { error } = await converse([]).send({
      serverTools: [webSearch],
      settings: { toolChoice: { tool: "web_search" } },
    });
    expect(error).toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining('alone and write "required"'),
    });
  });

  test("writes images, files and tool results as this endpoint wants them", async () => {
    const messages: Message[] = [
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "See" },
          { type: "image", url: "https://example.com/a.png", detail: "low" },
          { type: "file", fileId: "f1" },
        ],
      },
      { role: "assistant", content: "I look.", toolCalls: [{ id: "c1", tool: "get_weather", arguments: "not json" }] },
      { role: "tool", callId: "c1", content: "sunny" },
    ];
    expect((await bodyOf({ messages })).input).toEqual([
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "input_text", text: "See" },
          { type: "input_image", image_url: "https://example.com/a.png", detail: "low" },
          { type: "input_file", file_id: "f1" },
        ],
      },
      { role: "assistant", content: "I look." },
      { type: "function_call", call_id: "c1", name: "get_weather", arguments: "{}" },
      { type: "function_call_output", call_id: "c1", output: "sunny" },
    ]);
  });
});

describe("items of an earlier answer", () => {
  test("go back verbatim and in order: reasoning without status, no empty message, calls with their ids here", async () => {
    const thought = reasoning("blob-1");
    const search = webCall("ws", { type: "search", query: "q" });
    const items = [thought, search, message("", [], "empty"), message("Hm."), call("wire", "get_weather", '{"a":1}')];
    const toolCalls = [{ id: "wire_2", tool: "get_weather", arguments: '{"a":1}' }];
    const messages: Message[] = [
      hi,
      answerWith(items, { toolCalls }),
      { role: "tool", callId: "wire_2", content: "ok" },
    ];
    const { status: _status, ...sent } = thought as { status: string };
    expect((await bodyOf({ messages })).input).toEqual([
      { role: "user", content: "Hi" },
      sent,
      search,
      message("Hm."),
      { ...call("wire", "get_weather", '{"a":1}'), call_id: "wire_2" },
      { type: "function_call_output", call_id: "wire_2", output: "ok" },
    ]);
  });

  test("go without calls that the message no longer has, and with those it has besides", async () => {
    const items = [call("kept", "get_weather"), call("dropped", "get_weather"), call("gone", "get_weather")];
    const toolCalls = ["kept", "added"].map((id) => ({ id, tool: "get_weather", arguments: "{}" }));
    const { input } = await bodyOf({ messages: [hi, answerWith(items, { toolCalls })] });
    expect(input).toEqual([
      { role: "user", content: "Hi" },
      call("kept", "get_weather"),
      { type: "function_call", call_id: "added", name: "get_weather", arguments: "{}" },
    ]);
  });

  test.each([
    ["another provider", { provider: "elsewhere.example" }],
    ["another family", { family: "grok-build" }],
  ])("of %s are left out, with one warning", async (_whose, change) => {
    const foreign = answerWith([reasoning("blob-1"), message("Said.")], { content: "Said." });
    const messages: Message[] = [
      hi,
      { ...foreign, raw: { ...foreign.raw, ...change } as typeof foreign.raw & object },
      hi,
    ];
    const model = converse([]);
    const first = await model.send({ messages });
    expect(only(first, "warning").map(({ code }) => code)).toEqual(["foreign_items_dropped"]);
    expect(model.inputs()[0]?.[1]).toEqual({ role: "assistant", content: "Said." });
    messages.push({ role: "assistant", content: "ok" }, hi);
    expect(only(await model.send({ messages }), "warning")).toEqual([]);
  });

  test("that the server cannot decrypt are left out once and for all, with one more try and a warning", async () => {
    const refusal = {
      code: "invalid-argument",
      error: "Could not decrypt the provided encrypted_content. Ensure the value is the unmodified one.",
    };
    const { endpoint, sent } = fakeEndpoint((_request, n) =>
      n === 1
        ? {
            status: 400,
            headers: { "content-type": "application/json" },
            reads: [new TextEncoder().encode(JSON.stringify(refusal))],
          }
        : { reads: [eventStream([completed([message("Hi")])])] },
    );
    const model = createResponsesModel({ id: "grok-4.7", endpoint });
    const items = [
      reasoning("blob-1"),
      { ...webCall("ws", { type: "search", query: "q" }), encrypted_content: "blob-2" },
      message("Said."),
    ];
    const asked = request({ messages: [hi, answerWith(items, { content: "Said." }), hi] });
    const seen = await drain(model.stream(asked, never));
    expect(only(seen, "warning").map(({ code }) => code)).toEqual(["encrypted_items_dropped"]);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.text).not.toContain("blob");
    expect(sent[1]?.text).toContain("Said.");
    const again = await drain(model.stream(asked, never));
    expect([again.error, sent.length]).toEqual([undefined, 3]);
    expect(sent[2]?.text).toBe(sent[1]?.text);
  });

  test("refused a second time end the attempt", async () => {
    const refusal = new TextEncoder().encode(
      JSON.stringify({ code: "400", error: "Could not decrypt the provided encrypted_content" }),
    );
    const { endpoint, sent } = fakeEndpoint(() => ({
      status: 400,
      headers: { "content-type": "application/json" },
      reads: [refusal],
    }));
    const seen = await drain(createResponsesModel({ id: "grok-4.7", endpoint }).stream(request(), never));
    expect(seen.error).toMatchObject({ status: 400 });
    expect(sent).toHaveLength(2);
  });
});

/** One turn of the model, of items that may stand together, and what follows it. */
const turns = fc.array(
  fc.array(fc.constantFrom("reasoning", "web", "x", "message", "call"), { minLength: 1, maxLength: 5 }),
  { minLength: 1, maxLength: 6 },
);

function itemsOf(kinds: readonly string[], turn: number): object[] {
  return kinds.map((kind, n) => {
    const id = `${turn}_${n}`;
    if (kind === "reasoning") return reasoning(`blob-${id}.`, `rs_${id}`);
    if (kind === "web") return webCall(`ws_${id}`, { type: "search", query: `q ${id}` });
    if (kind === "x") return xCall(`ctc_${id}`, "x_keyword_search", `{"query":"${id}"}`);
    if (kind === "message") return message(`text ${id} \u{1f600}`, [], `msg_${id}`);
    return call(`call_${id}`, "get_weather", `{"n":"${id}"}`);
  });
}

/** What xAI demands of input items, as far as it is documented (wire document 2.2). */
function problemsOf(items: readonly Record<string, unknown>[]): string[] {
  const outputs = items.filter(({ type }) => type === "function_call_output").map(({ call_id }) => call_id);
  const calls = items.filter(({ type }) => type === "function_call").map(({ call_id }) => call_id);
  const known = [
    "message",
    "reasoning",
    "web_search_call",
    "custom_tool_call",
    "function_call",
    "function_call_output",
  ];
  return [
    ...items
      .filter(({ type, role }) => (type === undefined ? role === undefined : !known.includes(String(type))))
      .map(() => "unknown item"),
    ...items
      .filter(({ type, status }) => type === "reasoning" && status !== undefined)
      .map(() => "reasoning with status"),
    ...(JSON.stringify(outputs.toSorted()) === JSON.stringify(calls.toSorted()) ? [] : ["unpaired call"]),
  ];
}

describe("a conversation replayed statelessly", () => {
  test("is valid to the item, holds every opaque item once, and begins each time as it was sent before", async () => {
    await fc.assert(
      fc.asyncProperty(turns, async (plan) => {
        const answers = plan.map((kinds, turn) => itemsOf(kinds, turn));
        const model = converse(answers);
        const messages: Message[] = [{ role: "system", content: "Be brief." }, hi];
        for (const _answer of answers) {
          const seen = await model.send({ messages, tools: [weather], serverTools: [webSearch, xSearch] });
          expect(only(seen, "cache.missed")).toEqual([]);
          const { message: said } = turnOf(seen);
          const renamed = said.toolCalls?.map((made) => ({ ...made, id: `run_${made.id}` }));
          messages.push(renamed === undefined ? said : { ...said, toolCalls: renamed });
          for (const { id } of renamed ?? []) messages.push({ role: "tool", callId: id, content: "sunny" });
          messages.push({ role: "user", content: "And?" });
        }
        await model.send({ messages, tools: [weather], serverTools: [webSearch, xSearch] });
        const last = model.inputs().at(-1) ?? [];
        expect(problemsOf(last)).toEqual([]);
        for (const item of answers.flat().map((made) => JSON.stringify(made))) {
          const blob = /blob-[\d_]+\./.exec(item)?.[0];
          if (blob !== undefined) expect(model.sent.at(-1)?.text.split(blob)).toHaveLength(2);
        }
        for (const [n, { text }] of model.sent.entries()) {
          const before = model.sent[n - 1]?.text ?? "";
          const prefix = before.slice(0, before.lastIndexOf('],"include"'));
          expect(text.startsWith(prefix)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  }, 20_000);
});

describe("the cache watch", () => {
  const grown = (...texts: string[]): Message[] => texts.map((content) => ({ role: "user", content }));

  test("says nothing while a conversation grows, also in another list of the same messages", async () => {
    const model = converse([]);
    await model.send({ messages: grown("one", "two") });
    expect(only(await model.send({ messages: grown("one", "two", "three") }), "cache.missed")).toEqual([]);
    expect(only(await model.send({ messages: grown("one") }), "cache.missed")).toEqual([]);
  });

  test("shows the first byte that differs, and what is around it", async () => {
    const model = converse([]);
    await model.send({ messages: grown("héllo one", "two") });
    const [missed] = only(await model.send({ messages: grown("héllo ONE", "two") }), "cache.missed");
    const bytes = model.sent.map((sent) => sent.bytes);
    const first = bytes[0]?.findIndex((byte, n) => byte !== bytes[1]?.[n]);
    expect(missed?.firstDifference).toBe(first);
    expect(missed?.before).toContain("héllo one");
    expect(missed?.now).toContain("héllo ONE");
  });

  test("tells of changed tools, and never of keys", async () => {
    const mcp = (key: string): ServerTool => ({
      executor: "server",
      kind: "mcp",
      name: "orders",
      options: { url: "https://mcp.example.com/", label: "orders" },
      secrets: () => ({ authorization: `Bearer ${key}`, headers: { "x-team": "team-secret" } }),
    });
    const model = converse([]);
    await model.send({ serverTools: [mcp("first-key")] });
    const [missed] = only(await model.send({ serverTools: [mcp("other-key")] }), "cache.missed");
    expect(missed).toBeDefined();
    expect(JSON.stringify(missed)).not.toMatch(/first-key|other-key|team-secret|Bearer/);
  });

  test("is another's where the conversation is another, and forgets the longest unused of more than 64", async () => {
    const model = converse([]);
    await model.send({ messages: grown("one"), conversation: "a" });
    expect(only(await model.send({ messages: grown("ONE"), conversation: "b" }), "cache.missed")).toEqual([]);
    for (let n = 0; n < 64; n++) await model.send({ messages: grown(`${n}`), conversation: `c${n}` });
    expect(only(await model.send({ messages: grown("ONE"), conversation: "a" }), "cache.missed")).toEqual([]);
  });

  test("works for chat completions as well", async () => {
    const { endpoint } = fakeEndpoint(() => ({ reads: [hello] }));
    const model = createChatModel({ id: "grok-4.7", endpoint });
    await drain(model.stream(request({ messages: grown("one") }), never));
    expect(only(await drain(model.stream(request({ messages: grown("ONE") }), never)), "cache.missed")).toHaveLength(1);
  });
});

describe("a chained model", () => {
  test("stores its answers and sends only what is new, with the server's own call ids", async () => {
    const model = converse([[call("wire_1", "get_weather")]], { chained: true });
    const messages: Message[] = [hi];
    const { message: said } = turnOf(await model.send({ messages, tools: [weather] }));
    messages.push(
      { ...said, toolCalls: [{ id: "run_1", tool: "get_weather", arguments: "{}" }] },
      { role: "tool", callId: "run_1", content: "sunny" },
    );
    turnOf(await model.send({ messages, tools: [weather] }));
    messages.push({ role: "assistant", content: "ok" }, { role: "user", content: "And tomorrow?" });
    const third = await model.send({ messages, tools: [weather] });
    expect([third.error, only(third, "cache.missed")]).toEqual([undefined, []]);
    expect(model.sent.map(({ json }) => [json.store, json.previous_response_id])).toEqual([
      [true, undefined],
      [true, "resp_1"],
      [true, "resp_2"],
    ]);
    expect(model.inputs().slice(1)).toEqual([
      [{ type: "function_call_output", call_id: "wire_1", output: "sunny" }],
      [{ role: "user", content: "And tomorrow?" }],
    ]);
  });

  test.each([
    [404, { code: "not-found", error: "No response with this id." }],
    [400, { error: { code: "previous_response_not_found", message: "Gone.", type: "invalid_request_error" } }],
  ])("sends a conversation whole, once and with a warning, when xAI lost it: %i", async (status, refusal) => {
    const fake = fakeEndpoint(({ body }, n) =>
      new TextDecoder().decode(body).includes('"previous_response_id"') && n === 2
        ? { status, headers: { "content-type": "application/json" }, reads: [utf8(JSON.stringify(refusal))] }
        : { reads: [eventStream([completed([message("ok")], { id: `resp_${n}` })])] },
    );
    const model = createResponsesModel({ id: "grok-4.7", endpoint: fake.endpoint, chained: true });
    const messages: Message[] = [hi];
    const ask = (): Promise<Seen> => drain(model.stream(request({ messages }), never));
    messages.push(turnOf(await ask()).message, { role: "user", content: "And now?" });
    const second = await ask();
    messages.push(turnOf(second).message, { role: "user", content: "And then?" });
    expect(only(second, "warning").map(({ code }) => code)).toEqual(["chain_lost"]);
    expect(only(await ask(), "warning")).toEqual([]);
    expect(fake.sent.map(({ json }) => [json.previous_response_id, (json.input as unknown[]).length])).toEqual([
      [undefined, 1],
      ["resp_1", 1],
      [undefined, 3],
      ["resp_3", 1],
    ]);
  });

  test("gives up on an answer of 404 to a whole conversation", async () => {
    const { endpoint, sent } = fakeEndpoint(() => ({ status: 404, reads: [utf8('{"error":"No such model."}')] }));
    const model = createResponsesModel({ id: "grok-4.7", endpoint, chained: true });
    expect((await drain(model.stream(request(), never))).error).toMatchObject({ status: 404 });
    expect(sent).toHaveLength(1);
  });

  test("sends a conversation whole that it did not answer", async () => {
    const model = converse([], { chained: true });
    await model.send({ messages: [hi, { role: "assistant", content: "Hello" }, hi] });
    expect(model.inputs()[0]).toHaveLength(3);
    expect(model.sent[0]?.json).not.toHaveProperty("previous_response_id");
  });
});

describe("the choice of the endpoint", () => {
  const server = (): ReturnType<typeof fakeEndpoint> & { paths: string[] } => {
    const paths: string[] = [];
    const fake = fakeEndpoint(({ url }) => {
      const { pathname } = new URL(url);
      paths.push(pathname);
      return {
        reads: [
          pathname.endsWith("/responses")
            ? eventStream([completed([reasoning("blob-1"), message("From responses.")])])
            : hello,
        ],
      };
    });
    return { ...fake, paths };
  };

  test("is chat completions for functions and the Responses API for server tools; one conversation may cross both ways", async () => {
    const { endpoint, paths, sent } = server();
    const model = createModel({ id: "grok-4.7", endpoint });
    const messages: Message[] = [hi];
    for (const serverTools of [[], [webSearch], []]) {
      messages.push(
        turnOf(await drain(model.stream(request({ messages, tools: [weather], serverTools }), never))).message,
        { role: "user", content: "Go on." },
      );
    }
    expect(paths).toEqual(["/v1/chat/completions", "/v1/responses", "/v1/chat/completions"]);
    expect(sent[1]?.json.input).toEqual([
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
      { role: "user", content: "Go on." },
    ]);
    expect(sent[2]?.json.messages).toEqual([
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
      { role: "user", content: "Go on." },
      { role: "assistant", content: "From responses." },
      { role: "user", content: "Go on." },
    ]);
    expect(model.api).toBe("auto");
  });

  test("chat, when it is forced, refuses server tools when asked and when sent them, saying why and what to do", async () => {
    const { endpoint, sent } = server();
    const model = createModel({ id: "grok-4.7", endpoint, api: "chat" });
    expect(() => model.accepts?.([webSearch], {})).toThrow(/refuses web_search with a 422.*"responses"/);
    expect(() => model.accepts?.([], {})).not.toThrow();
    const { error } = await drain(model.stream(request({ serverTools: [webSearch] }), never));
    expect(error).toMatchObject({ code: "unsupported_setting" });
    expect(sent).toEqual([]);
  });

  test("finds settings that the Responses API does not take before the first run, and only where it is used", () => {
    const { endpoint } = server();
    const model = createModel({ id: "grok-4.20-non-reasoning", endpoint, settings: { seed: 1 } });
    expect(() => model.accepts?.([], {})).not.toThrow();
    expect(() => model.accepts?.([webSearch], {})).toThrow(/settings\.seed/);
  });

  test("is refused where it is none", () => {
    const { endpoint } = server();
    expect(() => createModel({ id: "grok-4.7", endpoint, api: "grpc" as "chat" })).toThrow(
      /"auto", "chat", "responses" or "messages"/,
    );
  });

  test("between two models is made for each request", async () => {
    const { endpoint, paths } = server();
    const model = createAutoModel(
      createChatModel({ id: "grok-4.7", endpoint }),
      createResponsesModel({ id: "grok-4.7", endpoint }),
    );
    await drain(model.stream(request({ serverTools: [xSearch] }), never));
    expect(paths).toEqual(["/v1/responses"]);
  });
});
