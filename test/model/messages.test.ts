import { createAgent, defineTool, type RunEvent } from "fairwitness";
import { checkEvents } from "fairwitness/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Message } from "../../src/message/index.ts";
import { createMessagesModel } from "../../src/model/index.ts";
import { drain, fakeEndpoint, never, request, turnOf } from "./fake-endpoint.ts";
import {
  begin,
  converse,
  delta,
  end,
  framed,
  input,
  only,
  said,
  shown,
  start,
  stop,
  streamed,
  text,
  turnFrom,
} from "./messages-support.ts";

const toolUse = (id: string, name = "get_weather", args: object = {}): Record<string, unknown> => ({
  type: "tool_use",
  id,
  name,
  input: args,
});
const search = (id: string, query = "q"): Record<string, unknown> => ({
  type: "server_tool_use",
  id,
  name: "web_search",
  input: { query },
});
const found = (tool_use_id: string, ...urls: string[]): Record<string, unknown> => ({
  type: "web_search_tool_result",
  tool_use_id,
  content: urls.map((url) => ({ type: "web_search_result", url, title: `T ${url}`, encrypted_content: "blob" })),
});
const cited = (value: string, ...urls: string[]): Record<string, unknown> => ({
  ...said(value),
  citations: urls.map((url) => ({ type: "web_search_result_location", url, title: "T", cited_text: "…" })),
});

describe("what comes in", () => {
  test("is shown as it comes, each network read at once", async () => {
    const seen = await shown([
      [begin(), start(0, { type: "thinking", thinking: "", signature: "" })],
      [delta(0, { type: "thinking_delta", thinking: "Hm" }), delta(0, { type: "signature_delta", signature: "s" })],
      [
        stop(0),
        { type: "ping" },
        start(1, said("")),
        delta(1, text("I ")),
        delta(1, text("")),
        delta(1, text("look.")),
      ],
      [stop(1), start(2, toolUse("a")), delta(2, input('{"ci')), delta(2, input('ty":1}')), stop(2)],
      [start(3, toolUse("b", "now")), stop(3), ...end("tool_use")],
    ]);
    expect(seen.events.slice(0, -1)).toEqual([
      { type: "reasoning.delta", delta: "Hm" },
      { type: "text.delta", delta: "I " },
      { type: "text.delta", delta: "look." },
      { type: "tool.input.delta", index: 0, tool: "get_weather", delta: "" },
      { type: "tool.input.delta", index: 0, tool: "get_weather", delta: '{"ci' },
      { type: "tool.input.delta", index: 0, tool: "get_weather", delta: 'ty":1}' },
      { type: "tool.input.delta", index: 1, tool: "now", delta: "" },
      { type: "tool.input.delta", index: 1, tool: "now", delta: "{}" },
    ]);
    expect(turnOf(seen)).toEqual({
      message: {
        role: "assistant",
        content: "I look.",
        reasoning: "Hm",
        toolCalls: [
          { id: "a", tool: "get_weather", arguments: '{"city":1}' },
          { id: "b", tool: "now", arguments: "{}" },
        ],
        raw: {
          api: "messages",
          provider: "127.0.0.1",
          family: "grok-4",
          items: [
            { type: "thinking", thinking: "Hm", signature: "s" },
            said("I look."),
            toolUse("a", "get_weather", { city: 1 }),
            toolUse("b", "now"),
          ],
        },
      },
      finishReason: "tool_calls",
      cost: { basis: "unknown" },
      servedModel: "grok-4.7",
      responseId: "msg_1",
    });
  });

  test("in blocks that begin with all they hold is shown once", async () => {
    const seen = await shown([
      [begin(), start(0, said("All")), stop(0), start(1, toolUse("a", "go", { x: 1 })), stop(1), ...end("tool_use")],
    ]);
    expect(only(seen, "text.delta").map((event) => event.delta)).toEqual(["All"]);
    expect(only(seen, "tool.input.delta").map((event) => event.delta)).toEqual(["", '{"x":1}']);
    expect(turnOf(seen).message.toolCalls).toEqual([{ id: "a", tool: "go", arguments: '{"x":1}' }]);
  });

  test("of texts with something between them are paragraphs, neighbours are one text, and it is shown so", async () => {
    const thinking = { type: "thinking", thinking: "x", signature: "s" };
    const blocks = [said("A"), said("B"), said(""), thinking, said("C"), thinking, search("s"), found("s"), said("D")];
    const seen = await shown([streamed(blocks)]);
    const { message } = turnOf(seen);
    expect([message.content, message.reasoning]).toEqual(["AB\n\nC\n\nD", "x\n\nx"]);
    expect(
      only(seen, "text.delta")
        .map((event) => event.delta)
        .join(""),
    ).toBe(message.content);
    expect(
      only(seen, "reasoning.delta")
        .map((event) => event.delta)
        .join(""),
    ).toBe(message.reasoning);
  });

  test("of a kind that nobody knows is kept whole", async () => {
    const block = { type: "brand_new", thing: 1 };
    const change = { type: "new_delta", thing: 2 };
    const seen = await shown([
      [
        begin(),
        { type: "surprise", n: 1 },
        start(0, block),
        stop(0),
        start(1, said("")),
        delta(1, change),
        delta(1, text("ok")),
      ],
      end("end_turn", { context_management: { applied_edits: [] } }),
    ]);
    expect(only(seen, "wire").map(({ item }) => item)).toEqual([
      { type: "surprise", n: 1 },
      block,
      { type: "content_block_delta", index: 1, delta: change },
      { context_management: { applied_edits: [] } },
    ]);
    expect(turnOf(seen).message).toMatchObject({ content: "ok", raw: { items: [block, said("ok")] } });
  });

  test("in a block of such a kind that grows is shown when it is whole", async () => {
    const whole = { type: "compaction", content: "All of it." };
    const seen = await shown([
      [
        begin(),
        start(0, { type: "compaction", content: null }),
        delta(0, { type: "compaction_delta", content: "All of it." }),
      ],
      [stop(0), start(1, said("ok")), stop(1), ...end("end_turn")],
    ]);
    const items = only(seen, "wire").map(({ item }) => item);
    expect(items.filter((item) => (item as { type: string }).type === "compaction")).toEqual([whole]);
  });

  test("begins once, also where the server says so twice", async () => {
    const twice = start(0, toolUse("a"));
    const seen = await shown([[begin(), twice, twice, delta(0, input('{"a":1}')), stop(0), ...end("tool_use")]]);
    expect(only(seen, "tool.input.delta").map((event) => [event.index, event.delta])).toEqual([
      [0, ""],
      [0, '{"a":1}'],
    ]);
  });

  test("needs no raw items where text and calls are all there is", async () => {
    const direct = { ...toolUse("a"), caller: { type: "direct" } };
    const { message } = await turnFrom([said("A"), { ...said("B"), citations: [] }, direct], "tool_use");
    expect(message).toEqual({
      role: "assistant",
      content: "AB",
      toolCalls: [{ id: "a", tool: "get_weather", arguments: "{}" }],
    });
    const programmatic = { ...direct, caller: { type: "code_execution_20260120", tool_id: "srv" } };
    expect((await turnFrom([programmatic], "tool_use")).message.raw?.items).toEqual([programmatic]);
  });

  test("with arguments that are no JSON keeps them as the model wrote them", async () => {
    const seen = await shown([
      [begin(), start(0, toolUse("a")), delta(0, input('{"a":')), stop(0), ...end("max_tokens")],
    ]);
    const { finishReason, message } = turnOf(seen);
    expect([finishReason, message.toolCalls?.[0]?.arguments]).toEqual(["length", '{"a":']);
  });
});

describe("the end of an answer", () => {
  const calls = [toolUse("a")];
  test.each([
    ["end_turn", [said("x")], "stop", undefined],
    ["end_turn", calls, "tool_calls", undefined],
    ["stop_sequence", [said("x")], "stop", undefined],
    ["tool_use", calls, "tool_calls", undefined],
    ["max_tokens", [said("x")], "length", undefined],
    ["max_tokens", calls, "length", undefined],
    ["model_context_window_exceeded", [said("x")], "length", "model_context_window_exceeded"],
    ["refusal", calls, "refusal", undefined],
    ["pause_turn", [said("x")], "length", "pause_turn"],
    ["pause_turn", calls, "tool_calls", undefined],
    ["brand_new", [said("x")], "other", "brand_new"],
  ])("%s after %j is %s", async (reason, blocks, finishReason, wireFinishReason) => {
    const turn = await turnFrom(blocks, reason);
    expect([turn.finishReason, turn.wireFinishReason]).toEqual([finishReason, wireFinishReason]);
  });

  test("by refusal says why, where the server does", async () => {
    const why = (stop_details: unknown): object[] => [
      begin(),
      { type: "message_delta", delta: { stop_reason: "refusal", stop_details } },
      { type: "message_stop" },
    ];
    const details = { type: "refusal", category: "cyber", explanation: "Not this." };
    const seen = await shown([why(details)]);
    expect(turnOf(seen)).toMatchObject({ finishReason: "refusal", message: { content: "", refusal: "Not this." } });
    expect(only(seen, "wire")).toEqual([{ type: "wire", item: { stop_details: details } }]);
    expect(turnOf(await shown([why({ explanation: null })])).message).not.toHaveProperty("refusal");
  });

  test("at a stop sequence tells which", async () => {
    const last = { type: "message_delta", delta: { stop_reason: "stop_sequence", stop_sequence: "END" } };
    const seen = await shown([[begin(), start(0, said("x")), stop(0), last, { type: "message_stop" }]]);
    expect(only(seen, "wire")).toEqual([{ type: "wire", item: { stop_sequence: "END" } }]);
  });

  test("that never comes is an error, never a turn", async () => {
    const whole = streamed([said("Hello")]);
    for (let count = 0; count < whole.length; count++) {
      const seen = await shown([whole.slice(0, count)]);
      expect(seen.error).toMatchObject({ code: "stream_incomplete", retryable: true });
      expect(only(seen, "turn")).toEqual([]);
    }
  });

  test("with an error of the server is that error", async () => {
    const failure = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    const seen = await shown([[begin(), start(0, said("Hel")), failure]]);
    expect(seen.error).toMatchObject({ code: "overloaded", retryable: true });
    expect(only(seen, "text.delta", "turn")).toEqual([{ type: "text.delta", delta: "Hel" }]);
  });
});

describe("tokens and money", () => {
  const usage = { input_tokens: 10, cache_read_input_tokens: 5, cache_creation_input_tokens: 2, output_tokens: 1 };

  test("are told as the server counts them, the last word in the turn, thinking inside the output", async () => {
    const seen = await shown([
      [begin({ usage }), start(0, said("x")), stop(0)],
      [begin({ usage }), { type: "message_delta", delta: {} }],
      end("end_turn", { usage: { output_tokens: 9, output_tokens_details: { thinking_tokens: 4 } } }),
    ]);
    const first = { inputTokens: 17, outputTokens: 1, totalTokens: 18, cachedInputTokens: 5 };
    const last = { ...first, outputTokens: 9, totalTokens: 26, reasoningTokens: 4 };
    expect(only(seen, "usage").map((event) => event.usage)).toEqual([first, last]);
    expect(turnOf(seen).usage).toEqual(last);
  });

  test("that the server does not count are unknown, and never 0", async () => {
    expect(await turnFrom([said("x")])).not.toHaveProperty("usage");
    expect(await turnFrom([said("x")], "end_turn", { usage: { output_tokens: 3 } })).not.toHaveProperty("usage");
    const { usage: known } = await turnFrom([said("x")], "end_turn", { usage: { input_tokens: 1, output_tokens: 2 } });
    expect(known).toEqual({ inputTokens: 1, outputTokens: 2, totalTokens: 3 });
  });

  test("of an answer with tools that the server ran and did not count cost what nobody knows", async () => {
    const mcp = { type: "mcp_tool_use", id: "m", name: "echo", server_name: "tests", input: {} };
    expect((await turnFrom([mcp], "end_turn", { usage })).cost).toEqual({ basis: "unknown" });
  });

  test.each([
    ["billed where the server says so", { cost_in_usd_ticks: 77 }, { basis: "billed", ticks: 77 }],
    ["estimated by the price list of xAI else", {}, { basis: "estimated", ticks: 20_000 * 12 + 5_000 * 5 + 60_000 }],
    [
      "the same in the tier this protocol calls standard",
      { service_tier: "standard" },
      { basis: "estimated", ticks: 325_000 },
    ],
    ["unknown in a tier without a price", { service_tier: "batch" }, { basis: "unknown" }],
    [
      "unknown with searches, whose price here nobody knows",
      { server_tool_use: { web_search_requests: 1 } },
      { basis: "unknown" },
    ],
  ])("are %s", async (_name, change, cost) => {
    expect((await turnFrom([said("x")], "end_turn", { usage: { ...usage, ...change } })).cost).toEqual(cost);
  });
});

describe("tools that the server runs", () => {
  test("are started, asked and ended, with what they found and how long they were seen", async () => {
    const call = { id: "s1", executor: "server", kind: "web_search", tool: "web_search", action: "web_search" };
    const asked = { ...call, input: { query: "ferry" } };
    const seen = await shown([
      [begin(), start(0, { ...search("s1"), input: {} })],
      [delta(0, input('{"query":')), delta(0, input('"ferry"}')), stop(0)],
      [start(1, found("s1", "https://example.com/a")), stop(1)],
      [start(2, said("")), delta(2, text("At 9.")), stop(2), ...end("end_turn")],
    ]);
    expect(only(seen, "tool.started", "tool.input")).toEqual([
      { type: "tool.started", call },
      { type: "tool.input", call: asked },
    ]);
    const { serverCalls, serverTurns } = turnOf(seen);
    expect(serverTurns).toBe(1);
    expect(serverCalls).toEqual([
      {
        call: asked,
        outcome: "ok",
        visibility: "encrypted",
        output: [{ type: "web_search_result", url: "https://example.com/a", title: "T https://example.com/a" }],
        sources: [
          {
            id: "web:https://example.com/a",
            type: "web",
            url: "https://example.com/a",
            title: "T https://example.com/a",
          },
        ],
        observedMs: 10,
      },
    ]);
    expect(only(seen, "wire")).toEqual([]);
  });

  test.each([
    [
      { type: "mcp_tool_use", name: "echo", server_name: "tests", input: {} },
      { type: "mcp_tool_result", is_error: false, content: [{ type: "text", text: "hi" }] },
      { kind: "mcp", tool: "tests", server: "tests", action: "echo" },
      { outcome: "ok", visibility: "full", output: [{ type: "text", text: "hi" }] },
    ],
    [
      { type: "mcp_tool_use", name: "echo", server_name: "tests", input: {} },
      { type: "mcp_tool_result", is_error: true, content: [{ type: "text", text: "no such thing" }] },
      { kind: "mcp" },
      { outcome: "error", error: { message: "The server says that echo failed: no such thing" } },
    ],
    [
      { type: "server_tool_use", name: "web_search", input: { query: "q" } },
      {
        type: "web_search_tool_result",
        content: { type: "web_search_tool_result_error", error_code: "max_uses_exceeded" },
      },
      { kind: "web_search" },
      { outcome: "error", error: { message: "The server says that web_search failed: max_uses_exceeded" } },
    ],
    [
      { type: "server_tool_use", name: "web_search", input: { query: "q" } },
      { type: "web_search_tool_result", content: [] },
      { kind: "web_search" },
      { outcome: "ok", visibility: "full", output: [], sources: [] },
    ],
    [
      { type: "server_tool_use", name: "web_fetch", input: { url: "https://example.com/a" } },
      {
        type: "web_fetch_tool_result",
        content: { type: "web_fetch_result", url: "https://example.com/a", content: { type: "document", title: "A" } },
      },
      { kind: "web_search", action: "web_fetch", input: { url: "https://example.com/a" } },
      { outcome: "ok", visibility: "full", sources: [{ id: "web:https://example.com/a", title: "A" }] },
    ],
    [
      { type: "server_tool_use", name: "bash_code_execution", input: { command: "ls" } },
      {
        type: "bash_code_execution_tool_result",
        content: { type: "bash_code_execution_result", stdout: "a", return_code: 0 },
      },
      { kind: "code_execution", action: "bash_code_execution" },
      { outcome: "ok", visibility: "full", output: { stdout: "a" } },
    ],
    [
      { type: "server_tool_use", name: "code_execution", input: { code: "1" } },
      {
        type: "code_execution_tool_result",
        content: { type: "encrypted_code_execution_result", encrypted_stdout: "x" },
      },
      { kind: "code_execution" },
      { outcome: "ok", visibility: "encrypted", output: { type: "encrypted_code_execution_result" } },
    ],
    [
      { type: "server_tool_use", name: "tool_search_tool_regex", input: { q: 1 } },
      { type: "tool_search_tool_result" },
      { kind: "other", tool: "tool_search_tool_regex", input: { q: 1 } },
      { outcome: "ok", visibility: "not_disclosed" },
    ],
  ])("%j with %j is %j: %j", async (call, result, named, ended) => {
    const turn = await turnFrom([{ ...call, id: "s" }, { ...result, tool_use_id: "s" }, said("x")]);
    expect(turn.serverCalls).toHaveLength(1);
    expect(turn.serverCalls?.[0]).toMatchObject({ ...ended, call: { id: "s", executor: "server", ...named } });
    expect(turn.message.toolCalls).toBeUndefined();
  });

  test("without a result have an outcome that nobody knows", async () => {
    const turn = await turnFrom([said("x"), search("s")], "pause_turn");
    expect(turn.finishReason).toBe("length");
    expect(turn.serverCalls).toMatchObject([{ outcome: "unknown", visibility: "not_disclosed" }]);
  });

  test("with one id are told apart, and a result of no call is kept whole", async () => {
    const stray = found("nobody", "https://example.com/b");
    const turn = await turnFrom([search("s"), search("s"), found("s"), stray, search("t"), found("t"), said("x")]);
    expect(turn.serverCalls?.map(({ call }) => call.id)).toEqual(["s", "s_2", "t"]);
    expect(turn.serverTurns).toBe(2);
    const seen = await shown([streamed([stray])]);
    expect(only(seen, "wire")).toEqual([{ type: "wire", item: stray }]);
  });
});

describe("citations", () => {
  test("are of the text block that carries them, once for each source, with who found it", async () => {
    const [a, b] = ["https://example.com/a", "https://example.com/b"];
    const blocks = [search("s"), found("s", a), said("So: "), cited("it sails", a, a, b), said(" at "), cited("9", a)];
    const { citations, message } = await turnFrom(blocks);
    expect(message.content).toBe("So: it sails at 9");
    const places = citations?.map(({ source, span, foundBy }) => [
      source.url,
      message.content.slice(span?.start, span?.end),
      foundBy,
    ]);
    expect(places).toEqual([
      [a, "it sails", [{ callId: "s", basis: "reported" }]],
      [b, "it sails", []],
      [a, "9", [{ callId: "s", basis: "reported" }]],
    ]);
  });

  test("may be of files and of results of one's own, and what names neither stays in the raw items", async () => {
    const citations = [
      { type: "page_location", file_id: "f1", document_title: "Report", start_page_number: 1 },
      { type: "search_result_location", source: "https://example.com/c", title: "C" },
      { type: "search_result_location", source: "chapter 3" },
      { type: "char_location", document_index: 0 },
      "nonsense",
    ];
    const turn = await turnFrom([{ ...said("x"), citations }]);
    expect(turn.citations?.map(({ source }) => source)).toEqual([
      { id: "file:f1", type: "file", fileId: "f1", title: "Report" },
      { id: "web:https://example.com/c", type: "web", url: "https://example.com/c", title: "C" },
    ]);
    expect(turn.message.raw?.items).toEqual([{ ...said("x"), citations }]);
  });

  test("that may rest on the searches of an earlier answer are not said to be found by this one", async () => {
    const url = "https://example.com/z";
    const nameless = { ...found("s"), content: "see below" };
    const blocks = [search("s"), nameless, cited("x", url)];
    const before: Message = {
      role: "assistant",
      content: "x",
      raw: { api: "messages", provider: "127.0.0.1", family: "grok-4", items: [search("s"), found("s")] },
    };
    const hi: Message = { role: "user", content: "Hi" };
    const alone = turnOf(await shown([streamed(blocks)]));
    const after = turnOf(await shown([streamed(blocks)], { messages: [hi, before, hi] }));
    expect(alone.citations?.[0]?.foundBy).toEqual([{ callId: "s", basis: "inferred" }]);
    expect(after.citations?.[0]?.foundBy).toEqual([]);
  });
});

describe("a model", () => {
  test("is asked at /messages, in the version of the protocol, with the id of the request", async () => {
    const urls: string[] = [];
    const { endpoint, sent } = fakeEndpoint((asked) => {
      urls.push(asked.url);
      return {
        reads: [framed(streamed([said("x")]))],
        headers: { "x-fairwitness-simulated": "1", "request-id": "r1" },
      };
    });
    const model = createMessagesModel({ id: "grok-4.7", endpoint });
    const seen = await drain(model.stream(request({ requestId: "mine" }), never));
    expect(urls).toEqual(["http://127.0.0.1:9/v1/messages"]);
    expect(sent[0]?.headers).toMatchObject({ "anthropic-version": "2023-06-01", "x-client-request-id": "mine" });
    expect(seen.events[0]).toEqual({ type: "answered", simulated: true });
    expect(turnOf(seen)).toMatchObject({ requestId: "r1", simulated: true });
  });

  test.each([
    ["grok-4.7", 300_000],
    ["grok-4.20-0309-non-reasoning", 120_000],
  ])("%s is waited for %i ms, as long as it may think in silence", async (id, ms) => {
    const waits: number[] = [];
    const clock = {
      now: () => 0,
      monotonic: () => 0,
      after: (delayMs: number) => {
        waits.push(delayMs);
        return () => {};
      },
    };
    const { endpoint } = fakeEndpoint(() => ({ reads: [framed(streamed([said("x")]))] }));
    await drain(createMessagesModel({ id, endpoint: { ...endpoint, clock } }).stream(request(), never));
    expect(Math.max(...waits.filter((wait) => wait < 600_000))).toBe(ms);
  });

  test("nobody knows says so once in a conversation", async () => {
    const model = converse("claude-3-5-sonnet-latest");
    const messages: Message[] = [{ role: "user", content: "Hi" }];
    const first = await model.send({ messages });
    const second = await model.send({ messages });
    expect(only(first, "warning").map(({ code }) => code)).toEqual(["model_unknown"]);
    expect(only(second, "warning")).toEqual([]);
  });

  test("without a name, or with a forced choice for every turn, is refused", () => {
    const { endpoint } = fakeEndpoint(() => ({ reads: [] }));
    const refused = expect.objectContaining({ code: "invalid_option" });
    expect(() => createMessagesModel({ id: " ", endpoint })).toThrow(refused);
    expect(() => createMessagesModel({ id: "a", endpoint, settings: { toolChoice: "required" } })).toThrow(refused);
  });
});

describe("an agent", () => {
  test("carries a run through calls, a server's search and citations, with a sound record, and sends back what was signed", async () => {
    const url = "https://example.com/a";
    const thinking = { type: "thinking", thinking: "Hm.", signature: "sig" };
    const first = [
      thinking,
      search("s"),
      found("s", url),
      said("I look."),
      toolUse("a", "get_weather", { city: "Lisbon" }),
    ];
    const answers = [streamed(first, "tool_use"), streamed([cited("Sunny.", url)])];
    const { endpoint, sent } = fakeEndpoint((_request, n) => ({ reads: [framed(answers[n - 1] ?? [])] }));
    const getWeather = defineTool({
      name: "get_weather",
      description: "Weather.",
      input: z.object({ city: z.string() }),
      effect: "read",
      execute: ({ city }) => `sunny in ${city}`,
    });
    const model = createMessagesModel({ id: "grok-4.7", endpoint });
    const events: RunEvent[] = [];
    const run = createAgent({ name: "scout", model, instructions: "Plan.", tools: [getWeather] }).stream("Well?");
    for await (const event of run) events.push(event);
    expect(checkEvents(events)).toEqual([]);
    const result = await run.result();
    expect(result).toMatchObject({ status: "completed", text: "Sunny." });
    expect(result.citations.map(({ source, foundBy }) => [source.url, foundBy])).toEqual([
      [url, [{ callId: "s", basis: "reported" }]],
    ]);
    expect(sent[1]?.json).toMatchObject({
      system: "Plan.",
      messages: [
        { role: "user", content: "Well?" },
        { role: "assistant", content: first },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "sunny in Lisbon" }] },
      ],
    });
    expect(sent[1]?.text.startsWith(sent[0]?.text.split('],"max_tokens"')[0] ?? "?")).toBe(true);
  });
});
