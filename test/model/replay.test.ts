import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AgentError } from "../../src/errors.ts";
import { createChatModel, type ModelEvent } from "../../src/model/index.ts";
import { createEndpoint } from "../../src/wire/index.ts";
import { drain, type FakeAnswer, fakeEndpoint, never, request, type Seen, turnOf } from "./fake-endpoint.ts";
import { type Expected, expected, hasRecordings, type Recording, recordings, seeded, streams } from "./recordings.ts";

const each = describe.skipIf(!hasRecordings);
if (!hasRecordings) test.skip("the recordings (../shared/wire/chat) are not beside this project", () => {});

/** What the local server does with the next request. */
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

function overHttp(answer: (response: ServerResponse) => void): Promise<Seen> {
  respond = answer;
  const model = createChatModel({ id: "grok-3-mini", endpoint: createEndpoint({ apiKey: "sim_key", baseUrl }) });
  return drain(model.stream(request(), never));
}

function inMemory(answer: FakeAnswer): Promise<Seen> {
  const { endpoint } = fakeEndpoint(() => answer);
  return drain(createChatModel({ id: "grok-3-mini", endpoint }).stream(request(), never));
}

const whole = (recording: Recording): Promise<Seen> => inMemory({ reads: [recording.bytes] });

function contentType(recording: Recording): string {
  return recording.isStream ? "text/event-stream; charset=utf-8" : "application/json";
}

function joined(events: readonly ModelEvent[], type: "text.delta" | "reasoning.delta"): string {
  return events.map((event) => (event.type === type ? event.delta : "")).join("");
}

function joinedInputs(events: readonly ModelEvent[]): { tool: string; arguments: string }[] {
  const calls: { tool: string; arguments: string }[] = [];
  for (const event of events) {
    if (event.type !== "tool.input.delta") continue;
    calls[event.index] = { tool: event.tool, arguments: (calls[event.index]?.arguments ?? "") + event.delta };
  }
  return calls;
}

function checkTurn(seen: Seen, file: Expected): void {
  const turn = turnOf(seen);
  expect(turn.message).toEqual({
    role: "assistant",
    content: file.text,
    ...(file.reasoning !== "" && { reasoning: file.reasoning }),
    ...(file.calls.length > 0 && { toolCalls: file.calls }),
  });
  expect(turn.finishReason).toBe(file.finish);
  expect(turn.usage).toEqual(file.usage);
  expect(turn.cost).toEqual(file.ticks === undefined ? { basis: "unknown" } : { basis: "billed", ticks: file.ticks });
  expect([turn.servedModel, turn.responseId]).toEqual([file.model, file.id]);
  expect([turn.systemFingerprint, turn.serviceTier]).toEqual([file.fingerprint, file.tier]);
  expect(turn.simulated).toBeUndefined();
  expect(joined(seen.events, "text.delta")).toBe(file.text);
  expect(joined(seen.events, "reasoning.delta")).toBe(file.reasoning);
  expect(joinedInputs(seen.events)).toEqual(file.calls.map(({ tool, arguments: text }) => ({ tool, arguments: text })));
  const wire = seen.events.filter((event) => event.type === "wire");
  expect(wire).toEqual(file.citations === undefined ? [] : [{ type: "wire", item: { citations: file.citations } }]);
}

each("every recording, over HTTP", () => {
  test.each(recordings)(
    "$name gives the text, reasoning, calls, usage and ticks that the file says",
    async (recording) => {
      const seen = await overHttp((response) => {
        response.writeHead(200, { "content-type": contentType(recording), "x-request-id": "req-1" });
        response.end(recording.bytes);
      });
      checkTurn(seen, expected(recording));
      expect(turnOf(seen).requestId).toBe("req-1");
    },
  );

  test.each([
    [
      "xai-text.chunks.txt",
      {
        inputTokens: 12,
        outputTokens: 291,
        totalTokens: 303,
        cachedInputTokens: 11,
        reasoningTokens: 290,
        sourcesUsed: 0,
      },
      1466250,
    ],
    [
      "xai-text-long-reasoning.chunks.txt",
      {
        inputTokens: 12,
        outputTokens: 342,
        totalTokens: 354,
        cachedInputTokens: 11,
        reasoningTokens: 340,
        sourcesUsed: 0,
      },
      1721250,
    ],
    [
      "xai-tool-call-long-reasoning.chunks.txt",
      {
        inputTokens: 307,
        outputTokens: 253,
        totalTokens: 560,
        cachedInputTokens: 306,
        reasoningTokens: 227,
        sourcesUsed: 0,
      },
      1497500,
    ],
    [
      "xai-tool-call.json",
      {
        inputTokens: 291,
        outputTokens: 215,
        totalTokens: 506,
        cachedInputTokens: 244,
        reasoningTokens: 189,
        sourcesUsed: 0,
      },
      1399000,
    ],
    [
      "deepseek-tool-call.json",
      { inputTokens: 339, outputTokens: 92, totalTokens: 431, cachedInputTokens: 320, reasoningTokens: 48 },
      undefined,
    ],
  ])("the usage of %s is the one worked out by hand", async (name, usage, ticks) => {
    const recording = recordings.find((candidate) => candidate.name === name);
    if (recording === undefined) throw new Error(`${name} is gone`);
    const turn = turnOf(
      await inMemory({ reads: [recording.bytes], headers: { "content-type": contentType(recording) } }),
    );
    expect(turn.usage).toEqual(usage);
    expect(turn.cost).toEqual(ticks === undefined ? { basis: "unknown" } : { basis: "billed", ticks });
  });

  test.each(streams)("$name, its connection reset or ended half way, is a typed error", async (recording) => {
    const half = recording.bytes.subarray(0, recording.bytes.length >> 1);
    const ended = await overHttp((response) => {
      response.writeHead(200, { "content-type": contentType(recording) });
      response.end(half);
    });
    checkCut(ended, await whole(recording), { recording, at: half.length });
    const reset = await overHttp((response) => {
      response.writeHead(200, { "content-type": contentType(recording) });
      response.write(half, () => setTimeout(() => response.destroy(), 5));
    });
    checkCut(reset, await whole(recording), { recording, at: half.length });
  });
});

/** Where the event with the finish reason ends: its JSON, without the blank line that closes it. */
function finishEnd(recording: Recording): number {
  const text = new TextDecoder().decode(recording.bytes);
  const marks = [...text.matchAll(/"finish_reason":"[a-z_]+"/g)];
  const mark = marks.at(-1);
  if (mark === undefined) throw new Error(`${recording.name} has no finish reason`);
  const end = text.indexOf("\n", mark.index);
  return new TextEncoder().encode(text.slice(0, end)).length;
}

/** A cut stream shows a part of what the whole one shows, and ends in a turn only when its finish reason was there. */
function checkCut(seen: Seen, full: Seen, { recording, at }: { recording: Recording; at: number }): void {
  const fullTurn = turnOf(full);
  const shown = seen.events.filter((event) => event.type !== "turn" && event.type !== "wire");
  expect(full.events.filter((event) => event.type !== "turn" && event.type !== "wire").slice(0, shown.length)).toEqual(
    shown,
  );
  if (seen.error !== undefined) {
    expect(seen.error).toBeInstanceOf(AgentError);
    expect(["stream_incomplete", "malformed_event", "connection_failed"]).toContain((seen.error as AgentError).code);
    expect(seen.events.every((event) => event.type !== "turn")).toBe(true);
    expect(at).toBeLessThan(finishEnd(recording) + 2);
    return;
  }
  expect(at).toBeGreaterThanOrEqual(finishEnd(recording));
  const turn = turnOf(seen);
  expect(turn.message).toEqual(fullTurn.message);
  expect(turn.finishReason).toBe(fullTurn.finishReason);
  // The usage may be what was cut off: then it is not known, or what a running count had come to.
  const known = full.events.map((event) => (event.type === "usage" ? event.usage : undefined));
  expect([undefined, ...known]).toContainEqual(turn.usage);
}

each("every recorded stream", () => {
  test.each(streams)("$name, cut at any event boundary, is the same turn or a typed error", async (recording) => {
    const full = await whole(recording);
    let at = 0;
    for (const line of recording.lines) {
      checkCut(await inMemory({ reads: [recording.bytes.subarray(0, at)] }), full, { recording, at });
      at += new TextEncoder().encode(`data: ${line}\n\n`).length;
    }
    expect(at).toBe(recording.bytes.length - "data: [DONE]\n\n".length);
  });

  test.each(streams)("$name, cut at 500 random bytes, is the same turn or a typed error", async (recording) => {
    const full = await whole(recording);
    const random = seeded(recording.bytes.length);
    for (let n = 0; n < 500; n++) {
      const at = random(recording.bytes.length);
      const broken = new AgentError("connection_failed", "The connection broke.", { retryable: true });
      const reads = [recording.bytes.subarray(0, at)];
      const seen = await inMemory(n % 2 === 0 ? { reads } : { reads, broken });
      checkCut(seen, full, { recording, at });
    }
  });

  test.each(streams)("$name gives the same events however the network splits it", async (recording) => {
    const full = await whole(recording);
    const random = seeded(recording.bytes.length + 1);
    for (let n = 0; n < 25; n++) {
      const reads: Uint8Array[] = [];
      for (let from = 0; from < recording.bytes.length; ) {
        const to = from + 1 + random(n === 0 ? 1 : 1 + random(400));
        reads.push(recording.bytes.subarray(from, to));
        from = to;
      }
      const seen = await inMemory({ reads });
      expect(seen.error).toBeUndefined();
      expect(seen.events).toEqual(full.events);
    }
  });
});
