import { describe, expect, test } from "vitest";
import { AgentError } from "../../src/errors.ts";
import { createResponsesModel } from "../../src/model/index.ts";
import { drain, eventStream, fakeEndpoint, never, request, turnOf } from "./fake-endpoint.ts";
import {
  added,
  answer,
  call,
  completed,
  done,
  message,
  only,
  reasoning,
  shown,
  turnFrom,
  webCall,
  webSearch,
  xCall,
  xSearch,
} from "./responses-support.ts";

describe("server calls, as they come", () => {
  const query = '{"query":"harbour webcam","limit":5}';
  const early = xCall("ctc_A", "x_keyword_search", "", "in_progress");
  const web = { type: "search", query: "ferry times", sources: [{ type: "url", url: "https://example.com/a" }] };
  const interleaved = [
    [added(0, early)],
    [{ type: "response.custom_tool_call_input.delta", output_index: 0, item_id: "ctc_A", delta: query }],
    [{ type: "response.custom_tool_call_input.done", output_index: 0, item_id: "ctc_A", input: query }],
    [added(1, webCall("ws_B", { type: "search", query: "", sources: [] }, "in_progress"))],
    [{ type: "response.web_search_call.in_progress", output_index: 1, item_id: "ws_B" }],
    [{ type: "response.web_search_call.searching", output_index: 1, item_id: "ws_B" }],
    [done(1, webCall("ws_B", web))],
    [done(0, xCall("ctc_A", "x_keyword_search", query))],
    [completed([xCall("ctc_A", "x_keyword_search", query), webCall("ws_B", web), message("Done.")])],
  ];

  test("are started, asked and carried out once each, also when they interleave and end out of order", async () => {
    const seen = await shown(interleaved, { serverTools: [webSearch, xSearch] });
    const told = only(seen, "tool.started", "tool.input", "tool.executing").map((event) => [
      event.type,
      event.call.id,
      event.type === "tool.executing" ? event.phase : event.call.input,
    ]);
    expect(told).toEqual([
      ["tool.started", "ctc_A", undefined],
      ["tool.input", "ctc_A", { query: "harbour webcam", limit: 5 }],
      ["tool.started", "ws_B", undefined],
      ["tool.executing", "ws_B", "in_progress"],
      ["tool.executing", "ws_B", "searching"],
      ["tool.input", "ws_B", { query: "ferry times" }],
    ]);
  });

  test("are shown to be carried out when the server says so, also before their input is known", async () => {
    const seen = await shown([...interleaved.slice(0, 6), [{ type: "error", message: "gone" }]]);
    expect(only(seen, "tool.executing").map(({ phase }) => phase)).toEqual(["in_progress", "searching"]);
  });

  test.each([
    ["response.future_call.exploded", []],
    ["response.code_interpreter_call.interpreting", []],
    ["response.web_search_call.exploded", ["exploded"]],
  ])("are not said to do what %s says of another kind of item", async (type, phases) => {
    const event = { type, output_index: 0, item_id: "w" };
    const seen = await shown([[added(0, webCall("w", web, "in_progress")), event, completed([webCall("w", web)])]]);
    expect(only(seen, "tool.executing").map(({ phase }) => phase)).toEqual(phases);
    expect(only(seen, "wire")).toHaveLength(phases.length === 0 ? 1 : 0);
  });

  test.each([
    ["code_interpreter_call", "code_execution_call", "interpreting"],
    ["code_execution_call", "code_interpreter_call", "interpreting"],
    ["x_search_call", "custom_tool_call", "searching"],
    ["custom_tool_call", "x_search_call", "searching"],
  ])("of the type %s may be told of as %s", async (type, said, phase) => {
    const item = { type, id: "a", name: "x_keyword_search", status: "in_progress" };
    const event = { type: `response.${said}.${phase}`, output_index: 0, item_id: "a" };
    const seen = await shown([[added(0, item), event, completed([{ ...item, status: "completed" }])]]);
    expect(only(seen, "tool.executing").map((told) => told.phase)).toEqual([phase]);
  });

  test("end with the turn, in the order of the answer, with what is known of them and for how long they were seen", async () => {
    const { serverCalls, serverTurns } = turnOf(await shown(interleaved));
    const source = { id: "web:https://example.com/a", type: "web", url: "https://example.com/a" };
    expect(serverCalls).toEqual([
      {
        call: {
          id: "ctc_A",
          executor: "server",
          kind: "x_search",
          tool: "x_search",
          action: "x_keyword_search",
          input: { query: "harbour webcam", limit: 5 },
        },
        outcome: "ok",
        visibility: "not_disclosed",
        observedMs: 70,
      },
      {
        call: {
          id: "ws_B",
          executor: "server",
          kind: "web_search",
          tool: "web_search",
          action: "search",
          input: { query: "ferry times" },
        },
        outcome: "ok",
        visibility: "not_disclosed",
        sources: [source],
        observedMs: 30,
      },
    ]);
    expect(serverTurns).toBe(1);
  });

  test("that came at once have no duration", async () => {
    const [result] =
      turnOf(await shown([[added(0, webCall("w", web)), done(0, webCall("w", web)), completed([webCall("w", web)])]]))
        .serverCalls ?? [];
    expect(result).not.toHaveProperty("observedMs");
  });

  test("are never handed to our own tools, whatever their name", async () => {
    const turn = await turnFrom([xCall("a", "get_weather", "{}"), xCall("b", "x_thread_fetch", "not json")]);
    expect(turn.message.toolCalls).toBeUndefined();
    expect(turn.finishReason).toBe("stop");
    expect(turn.serverCalls?.map(({ call: { kind, action, inputText } }) => [kind, action, inputText])).toEqual([
      ["other", "get_weather", undefined],
      ["x_search", "x_thread_fetch", "not json"],
    ]);
  });

  test.each([
    ["x_semantic_search", "x_search"],
    ["view_x_video", "x_search"],
    ["web_search_with_snippets", "web_search"],
    ["browse_page", "web_search"],
    ["search_images", "web_search"],
    ["code_execution", "code_execution"],
    ["collections_search", "collections_search"],
    ["orders.find", "mcp"],
    ["view_image", "other"],
  ])("named %s are of the kind %s", async (name, kind) => {
    const [result] = (await turnFrom([xCall("a", name, "{}")])).serverCalls ?? [];
    expect(result?.call.kind).toBe(kind);
  });

  test("that failed are errors with the server's words, those left open unknown", async () => {
    const output = [
      {
        type: "mcp_call",
        id: "m",
        server_label: "orders",
        name: "find",
        arguments: '{"id":1}',
        error: "no such order",
        status: "failed",
      },
      webCall("w", { type: "search", query: "q" }, "failed"),
      webCall("o", { type: "search", query: "q" }, "in_progress"),
    ];
    const [mcp, web, open] = (await turnFrom(output)).serverCalls ?? [];
    expect(mcp).toMatchObject({
      call: { kind: "mcp", server: "orders", action: "find", input: { id: 1 } },
      outcome: "error",
      error: { message: "no such order" },
    });
    expect(web).toMatchObject({ outcome: "error", error: { message: "xAI says that search failed, and not why." } });
    expect(open).toMatchObject({ outcome: "unknown", visibility: "not_disclosed" });
    expect(mcp).not.toHaveProperty("output");
  });

  test("that did not go well give what they put out all the same, and failed code says what it printed", async () => {
    const outputs = [{ type: "logs", logs: `${"-".repeat(2000)}ZeroDivisionError: division by zero\n` }];
    const orders = { type: "mcp_call", server_label: "orders", name: "find", arguments: "{}" };
    const [code, mcp, open, empty] =
      (
        await turnFrom([
          { type: "code_interpreter_call", id: "c", code: "1/0", outputs, status: "failed" },
          { ...orders, id: "m", error: "timed out", output: "half of it", status: "failed" },
          { ...orders, id: "o", output: "so far", status: "in_progress" },
          { ...orders, id: "e", error: "no", output: "", status: "failed" },
        ])
      ).serverCalls ?? [];
    expect(code).toMatchObject({ outcome: "error", visibility: "full", output: outputs });
    expect(code?.error?.message).toMatch(/failed\. It printed: …-+ZeroDivisionError: division by zero$/);
    expect(code?.error?.message.length).toBeLessThan(600);
    expect(mcp).toMatchObject({ outcome: "error", visibility: "full", output: "half of it" });
    expect(mcp?.error?.message).toBe("timed out");
    expect(open).toMatchObject({ outcome: "unknown", visibility: "full", output: "so far" });
    expect(empty).toMatchObject({ outcome: "error", visibility: "not_disclosed" });
    expect(empty).not.toHaveProperty("output");
  });

  test("give their output where xAI gives it, and tell what is encrypted from what is not disclosed", async () => {
    const output = [
      {
        type: "code_interpreter_call",
        id: "c",
        code: "print(1)",
        outputs: [{ type: "logs", logs: "1\n" }],
        status: "completed",
      },
      {
        type: "mcp_call",
        id: "m",
        server_label: "orders",
        name: "find",
        arguments: "{}",
        output: "found",
        status: "completed",
      },
      { ...xCall("x", "x_keyword_search", "{}"), encrypted_content: "blob" },
      xCall("y", "x_keyword_search", "{}"),
      { type: "image_generation_call", id: "i", prompt: "a boat", result: "ZmFrZQ==", status: "completed" },
    ];
    const results = (await turnFrom(output)).serverCalls ?? [];
    expect(results.map(({ visibility, output: given }) => [visibility, given])).toEqual([
      ["full", [{ type: "logs", logs: "1\n" }]],
      ["full", "found"],
      ["encrypted", undefined],
      ["not_disclosed", undefined],
      ["full", { rawItem: 4, bytes: 4 }],
    ]);
  });

  test("with the same id twice are two calls", async () => {
    const turn = await turnFrom([xCall("a", "x_user_search", "{}"), xCall("a", "x_user_search", "{}")]);
    expect(turn.serverCalls?.map((result) => result.call.id)).toEqual(["a", "a_2"]);
  });

  test("side by side are one turn of the server, with thought between them two", async () => {
    const search = (id: string): object => xCall(id, "x_keyword_search", "{}");
    expect((await turnFrom([search("a"), search("b"), message("x")])).serverTurns).toBe(1);
    expect((await turnFrom([search("a"), reasoning("r"), search("b"), message("x")])).serverTurns).toBe(2);
    expect((await turnFrom([message("x")])).serverTurns).toBeUndefined();
  });
});

describe("a turn", () => {
  test("with function calls calls our tools, whatever its status says, and server calls beside them are not ours", async () => {
    const turn = await turnFrom([
      xCall("x", "x_keyword_search", "{}"),
      call("call_1", "get_weather", '{"city":"Oslo"}'),
    ]);
    expect(turn.finishReason).toBe("tool_calls");
    expect(turn.message.toolCalls).toEqual([{ id: "call_1", tool: "get_weather", arguments: '{"city":"Oslo"}' }]);
  });

  test.each([
    ["max_output_tokens", "length"],
    ["content_filter", "content_filter"],
    ["max_prompt_tokens", "length"],
    ["max_time_limit", "length"],
  ])("that is incomplete for %s has the finish reason %s", async (reason, finish) => {
    const response = answer([message("Half")], { status: "incomplete", incomplete_details: { reason } });
    expect(turnOf(await shown([[{ type: "response.incomplete", response }]])).finishReason).toBe(finish);
  });

  test("with a refusal is a refusal, in the model's words", async () => {
    const item = { type: "message", id: "m", role: "assistant", content: [{ type: "refusal", refusal: "No." }] };
    expect(await turnFrom([item])).toMatchObject({ finishReason: "refusal", message: { content: "", refusal: "No." } });
  });

  test("keeps what was said before and after a search apart, and shows it so", async () => {
    const output = [message("I look.", [], "m1"), xCall("x", "x_keyword_search", "{}"), message("Found.", [], "m2")];
    const delta = (output_index: number, text: string): object => ({
      type: "response.output_text.delta",
      output_index,
      content_index: 0,
      delta: text,
    });
    const seen = await shown([[delta(0, "I look."), delta(2, "Fou"), delta(2, "nd."), completed(output)]]);
    expect(turnOf(seen).message.content).toBe("I look.\n\nFound.");
    expect(only(seen, "text.delta").map((event) => event.delta)).toEqual(["I look.", "\n\nFou", "nd."]);
  });

  test("shows what came only with the end", async () => {
    const seen = await shown([
      [{ type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "Hel" }],
      [completed([message("Hello")])],
    ]);
    expect(only(seen, "text.delta").map((event) => event.delta)).toEqual(["Hel", "lo"]);
  });

  test("shows arguments once, also when the item that opens the call holds them already", async () => {
    const whole = call("c", "get_weather", '{"city":"Oslo"}');
    const seen = await shown([
      [added(0, whole), { type: "response.function_call_arguments.delta", output_index: 0, delta: '{"city":"Oslo"}' }],
      [
        { type: "response.function_call_arguments.done", output_index: 0, arguments: '{"city":"Oslo"}' },
        done(0, whole),
        completed([whole]),
      ],
    ]);
    expect(only(seen, "tool.input.delta").map(({ tool, index, delta }) => [tool, index, delta])).toEqual([
      ["get_weather", 0, ""],
      ["get_weather", 0, '{"city":"Oslo"}'],
    ]);
  });

  test("keeps its items as they came, with who made them", async () => {
    const items = [reasoning("blob"), message("Hi")];
    const { raw } = (await turnFrom(items)).message;
    expect(raw).toEqual({ api: "responses", provider: "127.0.0.1", family: "grok-4", items });
  });

  test("counts reasoning in the output, where the server leaves it out as well", async () => {
    const usage = {
      input_tokens: 32,
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 110 },
      total_tokens: 151,
    };
    expect((await turnFrom([message("x")], { usage })).usage).toMatchObject({
      outputTokens: 119,
      totalTokens: 151,
      reasoningTokens: 110,
    });
  });

  test("says how many sources it used, where the server does", async () => {
    const usage = { input_tokens: 3, output_tokens: 2 };
    expect((await turnFrom([message("x")], { usage: { ...usage, num_sources_used: 4 } })).usage?.sourcesUsed).toBe(4);
    expect((await turnFrom([message("x")], { usage: { ...usage, num_sources_used: 0 } })).usage?.sourcesUsed).toBe(0);
    expect((await turnFrom([message("x")], { usage })).usage).not.toHaveProperty("sourcesUsed");
  });

  test.each([
    ["the model asked for", [], { basis: "estimated", ticks: 26_000_000 }],
    [
      "the model that answered",
      [{ type: "response.created", response: { id: "r", model: "grok-4.3" } }],
      { basis: "estimated", ticks: 15_000_000 },
    ],
    [
      "nothing that is known, where tools ran and nobody counted them",
      [added(0, webCall("w", {}))],
      { basis: "unknown" },
    ],
  ])("that failed costs by the list price of %s what it used", async (_what, before, cost) => {
    const usage = { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 };
    const failed = { type: "response.failed", response: answer([], { status: "failed", usage }) };
    const seen = await shown([[...before, failed]]);
    expect(seen.error).toBeInstanceOf(AgentError);
    expect(only(seen, "usage").at(-1)).toMatchObject({ usage: { inputTokens: 1000 }, cost });
  });

  test.each([
    ["https://us.api.x.ai/v1", 28_600_000],
    ["https://api.x.ai/v1", 26_000_000],
  ])("is estimated at the prices of %s", async (baseUrl, ticks) => {
    const usage = { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 };
    const { endpoint } = fakeEndpoint(() => ({ reads: [eventStream([completed([message("x")], { usage })])] }));
    const model = createResponsesModel({ id: "grok-4.7", endpoint: { ...endpoint, baseUrl } });
    expect(turnOf(await drain(model.stream(request(), never))).cost).toEqual({ basis: "estimated", ticks });
  });

  test("has no usage and no cost that nobody reported", async () => {
    expect(await turnFrom([message("x")])).toMatchObject({ cost: { basis: "unknown" } });
    expect(await turnFrom([message("x")])).not.toHaveProperty("usage");
  });

  test("that the server fails is an error with its words", async () => {
    const failed = {
      type: "response.failed",
      response: answer([], { status: "failed", error: { code: "server_error", message: "It broke." } }),
    };
    const seen = await shown([[failed]]);
    expect(seen.error).toBeInstanceOf(AgentError);
    expect(String(seen.error)).toContain("It broke.");
  });
});

describe("a model", () => {
  test("takes no setting that only chat completions has, and says so when it is made", () => {
    const { endpoint } = fakeEndpoint(() => ({ reads: [] }));
    expect(() => createResponsesModel({ id: "grok-4.20-non-reasoning", endpoint, settings: { seed: 1 } })).toThrow(
      /settings\.seed .* Responses API/,
    );
  });

  test.each([
    ["grok-3", "model_retired", /retired on 2026-05-15: grok-4\.3 answers/],
    ["grok-9", "model_unknown", /like grok-4\.7, and its cost is estimated only where the answer names a model whose/],
    ["gpt-4o", "model_unknown", /which settings it refuses is not checked/],
  ])("named %s is warned of once in a conversation", async (id, code, text) => {
    const { endpoint } = fakeEndpoint(() => ({ reads: [eventStream([completed([message("Hi")])])] }));
    const model = createResponsesModel({ id, endpoint });
    const asked = request();
    const first = await drain(model.stream(asked, never));
    expect(only(first, "warning")).toEqual([{ type: "warning", code, message: expect.stringMatching(text) }]);
    expect(only(await drain(model.stream(asked, never)), "warning")).toEqual([]);
    expect(only(await drain(model.stream(request(), never)), "warning")).toHaveLength(1);
  });

  test("whose answer broke off warns again, since the attempt is void", async () => {
    const { endpoint } = fakeEndpoint((_request, n) => ({
      reads: [eventStream([n === 1 ? added(0, message("")) : completed([message("Hi")])], false)],
    }));
    const model = createResponsesModel({ id: "grok-3", endpoint });
    const asked = request();
    expect((await drain(model.stream(asked, never))).error).toMatchObject({ code: "stream_incomplete" });
    expect(only(await drain(model.stream(asked, never)), "warning")).toHaveLength(1);
  });
});
