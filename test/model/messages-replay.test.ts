import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AgentError } from "../../src/errors.ts";
import type { Usage } from "../../src/message/index.ts";
import { createMessagesModel, type ModelEvent, type ModelTurn } from "../../src/model/index.ts";
import { createEndpoint } from "../../src/wire/index.ts";
import { drain, fakeEndpoint, never, request, type Seen, turnOf } from "./fake-endpoint.ts";
import {
  hasMessages,
  list,
  type MessagesRecording,
  messageRecordings,
  messageStreams,
  object,
  type Wire,
} from "./messages-recordings.ts";

const MODEL = "claude-sonnet-4-5";
const named = (recordings: readonly MessagesRecording[]): [string, MessagesRecording][] =>
  recordings.map((recording) => [recording.name, recording]);
const contentType = ({ isStream }: MessagesRecording): string => (isStream ? "text/event-stream" : "application/json");

async function play(recording: MessagesRecording, reads: readonly Uint8Array[] = [recording.bytes]): Promise<Seen> {
  const { endpoint } = fakeEndpoint(() => ({ reads, headers: { "content-type": contentType(recording) } }));
  return drain(createMessagesModel({ id: MODEL, endpoint }).stream(request(), never));
}

/** The same answer as a server sends it that was not asked to stream. */
function awaited(recording: MessagesRecording): MessagesRecording {
  return { ...recording, isStream: false, bytes: new TextEncoder().encode(JSON.stringify(recording.message)) };
}

const textOf = (events: readonly ModelEvent[], type: "text.delta" | "reasoning.delta"): string =>
  events.map((event) => (event.type === type ? event.delta : "")).join("");

const joinedBlocks = (blocks: readonly Wire[], type: string, field: string): string =>
  blocks.map((block) => (block.type === type ? block[field] : "")).join("");

/** Paragraphs that a call stands between are told apart; nothing else may be added. */
const withoutGaps = (text: string): string => text.replaceAll("\n", "");

const asJsonText = (value: unknown): string => JSON.stringify(value).slice(1, -1);

/** All that a reader of the turn sees without looking into the raw items. */
function visible({ events }: Seen, turn: ModelTurn): string {
  const { raw: _raw, ...message } = turn.message;
  return JSON.stringify([{ ...turn, message }, events.filter((event) => event.type === "wire")]);
}

function expectedUsage(usage: Wire): Usage {
  const number = (value: unknown): number => (typeof value === "number" ? value : 0);
  const cached = number(usage.cache_read_input_tokens) + number(usage.cache_creation_input_tokens);
  const inputTokens = number(usage.input_tokens) + cached;
  const outputTokens = number(usage.output_tokens);
  const thinking = object(usage.output_tokens_details).thinking_tokens;
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...(usage.cache_read_input_tokens !== undefined && {
      cachedInputTokens: number(usage.cache_read_input_tokens),
    }),
    ...(thinking !== undefined && { reasoningTokens: number(thinking) }),
    ...(usage.server_tool_use !== undefined && {
      billedServerTools: usage.server_tool_use as Record<string, number>, // counts by name
    }),
  };
}

/** Fields of a message that are known; another is to be shown. */
const KNOWN = "id type role model content stop_reason stop_sequence stop_details usage".split(" ");

function timeless(turn: ModelTurn): ModelTurn {
  if (turn.serverCalls === undefined) return turn;
  return { ...turn, serverCalls: turn.serverCalls.map(({ observedMs: _observed, ...call }) => call) };
}

describe.skipIf(!hasMessages)("of every recording (skipped where ../shared/wire is absent)", () => {
  test.each(named(messageRecordings))("%s nothing is lost", async (_name, recording) => {
    const { blocks, message } = recording;
    const seen = await play(recording);
    const turn = turnOf(seen);
    const isPlain = blocks.every(
      (block) => (block.type === "text" && block.citations === undefined) || block.type === "tool_use",
    );
    if (isPlain) expect(turn.message.raw).toBeUndefined();
    else expect(turn.message.raw).toEqual({ api: "messages", provider: "127.0.0.1", family: MODEL, items: blocks });
    const all = visible(seen, turn);
    for (const block of blocks) {
      if (block.type === "tool_use") {
        const call = turn.message.toolCalls?.find(({ id }) => id === block.id);
        expect([call?.tool, JSON.parse(call?.arguments ?? "null")]).toEqual([block.name, block.input]);
      } else if (block.type === "server_tool_use" || block.type === "mcp_tool_use") {
        const result = turn.serverCalls?.find(({ call }) => call.id === block.id);
        expect(result).toMatchObject({ outcome: "ok", call: { executor: "server", input: block.input } });
      } else if (String(block.type).endsWith("_tool_result")) {
        for (const { url, title, text } of list(block.content)) {
          for (const value of [url, title, text]) if (value !== undefined) expect(all).toContain(asJsonText(value));
        }
      } else if (!["text", "thinking"].includes(String(block.type))) {
        expect(seen.events).toContainEqual({ type: "wire", item: block });
      }
      for (const { url } of list(block.citations)) {
        const cited = turn.citations?.filter(({ source }) => source.url === url) ?? [];
        expect(cited.map(({ span }) => turn.message.content.slice(span?.start, span?.end))).toContain(block.text);
      }
    }
    for (const [name, value] of Object.entries(message)) {
      if (KNOWN.includes(name)) continue;
      expect(all).toContain(JSON.stringify({ [name]: value }).slice(1, -1));
    }
    if (message.stop_details)
      expect(seen.events).toContainEqual({ type: "wire", item: { stop_details: message.stop_details } });
  });

  test.each(named(messageRecordings))(
    "%s text, thinking, tokens and end are those of the file, shown and told",
    async (_name, recording) => {
      const { blocks, message } = recording;
      const seen = await play(recording);
      const turn = turnOf(seen);
      expect(withoutGaps(turn.message.content)).toBe(withoutGaps(joinedBlocks(blocks, "text", "text")));
      expect(turn.message.reasoning ?? "").toBe(joinedBlocks(blocks, "thinking", "thinking"));
      expect(textOf(seen.events, "text.delta")).toBe(turn.message.content);
      expect(textOf(seen.events, "reasoning.delta")).toBe(turn.message.reasoning ?? "");
      expect(turn.usage).toEqual(expectedUsage(object(message.usage)));
      expect(turn.cost).toEqual({ basis: "unknown" });
      expect([turn.servedModel, turn.responseId]).toEqual([message.model, message.id]);
      const reasons: Record<string, string> = { end_turn: "stop", tool_use: "tool_calls", refusal: "refusal" };
      expect(turn.finishReason).toBe(reasons[String(message.stop_reason)]);
      const inputs = new Map<number, string>();
      for (const event of seen.events) {
        if (event.type === "tool.input.delta") inputs.set(event.index, (inputs.get(event.index) ?? "") + event.delta);
      }
      expect([...inputs.values()]).toEqual((turn.message.toolCalls ?? []).map((call) => call.arguments));
    },
  );

  test.each(named(messageStreams))("%s streamed and awaited is one turn", async (_name, recording) => {
    const comparable = (turn: ModelTurn): unknown => {
      // The arguments of a whole answer are its JSON, those of a stream are as the model wrote them.
      const calls = turn.message.toolCalls?.map((call) => ({ ...call, arguments: JSON.parse(call.arguments) }));
      return { ...timeless(turn), message: { ...turn.message, toolCalls: calls } };
    };
    expect(comparable(turnOf(await play(recording)))).toEqual(comparable(turnOf(await play(awaited(recording)))));
  });

  test.each(named(messageStreams))(
    "%s gives the same events however the network splits it",
    async (_name, recording) => {
      const whole = (await play(recording)).events.map(withoutTime);
      const { bytes } = recording;
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 40 }), async (places) => {
          const cuts = [0, ...places, bytes.length].sort((a, b) => a - b);
          const reads = cuts.slice(1).map((to, n) => bytes.slice(cuts[n] ?? 0, to));
          expect((await play(recording, reads)).events.map(withoutTime)).toEqual(whole);
        }),
        { numRuns: 25 },
      );
    },
  );

  test.each(named(messageStreams))(
    "%s cut at any byte is no turn, and shows a part of the whole",
    async (_name, recording) => {
      const { bytes } = recording;
      const whole = (await play(recording)).events;
      const last = new TextDecoder().decode(bytes).lastIndexOf('"message_stop"');
      const text = new TextDecoder().decode(bytes).slice(0, last);
      const least = new TextEncoder().encode(text).length;
      const places = fc.sample(fc.nat(least), { numRuns: 150, seed: 20261120 });
      for (const at of places) {
        const seen = await play(recording, [bytes.subarray(0, at)]);
        expect(seen.error).toBeInstanceOf(AgentError);
        expect(seen.error).toMatchObject({ code: "stream_incomplete", retryable: true });
        expect(seen.events.some(({ type }) => type === "turn")).toBe(false);
        expect(whole.slice(0, seen.events.length)).toEqual(seen.events);
      }
    },
  );

  test("unknown events, blocks and deltas at any place change nothing but add wire events", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...messageStreams), fc.nat(), async (recording, place) => {
        const at = 1 + (place % (recording.events.length - 1)); // before the beginning nothing is said
        const unknown = { type: "brand_new", index: 0, thing: place };
        const block = { type: "brand_new_block", thing: place };
        const late = [
          { type: "content_block_start", index: 99, content_block: block },
          { type: "content_block_delta", index: 99, delta: { type: "brand_new_delta", thing: 1 } },
          { type: "content_block_stop", index: 99 },
        ];
        const events = recording.events.toSpliced(at, 0, unknown, ...late);
        const framed = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
        const seen = await play(recording, [new TextEncoder().encode(framed)]);
        const items = seen.events.flatMap((event) => (event.type === "wire" ? [event.item] : []));
        expect(items).toContainEqual(unknown);
        expect(items).toContainEqual(block);
        expect(items).toContainEqual({ type: "content_block_delta", index: 99, delta: late[1]?.delta });
        const { raw: _raw, ...message } = turnOf(seen).message;
        const { raw: _before, ...before } = turnOf(await play(recording)).message;
        expect(withoutGaps(JSON.stringify(message))).toBe(withoutGaps(JSON.stringify(before)));
      }),
      { numRuns: 40 },
    );
  });
});

function withoutTime(event: ModelEvent): ModelEvent {
  return event.type === "turn" ? { type: "turn", turn: timeless(event.turn) } : event;
}

describe.skipIf(!hasMessages)("over HTTP (skipped where ../shared/wire is absent)", () => {
  let respond: (response: ServerResponse) => void = () => {};
  let server: Server;
  let baseUrl = "";

  beforeAll(async () => {
    server = createServer((incoming, response) => {
      incoming.resume();
      incoming.on("end", () => respond(response));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // listen() on a port, not on a pipe: the address is an object
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test.each(named(messageRecordings))("%s is the same turn, with the id of its request", async (_name, recording) => {
    respond = (response) => {
      response.writeHead(200, { "content-type": contentType(recording), "request-id": "req-1" });
      response.end(recording.bytes);
    };
    const model = createMessagesModel({ id: MODEL, endpoint: createEndpoint({ apiKey: "sim_key", baseUrl }) });
    const turn = turnOf(await drain(model.stream(request(), never)));
    const { requestId, ...rest } = timeless(turn);
    expect(requestId).toBe("req-1");
    expect(rest).toEqual(timeless(turnOf(await play(recording))));
  });
});
