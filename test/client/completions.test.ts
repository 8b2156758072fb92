import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import type { Transport, TransportResponse } from "../../src/wire/index.ts";
import { bytes, createFakeClock, failureOf, frames, KEY, replay, serve, settle } from "../wire/support.ts";
import { ANSWER, ask, bad, client, delta, good, inTurn, messages } from "./support.ts";

describe("chat.completions.create", () => {
  test("streams on the wire and folds the answer", async () => {
    const transport = good();
    const completion = await client(transport).chat.completions.create({ ...ask, temperature: 0.5 });
    expect(completion).toEqual({
      id: "1",
      object: "chat.completion",
      model: "grok-4.7",
      choices: [{ index: 0, message: { role: "assistant", content: "Sunny" }, finish_reason: "stop" }],
      usage: { total_tokens: 9 },
      request_id: "req-1",
    });
    expect(JSON.parse(new TextDecoder().decode(transport.requests[0]?.body))).toEqual({
      ...ask,
      temperature: 0.5,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test("tries again what may pass, under one request id", async () => {
    const transports = [bad(503), replay([bytes(frames([delta("half")]))]), good()];
    const transport = inTurn(...transports);
    const completion = await client(transport).chat.completions.create(ask, { conversation: "c-1" });
    expect(completion.choices[0]?.message.content).toBe("Sunny");
    const sent = transports.map(({ requests }) => requests[0]?.headers ?? {});
    expect(new Set(sent.map((headers) => headers["x-client-request-id"])).size).toBe(1);
    expect(sent[2]).toMatchObject({ "x-grok-conv-id": "c-1", authorization: `Bearer ${KEY}` });
  });

  test("gives up after three attempts and says so", async () => {
    const transport = inTurn(bad(500));
    const error = await failureOf(client(transport).chat.completions.create(ask));
    expect(error).toMatchObject({ code: "server_error", status: 500, attempts: 3 });
    expect(transport.count()).toBe(3);
  });

  test("does not wait a day because a server asks it to", async () => {
    const transport = inTurn(bad(429, { "retry-after": "86400" }));
    const error = await failureOf(client(transport).chat.completions.create(ask));
    expect(error).toMatchObject({ code: "rate_limited", attempts: 1, retryAfterMs: 86_400_000 });
    expect(String(error)).toContain("24 h");
  });

  test("waits as long as the server asks", async () => {
    const clock = createFakeClock();
    const transport = inTurn(bad(429, { "retry-after": "7" }), good());
    const answer = client(transport, { clock }).chat.completions.create(ask);
    await settle();
    await clock.advance(6999);
    expect(transport.count()).toBe(1);
    await clock.advance(1);
    expect((await answer).choices).toHaveLength(1);
  });

  test("gives a silent server one more chance, not two", async () => {
    const clock = createFakeClock();
    let count = 0;
    const transport: Transport = () => {
      count++;
      return new Promise<TransportResponse>(() => {});
    };
    const answer = failureOf(client(transport, { clock }).chat.completions.create(ask));
    for (let wait = 0; wait < 6; wait++) {
      await settle();
      await clock.advance(300_000);
    }
    expect(await answer).toMatchObject({ code: "headers_timeout", attempts: 2 });
    expect(count).toBe(2);
  });

  test("waits longer for a model that may reason in silence", async () => {
    const clock = createFakeClock();
    const silent: Transport = () => new Promise(() => {});
    const { completions } = client(silent, { clock }).chat;
    const { signal } = new AbortController();
    for (const request of [
      ask,
      { ...ask, model: "not-known-yet" },
      { ...ask, reasoning_effort: "none" },
      { ...ask, model: "grok-4.20-non-reasoning" },
    ]) {
      failureOf(completions.create(request, { signal }));
    }
    await settle();
    expect(clock.pending).toEqual([300_000, 300_000, 120_000, 120_000]);
  });

  test("rejects with the caller's own reason when it is aborted", async () => {
    const controller = new AbortController();
    const silent: Transport = () => new Promise(() => {});
    const answer = failureOf(client(silent).chat.completions.create(ask, { signal: controller.signal }));
    await settle();
    controller.abort("later");
    expect(await answer).toBe("later");
  });

  test("marks an answer that a simulator gave", async () => {
    const transport = replay([bytes(ANSWER)], { headers: { "x-fairwitness-simulated": "1" } });
    expect(await client(transport).chat.completions.create(ask)).toMatchObject({ simulated: true });
  });
});

describe("chat.completions.stream", () => {
  test("hands out pairs of the answer so far and the chunk", async () => {
    const stream = client(good()).chat.completions.stream(ask);
    const seen: unknown[] = [];
    for await (const [response, chunk] of stream) seen.push([response.choices[0]?.message.content, chunk.type]);
    expect(seen).toEqual([
      ["Sun", "chunk"],
      ["Sunny", "chunk"],
      ["Sunny", "chunk"],
      ["Sunny", "chunk"],
    ]);
    expect(await stream.result()).toMatchObject({ request_id: "req-1", usage: { total_tokens: 9 } });
  });

  test("reads itself when only its result is wanted", async () => {
    expect((await client(good()).chat.completions.stream(ask).result()).choices[0]?.message.content).toBe("Sunny");
  });

  test("is tried again until its first chunk, and not after", async () => {
    const early = inTurn(bad(503), replay([bytes(frames([{ error: "at capacity" }]))]), good());
    expect(await client(early).chat.completions.stream(ask).result()).toMatchObject({ id: "1" });
    const late = inTurn(replay([bytes(frames([delta("half")]))]), good());
    const stream = client(late).chat.completions.stream(ask);
    expect(await failureOf(stream.result())).toMatchObject({ code: "stream_incomplete" });
    expect(late.count()).toBe(1);
  });

  test("cannot be read twice, and says what to do", async () => {
    const stream = client(good()).chat.completions.stream(ask);
    for await (const _ of stream);
    expect(() => stream[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: "already_read" }));
    expect(await stream.result()).toMatchObject({ id: "1" });
  });

  test("closes the connection when its reader leaves, and has no result then", async () => {
    let closed: () => void = () => {};
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    await using server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(frames([delta("a")]));
      response.on("close", () => closed());
    });
    const stream = createClient({ apiKey: KEY, baseURL: server.url }).chat.completions.stream(ask);
    for await (const _ of stream) break;
    await isClosed;
    expect(await failureOf(stream.result())).toMatchObject({ code: "stream_incomplete" });
  });

  test("that nobody reads sends nothing", async () => {
    const transport = good();
    client(transport).chat.completions.stream(ask);
    await settle();
    expect(transport.requests).toEqual([]);
  });

  test("hands its error to whoever iterates, and to nobody else unasked", async () => {
    const stream = client(bad(400)).chat.completions.stream(ask);
    const iterate = async () => {
      for await (const _ of stream);
    };
    expect(await failureOf(iterate())).toMatchObject({ code: "invalid_request" });
    await settle();
  });
});

describe("a request that cannot work is refused before it is sent", () => {
  // As a program without types would pass them.
  const cases: readonly (readonly [string, object, string, RegExp])[] = [
    ["without a model", { messages }, "invalid_option", /names no model/],
    ["without messages", { model: "grok-4.7", messages: [] }, "invalid_message", /no messages/],
    ["that asks create to stream", { ...ask, stream: true }, "invalid_option", /completions\.stream/],
    ["that is deferred", { ...ask, deferred: true }, "invalid_option", /deferred/],
    ["for Live Search", { ...ask, search_parameters: { mode: "on" } }, "invalid_option", /Live Search/],
    [
      "with a server tool",
      { ...ask, tools: [{ type: "web_search" }] },
      "invalid_tool",
      /"web_search" needs the Responses API/,
    ],
    ["whose tools are no list", { ...ask, tools: { type: "function" } }, "invalid_tool", /list/],
    ["that holds a BigInt", { ...ask, seed: 1n }, "invalid_message", /JSON/],
  ];

  test.each(cases)("%s", async (_, request, code, message) => {
    const transport = good();
    // The types refuse each of these: that is what the test is about.
    const asked = client(transport).chat.completions.create(request as typeof ask);
    expect(await failureOf(asked)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(transport.requests).toEqual([]);
  });
});
