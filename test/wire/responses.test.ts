import { describe, expect, test } from "vitest";
import {
  createEndpoint,
  createResponsesAccumulator,
  decodeResponsesEvent,
  HttpError,
  isAnnotation,
  isKnownItem,
  type ResponsesEvent,
  type ResponsesOutputItem,
  streamResponses,
} from "../../src/wire/index.ts";
import { asJson, fold, type Json, readOver, readResponse } from "./responses-support.ts";
import {
  BODY,
  bytes,
  createFakeClock,
  endpointOver,
  failureOf,
  frames,
  KEY,
  replay,
  serve,
  settle,
} from "./support.ts";

const created = {
  type: "response.created",
  response: { id: "r", model: "grok-4.7", status: "in_progress", output: [] },
};
const message = (text: string): Json => ({
  type: "message",
  id: "m",
  role: "assistant",
  content: [{ type: "output_text", text }],
});
const call = (fields: object = {}): Json => ({
  type: "function_call",
  id: "f",
  call_id: "c",
  name: "weather",
  arguments: "{}",
  ...fields,
});
const completed = (output: readonly unknown[], fields: object = {}): Json => ({
  type: "response.completed",
  response: { id: "r", model: "grok-4.7", status: "completed", output, ...fields },
});
const added = (item: Json, output_index = 0): Json => ({ type: "response.output_item.added", output_index, item });
const done = (item: Json, output_index = 0): Json => ({ type: "response.output_item.done", output_index, item });
const text = (delta: string, output_index = 0, content_index = 0): Json => ({
  type: "response.output_text.delta",
  output_index,
  content_index,
  item_id: "m",
  delta,
});

const over = (payloads: readonly unknown[], extra = "") => replay([bytes(frames(payloads) + extra)]);
const failing = (payloads: readonly unknown[]) => failureOf(readOver(over(payloads)));

describe("an error inside an answer of status 200 is thrown, in every shape", () => {
  const capacity = "The model is currently at capacity due to high demand. Please try again in a few minutes.";
  const shapes: readonly (readonly [string, object, object])[] = [
    ["type error, bare", { type: "error", message: capacity }, { code: "overloaded", retryable: true }],
    ["type error, nested", { type: "error", error: { message: capacity } }, { code: "overloaded", retryable: true }],
    [
      "type error with nulls",
      { type: "error", code: null, message: "Service temporarily unavailable.", param: null },
      { code: "server_error", retryable: true },
    ],
    [
      "as WebSocket mode sends it",
      { type: "error", status: 400, error: { type: "invalid_request_error", code: "previous_response_not_found" } },
      { code: "not_found", retryable: false, serverCode: "previous_response_not_found" },
    ],
    ["flat", { code: "resource-exhausted", error: "Too many requests" }, { code: "rate_limited", retryable: true }],
    [
      "response.failed",
      { type: "response.failed", response: { status: "failed", error: { code: "server_error", message: capacity } } },
      { code: "overloaded", retryable: true, serverCode: "server_error" },
    ],
    [
      "response.failed for an overflow",
      {
        type: "response.failed",
        response: { error: { code: "invalid-argument", message: "maximum prompt length is 5" } },
      },
      { code: "context_overflow", retryable: false },
    ],
    ["response.failed without a reason", { type: "response.failed", response: {} }, { code: "server_error" }],
    ["a completed response that failed", completed([], { status: "failed" }), { code: "server_error" }],
    ["response.done of a failure", { type: "response.done", response: { status: "failed" } }, { code: "server_error" }],
  ];

  test.each(shapes)("%s", async (_, payload, expected) => {
    const error = await failing([created, text("Sun"), payload]);
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status: 200, ...expected });
  });

  test("named by its SSE event alone", async () => {
    const named = replay([bytes(`${frames([created])}event: error\ndata: {"message":"at capacity"}\n\n`)]);
    expect(await failureOf(readOver(named))).toMatchObject({ code: "overloaded" });
  });

  test("as a JSON body, flat or as a failed response", async () => {
    const flat = { code: "The service is currently unavailable", error: "Timed out waiting for first token" };
    expect(await failureOf(readOver(asJson(flat)))).toMatchObject({ code: "overloaded", status: 200 });
    const failed = { object: "response", status: "failed", output: [], error: null };
    expect(await failureOf(readOver(asJson(failed)))).toMatchObject({ code: "server_error" });
    const failedCall = { ...completed([{ type: "mcp_call", name: "t", error: { message: "no" } }]).response };
    expect((await readOver(asJson(failedCall))).response.output).toHaveLength(1);
  });

  test("with what stood before it handed out first", async () => {
    const events: string[] = [];
    const read = async () => {
      const endpoint = endpointOver(over([created, text("Sun"), shapes[0]?.[1]]));
      const answer = await streamResponses(endpoint, BODY, { signal: new AbortController().signal });
      for await (const batch of answer.events) events.push(...batch.map(({ type }) => type));
    };
    expect(await failureOf(read())).toMatchObject({ code: "overloaded" });
    expect(events).toEqual(["response.created", "response.output_text.delta"]);
  });

  test("but an error of a tool call is none: the answer goes on", async () => {
    const failed = { type: "mcp_call", id: "x", name: "t", error: "no such tool", status: "failed" };
    const phase = { type: "response.mcp_call.failed", output_index: 0, item_id: "x", error: { message: "no" } };
    const { events, response } = await readOver(
      over([created, added(failed), phase, done(failed), completed([failed])]),
    );
    expect(response.output).toEqual([failed]);
    expect(events[2]).toEqual({
      type: phase.type,
      output_index: 0,
      item_id: "x",
      item_type: "mcp_call",
      phase: "failed",
    });
  });
});

describe("the end of a response", () => {
  test("that was cut short is an answer with a reason, not an exception", async () => {
    const cut = {
      ...completed([message("Sun")], { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }),
    };
    const { events, response } = await readOver(over([created, { ...cut, type: "response.incomplete" }]));
    expect(events.at(-1)?.type).toBe("response.incomplete");
    expect(response).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    expect((await readOver(asJson(cut.response))).events[0]?.type).toBe("response.incomplete");
  });

  test("that does not come is stream_incomplete, and may be tried again", async () => {
    for (const payloads of [[], [created], [created, added(message("")), text("Sun"), done(message("Sun"))]]) {
      expect(await failing(payloads)).toMatchObject({ code: "stream_incomplete", retryable: true });
      expect(await failing([...payloads, "[DONE]"])).toMatchObject({ code: "stream_incomplete", retryable: true });
    }
    expect(await failureOf(readOver(asJson({ object: "response", status: "in_progress", output: [] })))).toMatchObject({
      code: "stream_incomplete",
    });
  });

  test("may be called response.done", async () => {
    expect((await fold([created, { ...completed([message("Sun")]), type: "response.done" }])).output).toHaveLength(1);
  });

  test("settles the answer: what follows is handed out, and changes and spoils nothing", async () => {
    const late = [text("more"), { type: "error", message: "late" }, completed([]), { zz: 1 }];
    const { events, response } = await readOver(
      over([created, completed([message("Sun")]), ...late], "data: {broken\n\n"),
    );
    expect(response.output).toEqual([message("Sun")]);
    expect(events.slice(2, 6).map((event) => event.type === "unknown" && event.item)).toEqual(late);
    expect(events.at(-1)).toMatchObject({
      type: "unknown",
      event: "error_after_end",
      item: { code: "malformed_event" },
    });
  });

  test("is not waited for on a connection that stays open", async () => {
    await using server = await serve((_, response) => {
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .write(frames([created, completed([message("Sun")])]));
    });
    const { events, response } = await readResponse(createEndpoint({ apiKey: KEY, baseUrl: server.url }));
    expect(response.output).toEqual([message("Sun")]);
    expect(events).toHaveLength(2);
  });

  test("reached, a connection that breaks is told and forgiven", async () => {
    const broken = replay([bytes(frames([created, completed([message("Sun")])]))], { error: new Error("reset") });
    const { events, response } = await readOver(broken);
    expect(response.output).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ event: "error_after_end", item: { code: "connection_failed" } });
  });

  test("that cannot be read is malformed, and may be tried again", async () => {
    for (const response of [
      null,
      { output: 7 },
      { output: [7] },
      { output: [call({ name: "" })] },
      { output: [{ type: "message" }] },
    ]) {
      const error = await failing([created, { type: "response.completed", response }]);
      expect(error).toMatchObject({ code: "malformed_event", retryable: true });
    }
  });
});

describe("items of a response", () => {
  test("interleave, end in another order than they began, and end twice", async () => {
    const [a, b] = [call({ id: "a", call_id: "1" }), call({ id: "b", call_id: "2", name: "time" })];
    const piece = (output_index: number, delta: string) => ({
      type: "response.function_call_arguments.delta",
      output_index,
      delta,
    });
    const payloads = [
      added({ ...a, arguments: "" }, 0),
      added({ ...b, arguments: "" }, 1),
      piece(1, "{"),
      piece(0, '{"x"'),
      piece(1, "}"),
      done(b, 1),
      piece(0, ":1}"),
      done({ ...a, arguments: '{"x":1}' }, 0),
      done(b, 1),
    ];
    const streamed = await fold([created, ...payloads, completed([])]);
    expect(streamed.output).toEqual([{ ...a, arguments: '{"x":1}' }, b]);
  });

  test("take from the stream only the texts that the terminal event lacks", async () => {
    const bare = { type: "message", id: "m", role: "assistant", content: [] };
    const streamed = [created, added(bare), text("Sun"), text("ny"), text("!", 0, 1)];
    const parts = [
      { type: "output_text", text: "Sunny" },
      { type: "output_text", text: "!" },
    ];
    expect((await fold([...streamed, completed([bare])])).output).toEqual([{ ...bare, content: parts }]);
    expect((await fold([...streamed, completed([message("Rain")])])).output).toEqual([
      { ...bare, content: [{ type: "output_text", text: "Rain" }, parts[1]] },
    ]);
    const gaps = {
      ...bare,
      content: [
        { type: "output_text", text: "", annotations: [1] },
        { type: "refusal", refusal: "no" },
      ],
    };
    expect((await fold([...streamed, completed([gaps])])).output).toEqual([
      { ...bare, content: [{ type: "output_text", text: "Sunny", annotations: [1] }, gaps.content[1]] },
    ]);
  });

  test("are found again by their id where the terminal event has others before them", async () => {
    const reasoning = { type: "reasoning", id: "rs", summary: [] };
    const bare = { type: "message", id: "m", content: [] };
    const { output } = await fold([created, added(bare), text("Sun"), completed([reasoning, bare])]);
    expect(output).toEqual([reasoning, { ...bare, content: [{ type: "output_text", text: "Sun" }] }]);
  });

  test("keep apart where the server gives them all one id, or another one in every event", async () => {
    const [thought, said] = [
      { type: "reasoning", id: "r", summary: [] },
      { type: "message", id: "r", content: [] },
    ];
    const streamed = [created, added(thought, 0), added(said, 1), text("Sun", 1)];
    const content = [{ type: "output_text", text: "Sun" }];
    expect((await fold([...streamed, completed([thought, said])])).output).toEqual([thought, { ...said, content }]);
    expect((await fold([...streamed, completed([said])])).output).toEqual([said]);
    const renamed = { ...said, id: "other" };
    expect((await fold([...streamed, completed([thought, renamed])])).output).toEqual([
      thought,
      { ...renamed, content },
    ]);
  });

  test("that only their maker can read are left as they came", async () => {
    const opaque = { type: "reasoning", id: "rs", summary: [], encrypted_content: "gAAAA" };
    const summary = {
      type: "response.reasoning_summary_text.delta",
      output_index: 0,
      summary_index: 0,
      delta: "I think",
    };
    expect((await fold([created, added(opaque), summary, completed([opaque])])).output).toEqual([opaque]);
  });

  test("that contradict each other are malformed, and may be tried again", async () => {
    const contradictions: readonly (readonly Json[])[] = [
      [added(message("")), done(call()), completed([])],
      [added(call()), done(call({ call_id: "other" })), completed([])],
      [added(call()), completed([call({ name: "other" })])],
      [added(message("")), completed([{ ...call(), id: "m" }])],
      [text("of nothing"), completed([])],
    ];
    for (const payloads of contradictions) {
      expect(await failing([created, ...payloads])).toMatchObject({ code: "malformed_event", retryable: true });
    }
  });

  test("without a place or a text are handed out whole, and the answer is not the worse for it", async () => {
    const odd = [
      { type: "response.output_text.delta", delta: "nowhere" },
      { type: "response.output_text.delta", output_index: 0, delta: { not: "text" } },
      { type: "response.output_item.added", output_index: 0, item: "what" },
      { type: "response.web_search_call.searching", item_id: "x" },
    ];
    const { events, response } = await readOver(over([created, ...odd, completed([message("Sun")])]));
    expect(events.slice(1, -1).map((event) => event.type === "unknown" && event.item)).toEqual(odd);
    expect(response.output).toEqual([message("Sun")]);
  });

  test("in a hundred thousand pieces are put together", async () => {
    const accumulator = createResponsesAccumulator();
    accumulator.add(decodeResponsesEvent(added({ ...message(""), content: [] })));
    for (let piece = 0; piece < 100_000; piece++) {
      accumulator.add(decodeResponsesEvent(text("x")));
      if (piece % 100 === 0) expect(accumulator.partial().output).toHaveLength(1);
    }
    accumulator.add(decodeResponsesEvent(completed([])));
    expect(accumulator.finish().output).toEqual([message("x".repeat(100_000))]);
  });
});

describe("an answer that is still coming", () => {
  test("shows what came of it, and its end when it is there", () => {
    const accumulator = createResponsesAccumulator();
    const { add } = accumulator;
    const partial = accumulator.partial();
    const seen: unknown[] = [];
    const annotation = { type: "url_citation", url: "https://x.ai", start_index: 0, end_index: 3 };
    const cite = { type: "response.output_text.annotation.added", output_index: 0, annotation_index: 0, annotation };
    const part = {
      type: "response.content_part.added",
      output_index: 0,
      part: { type: "output_text", text: "", logprobs: [] },
    };
    const payloads = [created, added({ type: "message", content: [] }), part, text("Sun"), cite];
    for (const payload of payloads) {
      add(decodeResponsesEvent(payload));
      seen.push(partial.output);
    }
    const shown = { type: "output_text", text: "Sun", logprobs: [] };
    expect(seen).toEqual([
      [],
      [{ type: "message", content: [] }],
      [{ type: "message", content: [] }],
      [{ type: "message", content: [shown] }],
      [{ type: "message", content: [{ ...shown, annotations: [annotation] }] }],
    ]);
    expect(partial).toMatchObject({ id: "r", model: "grok-4.7", status: "in_progress" });
    add(decodeResponsesEvent(completed([message("Sunny")], { usage: { total_tokens: 9 } })));
    expect(partial).toMatchObject({ status: "completed", output: [message("Sunny")], usage: { total_tokens: 9 } });
  });

  test("is given up when nothing is added to it for ten minutes, however alive it is", async () => {
    const clock = createFakeClock();
    await using server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const timer = setInterval(() => {
        response.write(frames([{ type: "response.in_progress", response: {} }, { type: "ping" }]));
        clock.advance(50_000);
      }, 2);
      response.on("close", () => clearInterval(timer));
    });
    const endpoint = createEndpoint({ apiKey: KEY, baseUrl: server.url, clock });
    const error = await failureOf(readResponse(endpoint));
    expect(error).toMatchObject({ code: "idle_timeout", message: expect.stringMatching(/added nothing/) });
    await settle();
  });

  test("ends with the caller's own reason when it is aborted", async () => {
    const controller = new AbortController();
    await using server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(frames([created]));
      setImmediate(() => controller.abort("later"));
    });
    const endpoint = createEndpoint({ apiKey: KEY, baseUrl: server.url });
    expect(await failureOf(readResponse(endpoint, { signal: controller.signal }))).toBe("later");
  });
});

describe("what is asked and told", () => {
  test("goes to /responses with the request's own headers", async () => {
    const transport = over([created, completed([])]);
    await readResponse(endpointOver(transport), { requestId: "q-1", headers: { "x-test": "1" } });
    expect(transport.requests[0]).toMatchObject({
      method: "POST",
      url: "https://api.x.ai/v1/responses",
      headers: { accept: "text/event-stream", "x-client-request-id": "q-1", "x-test": "1" },
    });
  });

  test("counts: cost 0 is not reported, tools are counted by any name, what is no count is left out", async () => {
    const usage = {
      input_tokens: 10,
      output_tokens: "many",
      cost_in_usd_ticks: 0,
      server_side_tool_usage_details: { web_search_calls: 2, tomorrows_calls: 1, odd: null },
      context_details: { input_tokens: 4, output_tokens: 5 },
    };
    expect((await fold([completed([], { usage })])).usage).toEqual({
      input_tokens: 10,
      server_side_tool_usage_details: { web_search_calls: 2, tomorrows_calls: 1 },
      context_details: { input_tokens: 4, output_tokens: 5 },
    });
    expect((await fold([completed([], { usage: null })])).usage).toBeUndefined();
  });

  test("an item is known when its fields are what the types say, and else no worse than unknown", () => {
    const items: readonly (readonly [Json, boolean])[] = [
      [message("Sun"), true],
      [{ ...message("Sun"), content: [{ type: "output_audio" }] }, true],
      [
        {
          type: "web_search_call",
          id: "w",
          action: { type: "search", query: "x", sources: [{ url: "https://x.ai" }] },
        },
        true,
      ],
      [{ type: "web_search_call", id: "w", action: { sources: [7] } }, false],
      [{ type: "x_search_call", name: "x_keyword_search", arguments: "{}" }, true],
      [{ type: "code_interpreter_call", outputs: null }, true],
      [call({ arguments: { not: "text" } }), false],
      [{ type: "toString" }, false],
      [{ type: "tomorrows_call" }, false],
    ];
    for (const [item, isKnown] of items) expect(isKnownItem(item as ResponsesOutputItem)).toBe(isKnown);
    expect(isAnnotation({ type: "url_citation", url: "https://x.ai", start_index: 1 })).toBe(true);
    expect([7, {}, { type: "url_citation", start_index: "1" }].some(isAnnotation)).toBe(false);
  });

  test("an event keeps nothing but what is read of it", () => {
    const event: ResponsesEvent = decodeResponsesEvent({ ...text("Sun"), sequence_number: 7, logprobs: [] });
    expect(event).toEqual({
      type: "response.output_text.delta",
      output_index: 0,
      item_id: "m",
      part_index: 0,
      delta: "Sun",
    });
    expect(decodeResponsesEvent("?", "response.output_text.delta")).toEqual({
      type: "unknown",
      event: "response.output_text.delta",
      item: "?",
    });
  });
});
