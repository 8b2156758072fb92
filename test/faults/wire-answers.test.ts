import { createClient, defineTool } from "fairwitness";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { startChaos } from "../support/chaos.ts";
import { CHAT_STOP, chatPiece, DONE, MESSAGES_END, RESPONSES_END } from "../support/chaos-bodies.ts";
import { askAgent, CHAOS_KEY, isFailed, PROTOCOLS } from "../support/chaos-client.ts";

const ask = { model: "grok-4.7", messages: [{ role: "user", content: "Lisbon?" }] } as const;
const JSON_TYPE = { "content-type": "application/json" };
const apis = PROTOCOLS.map((protocol) => [protocol.api, protocol] as const);

describe("an answer of status 200", () => {
  it.each(apis)(
    "that is a web page is refused on %s, once, without showing it or anything secret (row 33)",
    async (_, { api }) => {
      const page = `<!doctype html><title>Log in</title><p>${CHAOS_KEY}</p>`;
      await using server = await startChaos([{ fault: "none", body: page, headers: { "content-type": "text/html" } }]);
      const { result, failures } = await askAgent(server, { api });
      expect(failures).toEqual(["unexpected_content_type"]);
      expect(result).toMatchObject({ status: "failed", error: { retryable: false } });
      // Of a page nothing is shown (DESIGN and issue 1 overrule the first 200 bytes): of other text it is, without secrets.
      expect(JSON.stringify(result)).toContain("a web page");
      expect(JSON.stringify(result)).not.toMatch(/Log in|4711/);
      expect(server.requests).toHaveLength(1);
    },
  );

  it("that is other text is shown up to 200 characters, without anything secret (row 33)", async () => {
    const body = `proxy says no to ${CHAOS_KEY} ${"x".repeat(300)}`;
    await using server = await startChaos([{ fault: "none", body, headers: { "content-type": "text/plain" } }]);
    const { result } = await askAgent(server);
    const shown = JSON.stringify(result);
    expect(shown).toContain("proxy says no to [redacted]");
    expect(shown).not.toMatch(/4711|x{201}/);
  });

  it("that breaks off is refused for what it is, not for breaking off (row 33)", async () => {
    const headers = { "content-type": "text/html" };
    await using server = await startChaos([{ fault: "cut", at: 20, how: "reset", headers, body: "<html>".repeat(90) }]);
    expect((await askAgent(server)).failures).toEqual(["unexpected_content_type"]);
  });

  const wholes = {
    chat: {
      id: "c1",
      model: "grok-4.7",
      choices: [{ index: 0, message: { role: "assistant", content: "Sunny" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
    },
    responses: JSON.parse(/data: (.*)/.exec(RESPONSES_END)?.[1] ?? "").response,
    messages: {
      id: "m1",
      type: "message",
      role: "assistant",
      model: "grok-4.7",
      content: [{ type: "text", text: "Sunny" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 7, output_tokens: 2 },
    },
  };

  it.each(apis)("that is JSON instead of a stream is that answer on %s (row 34)", async (_, { api }) => {
    const body = JSON.stringify(wholes[api]);
    await using server = await startChaos([{ fault: "none", body, headers: JSON_TYPE }]);
    const { result } = await askAgent(server, { api });
    expect(result).toMatchObject({ status: "completed", text: "Sunny", usage: { inputTokens: 7, outputTokens: 2 } });
    expect(server.requests).toHaveLength(1);
  });

  it.each(apis)("that is JSON and no answer is refused on %s (row 34)", async (_, { api }) => {
    for (const body of ["{}", "[]", "3", '"Sunny"', "null"]) {
      await using server = await startChaos([{ fault: "none", body, headers: JSON_TYPE }]);
      const { result, failures } = await askAgent(server, { api });
      expect([body, result.status, failures]).toEqual([body, "failed", ["unexpected_content_type"]]);
    }
  });

  it.each(apis)("that is half of the JSON of an answer is asked for again on %s (row 34)", async (_, { api, good }) => {
    const body = JSON.stringify(wholes[api]);
    await using server = await startChaos([
      { fault: "cut", at: body.length - 9, how: "clean", body, headers: JSON_TYPE },
      { fault: "none", body: good },
    ]);
    const { result, failures } = await askAgent(server, { api });
    expect(failures).toEqual(["malformed_event"]);
    expect(result).toMatchObject({ status: "completed", text: "Sunny" });
  });

  it.each(apis)("without a body is no answer on %s, streamed or not (row 35)", async (_, { api }) => {
    for (const headers of [{ "content-type": "text/event-stream" }, JSON_TYPE]) {
      for (const framing of ["chunked", "length", "close"] as const) {
        await using server = await startChaos([{ fault: "none", body: "", headers, framing }]);
        const { result, failures } = await askAgent(server, { api });
        expect(failures).toEqual(Array(3).fill("stream_incomplete"));
        expect(result).toMatchObject({ status: "failed", text: "", error: { attempts: 3 } });
      }
    }
  });
});

describe("an error inside a stream that began well", () => {
  const capacity = "The model is at capacity";
  const nested = `data: {"error":{"message":"${capacity}","type":"overloaded_error"}}\n\n`;
  const named = `event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"${capacity}"}}\n\n`;
  const flat = `data: {"code":"resource-exhausted","error":"${capacity}"}\n\n`;
  const shapes = [
    ["nested", nested],
    ["named", named],
  ] as const;

  it.each(
    shapes.flatMap(([shape, event]) => PROTOCOLS.map((protocol) => [shape, protocol.api, event, protocol] as const)),
  )(
    "(%s) on %s is that error, tried again, and its text is void (row 36)",
    async (_, __, event, { api, good, begun }) => {
      const end = api === "messages" ? MESSAGES_END : "";
      await using server = await startChaos([
        { fault: "none", body: begun + event + end },
        { fault: "none", body: good },
      ]);
      const { result, failures, events } = await askAgent(server, { api });
      expect(failures).toEqual(["overloaded"]);
      expect(events.find(isFailed)?.discarded.text).toBe(5);
      expect(result).toMatchObject({ status: "completed", text: "Sunny" });
    },
  );

  it.each(apis)("in xAI's flat shape on %s is that error too (row 37)", async (_, { api, good, begun }) => {
    await using server = await startChaos([
      { fault: "none", body: begun + flat },
      { fault: "none", body: good },
    ]);
    const { result, failures } = await askAgent(server, { api });
    expect(failures).toEqual(["overloaded"]);
    expect(result).toMatchObject({ status: "completed", text: "Sunny" });
  });

  it.each(apis)(
    "that no repetition mends ends the run at once on %s, with what the server said (rows 36, 37)",
    async (_, protocol) => {
      const { api, begun } = protocol;
      const event = 'data: {"code":"invalid-argument","error":"Your prompt is odd"}\n\n';
      await using server = await startChaos([{ fault: "none", body: begun + event + DONE }]);
      const { result, failures } = await askAgent(server, { api });
      expect(failures).toEqual(["invalid_request"]);
      expect(result).toMatchObject({
        status: "failed",
        text: "",
        error: { message: expect.stringContaining("prompt is odd") },
      });
    },
  );
});

describe("a response that says itself how it ended", () => {
  const ended = (type: string, response: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 7, response })}\n\n`;
  const { begun, good } = PROTOCOLS[1] ?? { begun: "", good: "" };
  const whole = { id: "r1", object: "response", created_at: 1, model: "grok-4.7" };

  it("as failed is that error, retried by its kind, its text void and its tokens counted (row 38)", async () => {
    const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 };
    const error = { code: "server_error", message: "It broke." };
    const failed = ended("response.failed", { ...whole, status: "failed", error, output: [], usage });
    await using server = await startChaos([
      { fault: "none", body: begun + failed },
      { fault: "none", body: good },
    ]);
    const { result, failures } = await askAgent(server, { api: "responses" });
    expect(failures).toEqual(["server_error"]);
    expect(result).toMatchObject({ status: "completed", text: "Sunny", usage: { inputTokens: 14, outputTokens: 5 } });
  });

  it("as incomplete is no answer: the run ends typed, with its text kept apart, and calls no tool (row 38)", async () => {
    let ran = 0;
    const tool = defineTool({ name: "go", description: "Goes.", input: z.object({}), execute: () => String(++ran) });
    const call = {
      type: "function_call",
      id: "f1",
      call_id: "call_1",
      name: "go",
      arguments: "{}",
      status: "completed",
    };
    for (const reason of ["max_output_tokens", "content_filter"]) {
      const text = [{ type: "output_text", text: "Sunny", annotations: [] }];
      const message = { id: "m1", type: "message", role: "assistant", status: "incomplete", content: text };
      const details = { incomplete_details: { reason } };
      const response = { ...whole, status: "incomplete", output: [message, call], ...details };
      await using server = await startChaos([{ fault: "none", body: begun + ended("response.incomplete", response) }]);
      const { result } = await askAgent(server, { api: "responses", tools: [tool] });
      const code = reason === "content_filter" ? "content_filtered" : "output_truncated";
      expect(result).toMatchObject({ status: "failed", error: { code } });
      expect(server.requests).toHaveLength(1);
    }
    expect(ran).toBe(0);
  });
});

describe("an event in the middle of a stream", () => {
  it.each(apis)(
    "that is broken JSON fails the attempt on %s, without showing it, and is asked for again (row 50)",
    async (_, protocol) => {
      const { api, good, begun } = protocol;
      const broken = 'data: {"sim_canary_broken": \n\n';
      await using server = await startChaos([
        { fault: "none", body: begun + broken + good },
        { fault: "none", body: good },
      ]);
      const { result, failures, events } = await askAgent(server, { api });
      expect(failures).toEqual(["malformed_event"]);
      expect(JSON.stringify(events)).not.toContain("sim_canary_broken");
      expect(result).toMatchObject({ status: "completed", text: "Sunny" });
    },
  );

  it.each(apis)(
    "that nobody knows is kept as a wire event on %s, and changes nothing else (row 51)",
    async (_, protocol) => {
      const { api, good } = protocol;
      const item = { type: "chaos.note", deep: [{ a: 1 }] };
      const pieces = good.split(/(?<=\n\n)/);
      const noted = [...pieces.slice(0, 2), `event: chaos.note\ndata: ${JSON.stringify(item)}\n\n`, ...pieces.slice(2)];
      await using server = await startChaos([{ fault: "none", body: noted.join("") }]);
      const { result, failures, events } = await askAgent(server, { api });
      expect(failures).toEqual([]);
      expect(result).toMatchObject({ status: "completed", text: "Sunny" });
      expect(events.filter(({ type }) => type === "wire")).toMatchObject([
        { item: expect.objectContaining({ deep: [{ a: 1 }] }) },
      ]);
    },
  );
});

describe("JSON at the edges of JSON", () => {
  it("has its numbers, keys and texts read as documented, and its ids as the texts they are (row 57)", async () => {
    const call = (id: string): string =>
      `{"index":0,"id":${id},"type":"function","function":{"name":"go","arguments":"{\\"n\\":9007199254740993}"}}`;
    const chunk = `data: {"id":"9007199254740993","id":"c1","created":1e400,"model":"grok-4.7","choices":[{"index":-0,"delta":{"content":"a\\ud800b","tool_calls":[${call('"9007199254740993"')}]}}]}\n\n`;
    const usage = `data: {"id":"c1","choices":[],"usage":{"prompt_tokens":1e400,"completion_tokens":-0,"total_tokens":9}}\n\n`;
    await using server = await startChaos([{ fault: "none", body: chunk + CHAT_STOP + usage + DONE }]);
    const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url });
    const { id, choices, usage: used } = await client.chat.completions.create(ask);
    // Of a key that comes twice the last one holds, as everywhere in JavaScript.
    expect(id).toBe("c1");
    // Half of a character is a text in JavaScript: it is kept, and mended where it is sent on (row 58).
    expect(choices[0]?.message.content).toBe("a\ud800b");
    // Ids and arguments are texts: no number in them is ever rounded.
    expect(choices[0]?.message.tool_calls).toMatchObject([
      { id: "9007199254740993", function: { arguments: '{"n":9007199254740993}' } },
    ]);
    // What is no count is as if it had not been sent.
    expect(used?.prompt_tokens).toBeUndefined();
    expect(used?.total_tokens).toBe(9);
  });

  it("never makes a number of an id: one that comes as a number is none (row 57)", async () => {
    const body = chatPiece("Sunny").replaceAll('"c1"', "9007199254740993") + CHAT_STOP.replaceAll('"c1"', "1") + DONE;
    await using server = await startChaos([{ fault: "none", body }]);
    const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url });
    const { id, choices } = await client.chat.completions.create(ask);
    expect(typeof id).toBe("string");
    expect(String(id)).not.toContain("9007199254740992");
    expect(choices[0]?.message.content).toBe("Sunny");
  });
});
