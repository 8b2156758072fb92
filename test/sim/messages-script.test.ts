import { expect, test } from "vitest";
import type { SimProfile, SimTurn } from "../../src/sim/index.ts";
import { readAll, send, unchunk } from "./raw.ts";
import {
  ask,
  chat,
  chunksOf,
  flatTool,
  type Json,
  namedTool,
  post,
  respond,
  say,
  speak,
  tool,
  withSimulator,
} from "./support.ts";

const PROFILES = ["xai", "proxy"] as const;
const streamed = say({ stream: true });

/** The body of a streamed answer as it came over a bare socket, and whether it was ended. */
function bytesOf(turn: SimTurn, profile: SimProfile = "proxy"): Promise<{ body: string; isEnded: boolean }> {
  return withSimulator({ profile, script: [turn] }, async (simulator) =>
    unchunk((await readAll(send(simulator, streamed, "/v1/messages"))).bytes),
  );
}

async function eventsOf(turn: SimTurn, profile: SimProfile = "proxy"): Promise<Json[]> {
  return chunksOf((await bytesOf(turn, profile)).body);
}

function whole(turn: SimTurn, extra: Record<string, unknown> = {}): Promise<Json> {
  return withSimulator({ profile: "proxy", script: [turn] }, async (simulator) =>
    speak(simulator, say(extra)).then(({ json }) => json),
  );
}

const names = (body: string): string[] => [...body.matchAll(/^event: (\w+)$/gm)].map((hit) => hit[1] ?? "");

test.each(PROFILES)("on %s every frame names its event, as its client needs it", async (profile) => {
  const { body, isEnded } = await bytesOf({ text: "One two" }, profile);
  const frames = body.split("\n\n").filter((frame) => frame !== "" && frame !== "data: [DONE]");
  for (const frame of frames) {
    const [, event, data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
    expect(JSON.parse(data).type).toBe(event);
  }
  expect(names(body)).toEqual([
    "message_start",
    "content_block_start",
    "ping",
    "content_block_delta",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
  expect(body.endsWith("\n\ndata: [DONE]\n\n")).toBe(profile === "xai");
  expect(isEnded).toBe(true);
});

test("a script may leave the event lines out, as xAI's description has it", async () => {
  const { body } = await bytesOf({ text: "One", eventLines: false }, "xai");
  expect(body).not.toContain("event:");
  expect(body.endsWith("data: [DONE]\n\n")).toBe(true);
  expect(chunksOf(body).at(-1)).toEqual({ type: "message_stop" });
});

test("thinking is streamed and signed, and arguments begin empty", async () => {
  const events = await eventsOf({ reasoning: "I see", toolCalls: [{ name: "f", arguments: { a: 1 }, id: "t1" }] });
  const signature = events.find(({ delta }) => delta?.type === "signature_delta")?.delta.signature;
  expect(signature).toMatch(/^[A-Za-z0-9+/=]{40,}$/);
  expect(events.filter(({ type }) => type.startsWith("content_block"))).toEqual([
    { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "I" } },
    { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: " see" } },
    { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature } },
    { type: "content_block_stop", index: 0 },
    {
      type: "content_block_start",
      index: 1,
      content_block: { type: "tool_use", id: "t1", name: "f", input: {} },
    },
    { type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: "" } },
    { type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: '{"a":1}' } },
    { type: "content_block_stop", index: 1 },
  ]);
});

test("a signature holds for its own text alone, and for one family of models", async () => {
  const script: SimTurn[] = [{ reasoning: "I see", text: "Yes" }, { text: "ok" }];
  await withSimulator({ profile: "proxy", script }, async (simulator) => {
    const { content } = (await speak(simulator, say())).json;
    const back = (blocks: unknown, model = "grok-4.7"): Promise<{ status: number }> => {
      const messages = [
        { role: "user", content: "a" },
        { role: "assistant", content: blocks },
        { role: "user", content: "b" },
      ];
      return speak(simulator, say({ model, messages }));
    };
    expect((await back([{ ...content[0], thinking: "I saw" }, content[1]])).status).toBe(400);
    expect((await back(content, "claude-3-5-sonnet-latest")).status).toBe(400);
    expect((await back(content, "grok-4.3")).status).toBe(200);
  });
});

test("a script may redact its thinking and forge a signature", async () => {
  const redacted = await whole({ reasoningEncrypted: true, text: "Yes" });
  expect(redacted.content[0]).toEqual({ type: "redacted_thinking", data: expect.any(String) });
  expect((await whole({ reasoningEncrypted: "secret" })).content).toEqual([
    { type: "redacted_thinking", data: "secret" },
  ]);
  expect((await whole({ reasoning: "x", reasoningEncrypted: "forged" })).content).toEqual([
    { type: "thinking", thinking: "x", signature: "forged" },
  ]);
});

test.each([
  [{ text: "x" }, "end_turn"],
  [{ toolCalls: [{ name: "f", arguments: {} }] }, "tool_use"],
  [{ text: "x", finishReason: "length" }, "max_tokens"],
  [{ text: "x", incomplete: "max_output_tokens" }, "max_tokens"],
  [{ text: "x", finishReason: "content_filter" }, "refusal"],
  [{ text: "x", finishReason: "pause_turn" }, "pause_turn"],
] satisfies [SimTurn, string][])("%j ends for the reason %s, streamed or not", async (turn, reason) => {
  expect((await whole(turn)).stop_reason).toBe(reason);
  const end = (await eventsOf(turn)).find(({ type }) => type === "message_delta");
  expect(end?.delta).toEqual({ stop_reason: reason, stop_sequence: null });
});

test("a stop sequence that ended the answer is named", async () => {
  const turn = { text: "x", finishReason: "stop_sequence" };
  const request = { model: "claude-3-5-sonnet-latest", stop_sequences: ["END"] };
  expect(await whole(turn, request)).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "END" });
});

test("one turn counts the same on all three endpoints, each in its own arithmetic", async () => {
  const counts = { promptTokens: 100, cachedTokens: 40, completionTokens: 7, reasoningTokens: 11 };
  for (const usage of [counts, undefined]) {
    const turn: SimTurn = {
      reasoning: "Let me think about it",
      text: "Yes",
      ...(usage === undefined ? {} : { usage }),
    };
    await withSimulator({ script: [turn, turn, turn] }, async (simulator) => {
      const [p, d] = [{ city: { type: "string" } }, "A tool."];
      const c = (await post(simulator, chat({ tools: [tool("f", p, d)] }))).json.usage;
      const r = (await respond(simulator, ask({ tools: [flatTool("f", p, d)] }))).json.usage;
      const m = (await speak(simulator, say({ tools: [namedTool("f", p, d)] }))).json.usage;
      const thinking = c.completion_tokens_details.reasoning_tokens;
      expect(thinking).toBeGreaterThan(0);
      expect([m.input_tokens + m.cache_read_input_tokens, m.output_tokens]).toEqual([
        c.prompt_tokens,
        c.completion_tokens + thinking,
      ]);
      expect([m.cache_read_input_tokens, m.output_tokens_details.thinking_tokens]).toEqual([
        c.prompt_tokens_details.cached_tokens,
        thinking,
      ]);
      expect([r.input_tokens, r.output_tokens]).toEqual([c.prompt_tokens, m.output_tokens]);
      expect(m.cost_in_usd_ticks).toBeUndefined();
    });
  }
});

test("a conversation with calls and results counts the same on all three endpoints", async () => {
  const [args, said] = ['{"city": "Oslo"}', "3 degrees"];
  const history = [
    { role: "assistant", content: "", tool_calls: [{ id: "c", function: { name: "f", arguments: args } }] },
    { role: "tool", tool_call_id: "c", content: said },
  ];
  const items = [
    { type: "function_call", call_id: "c", name: "f", arguments: args },
    { type: "function_call_output", call_id: "c", output: said },
  ];
  const talk = [
    { role: "assistant", content: [{ type: "tool_use", id: "c", name: "f", input: { city: "Oslo" } }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "c", content: said }] },
  ];
  const user = { role: "user", content: "Hello" };
  await withSimulator({ script: [{}, {}, {}] }, async (simulator) => {
    const c = (await post(simulator, chat({ messages: [user, ...history] }))).json.usage.prompt_tokens;
    const r = (await respond(simulator, ask({ input: [user, ...items] }))).json.usage.input_tokens;
    const m = (await speak(simulator, say({ messages: [user, ...talk] }))).json.usage.input_tokens;
    expect([r, m]).toEqual([c, c]);
  });
});

test("usage stands at both ends of a stream, and nowhere when the script withholds it", async () => {
  const usage = { promptTokens: 9, cachedTokens: 4, completionTokens: 5, reasoningTokens: 2 };
  const events = await eventsOf({ text: "x", usage, serviceTier: "priority" });
  expect(events[0].message.usage).toMatchObject({ input_tokens: 5, cache_read_input_tokens: 4, output_tokens: 1 });
  expect(events.at(-2).usage).toEqual({
    input_tokens: 5,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 4,
    output_tokens: 7,
    output_tokens_details: { thinking_tokens: 2 },
    service_tier: "priority",
  });
  expect(JSON.stringify(await eventsOf({ text: "x", usage: null }))).not.toContain("usage");
});

test("a turn without an end, and one without its last frame, are never finished", async () => {
  expect((await eventsOf({ text: "x", finishReason: null })).map(({ type }) => type)).not.toContain("message_delta");
  expect((await whole({ text: "x", finishReason: null })).stop_reason).toBeNull();
  expect((await eventsOf({ text: "x", noDone: true })).at(-1).type).toBe("message_delta");
});

test("a cut body ends after exactly so many bytes, and a reset one is not ended", async () => {
  const full = (await bytesOf({ text: "One two" })).body;
  expect(await bytesOf({ text: "One two", cut: { afterBytes: 300 } })).toEqual({
    body: full.slice(0, 300),
    isEnded: true,
  });
  expect((await bytesOf({ text: "One two", cut: { afterBytes: 300, how: "reset" } })).isEnded).toBe(false);
});

test("errors, unknown events, comments and doubles are framed as the others", async () => {
  const error = (await bytesOf({ text: "a b", errorEvent: { afterChunks: 3 } })).body;
  expect(
    error.endsWith(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    ),
  ).toBe(true);
  const odd = { afterChunks: 1, data: { type: "hologram_start", n: 1 } };
  expect(names((await bytesOf({ text: "a", unknownEvent: odd })).body).slice(0, 3)).toEqual([
    "message_start",
    "hologram_start",
    "content_block_start",
  ]);
  const double = names((await bytesOf({ text: "a", duplicate: 3, comments: true })).body);
  expect(double.filter((name) => name === "content_block_delta")).toHaveLength(2);
  const raw = (await bytesOf({ chunks: [{ type: "message_stop" }, '{"type":"x"}', "no json"] })).body;
  expect(raw).toBe(
    'event: message_stop\ndata: {"type":"message_stop"}\n\nevent: x\ndata: {"type":"x"}\n\ndata: no json\n\n',
  );
});

test("malformed arguments of a script are sent as they are", async () => {
  const turn: SimTurn = { toolCalls: [{ name: "f", arguments: '{"a":' }] };
  expect((await whole(turn)).content[0].input).toBe('{"a":');
  const told = (await eventsOf(turn)).filter(({ delta }) => delta?.type === "input_json_delta");
  expect(told.map(({ delta }) => delta.partial_json)).toEqual(["", '{"a":']);
});
