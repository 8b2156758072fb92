import { expect, test } from "vitest";
import { type SimTurn, type Simulator, startSimulator } from "../../src/sim/index.ts";
import { ask, chat, chunksOf, type Json, type Reply, readReply, say, withSimulator } from "./support.ts";

const TURN: SimTurn = { reasoning: "Hm.", text: "One two", toolCalls: [{ name: "f", arguments: {} }] };

/** The chunks of a streamed chat answer on a profile. */
async function chunks(turn: SimTurn, extra: Json = {}, profile: "xai" | "proxy" = "proxy"): Promise<Json[]> {
  return withSimulator({ profile, script: [turn] }, async (simulator) => {
    const reply = await request(simulator, "/v1/chat/completions", chat({ stream: true, ...extra }));
    expect(reply.text.endsWith("data: [DONE]\n\n")).toBe(true);
    return chunksOf(reply.text);
  });
}

async function request(
  simulator: Simulator,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { authorization: `Bearer ${simulator.apiKey}` },
): Promise<Reply> {
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const all = { "content-type": "application/json", ...headers };
  return readReply(await fetch(simulator.origin + path, { ...sent, headers: all }));
}

test("a proxy streams messages for deltas, with no reason until the end and usage all along", async () => {
  const all = await chunks(TURN);
  const choices = all.map((chunk) => chunk.choices[0]);
  expect(new Set(all.map(({ object }) => object))).toEqual(new Set(["chat.completion"]));
  expect(choices.map(({ message }) => message)).toEqual([
    { reasoning_content: "Hm.", role: "assistant" },
    { content: "One" },
    { content: " two" },
    { tool_calls: [expect.objectContaining({ id: "call_sim_0_0", index: 0 })] },
    {},
  ]);
  expect(choices.every((choice) => !("delta" in choice))).toBe(true);
  expect(choices.map(({ finish_reason }) => finish_reason)).toEqual(["", "", "", "", "tool_calls"]);
  const totals = all.map(({ usage }) => usage.total_tokens);
  expect(totals).toEqual(totals.toSorted((a, b) => a - b));
  for (const { usage } of all)
    expect(usage.total_tokens).toBe(
      usage.prompt_tokens + usage.completion_tokens + usage.completion_tokens_details.reasoning_tokens,
    );
  expect(all.at(-1).usage.completion_tokens).toBeGreaterThan(all[0].usage.completion_tokens);
});

test("on a proxy the usage chunk comes where it is asked for, and no usage where a script withholds it", async () => {
  expect((await chunks({ text: "a" }, { stream_options: { include_usage: true } })).at(-1).choices).toEqual([]);
  expect(JSON.stringify(await chunks({ text: "a", usage: null }))).not.toContain("usage");
});

test("models of other vendors keep their deltas, and a script may choose either name on either profile", async () => {
  const field = (all: Json[]): string[] => Object.keys(all[0].choices[0]).filter((key) => /delta|message/.test(key));
  expect(field(await chunks({ text: "a" }, { model: "gpt-4o" }))).toEqual(["delta"]);
  expect(field(await chunks({ text: "a", chunkField: "message" }, { model: "gpt-4o" }))).toEqual(["message"]);
  expect(field(await chunks({ text: "a", chunkField: "delta" }))).toEqual(["delta"]);
  expect(field(await chunks({ text: "a", chunkField: "message" }, {}, "xai"))).toEqual(["message"]);
  expect(field(await chunks({ text: "a" }, {}, "xai"))).toEqual(["delta"]);
});

test("a proxy takes x-api-key on every route, and xAI on the Messages route alone", async () => {
  const calls: readonly (readonly [path: string, body?: unknown])[] = [
    ["/v1/chat/completions", chat()],
    ["/v1/responses", ask()],
    ["/v1/messages", say()],
    ["/v1/models"],
  ];
  for (const [profile, expected] of [
    ["proxy", [200, 200, 200, 200]],
    ["xai", [401, 401, 200, 401]],
  ] as const)
    await withSimulator({ profile }, async (simulator) => {
      const headers = { "x-api-key": simulator.apiKey };
      const replies = await Promise.all(calls.map(([path, body]) => request(simulator, path, body, headers)));
      expect(replies.map(({ status }) => status)).toEqual(expected);
      for (const [path, body] of calls)
        expect((await request(simulator, path, body, {})).status, `${profile} ${path} without a key`).toBe(401);
    });
});

test("a wrong key is 401 on every route of a proxy, each in its own shape", async () => {
  await withSimulator({ profile: "proxy" }, async (simulator) => {
    const headers = { authorization: "Bearer sim_other" };
    const chatReply = await request(simulator, "/v1/chat/completions", chat(), headers);
    expect(chatReply.status).toBe(401);
    expect(chatReply.json.error).toMatchObject({ type: "authentication_error", code: "invalid-argument", param: null });
    const messagesReply = await request(simulator, "/v1/messages", say(), headers);
    expect(messagesReply.status).toBe(401);
    expect(messagesReply.json).toMatchObject({ type: "error", error: { type: "authentication_error" } });
  });
});

test("one right key of two is enough, and any that looks real is refused", async () => {
  await withSimulator({ profile: "proxy" }, async (simulator) => {
    const both = { authorization: "Bearer sim_other", "x-api-key": simulator.apiKey };
    expect((await request(simulator, "/v1/messages", say(), both)).status).toBe(200);
    for (const key of ["xai-abc", "sk-ant-abc", "sk-proj-abc"]) {
      const reply = await request(simulator, "/v1/messages", say(), { "x-api-key": key });
      expect(reply.status).toBe(400);
      expect(reply.json.error.message).toContain("a real key must not be sent");
      expect(JSON.stringify([reply.text, simulator.requests])).not.toContain("-abc");
    }
  });
  await expect(startSimulator({ apiKey: "sk-ant-abc" })).rejects.toMatchObject({ code: "invalid_option" });
});

test("the Messages route is under the root of a proxy too, and under /v1 alone on xAI", async () => {
  for (const [profile, status] of [
    ["proxy", 200],
    ["xai", 404],
  ] as const)
    await withSimulator({ profile }, async (simulator) => {
      expect((await request(simulator, "/messages", say())).status).toBe(status);
      const reply = await request(simulator, "/v1/messages?beta=true", say());
      expect(reply.status).toBe(200);
      expect(reply.headers.get("request-id")).toBe("sim_req_1");
      expect(reply.headers.get("x-fairwitness-simulated")).toBe("true");
    });
});

test("a document that holds its bytes or its text is seen over the Messages protocol of a proxy", async () => {
  await withSimulator({ profile: "proxy" }, async (simulator) => {
    const look = async (document: Json): Promise<Reply> => {
      const content = [
        { type: "text", text: "Look." },
        { type: "document", ...document },
      ];
      return request(simulator, "/v1/messages", {
        model: "grok-4.7",
        max_tokens: 99,
        messages: [{ role: "user", content }],
      });
    };
    const pdf = { type: "base64", media_type: "application/pdf", data: btoa("%PDF-1.4") };
    expect((await look({ source: pdf, title: "a.pdf" })).text).toContain(
      "You showed me a file named a.pdf of 8 bytes.",
    );
    const plain = { type: "text", media_type: "text/plain", data: "tides é" };
    expect((await look({ source: plain })).text).toContain("You showed me a file named document of 8 bytes.");
    expect(await look({ source: { ...pdf, data: "no base64" } })).toMatchObject({ status: 400 });
  });
});

test("the wrong verb and unknown paths are worded as the client of the path expects", async () => {
  await withSimulator({ profile: "proxy" }, async (simulator) => {
    const verb = await request(simulator, "/v1/messages");
    expect([verb.status, verb.json.error.type]).toEqual([405, "invalid_request_error"]);
    expect((await request(simulator, "/v1/messages/count_tokens", say())).json).toMatchObject({
      type: "error",
      error: { type: "not_found_error" },
    });
    expect((await request(simulator, "/v1/nothing", {})).json.error.type).toBe("not_found_error");
    expect((await request(simulator, "/v1/responses/none")).json.error).toMatchObject({ code: "not-found" });
  });
});

test.each([
  [400, "invalid_request_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [500, "api_error"],
  [503, "api_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
])("a scripted status of %i is a %s on the Messages route of a proxy", async (status, type) => {
  await withSimulator({ profile: "proxy", script: [{ status }] }, async (simulator) => {
    const reply = await request(simulator, "/v1/messages", say());
    expect([reply.status, reply.json.error.type]).toEqual([status, type]);
  });
});

test("a script's own body is sent as it is on both profiles", async () => {
  const body = { code: "mine", error: "own words" };
  for (const profile of ["xai", "proxy"] as const)
    await withSimulator({ profile, script: [{ status: 418, body }, { json200Error: body }] }, async (simulator) => {
      expect((await request(simulator, "/v1/messages", say())).json).toEqual(body);
      expect((await request(simulator, "/v1/messages", say())).json).toEqual(body);
    });
});

test("an unknown profile is refused at the start", async () => {
  // As: callers without types may pass anything.
  const started = startSimulator({ profile: "azure" as "xai" });
  await expect(started).rejects.toMatchObject({ code: "invalid_option", message: expect.stringContaining('"azure"') });
  await withSimulator({ profile: "proxy" }, async ({ profile }) => expect(profile).toBe("proxy"));
});
