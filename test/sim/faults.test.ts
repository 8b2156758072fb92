import { once } from "node:events";
import { ServerResponse } from "node:http";
import { expect, test, vi } from "vitest";
import type { SimTurn } from "../../src/sim/index.ts";
import { readAll, send, unchunk } from "./raw.ts";
import { answer, chat, chunksOf, post, withSimulator } from "./support.ts";

const streamed = chat({ stream: true });

async function bytesOf(
  turn: SimTurn,
  body: unknown = streamed,
): Promise<{ body: string; isEnded: boolean; error: string | undefined }> {
  return withSimulator({ script: [turn] }, async (simulator) => {
    const { bytes, error } = await readAll(send(simulator, body));
    return { ...unchunk(bytes), error };
  });
}

const LONG: SimTurn = { text: "One two three four five six seven — ünïcödé." };

test("a cut body ends cleanly after exactly so many bytes, streamed or not", async () => {
  for (const body of [streamed, chat()]) {
    const whole = await bytesOf({ ...LONG, chunks: ["één", "två"] }, body);
    expect(whole.isEnded).toBe(true);
    for (const afterBytes of [0, 1, 8, 20]) {
      const cut = await bytesOf({ ...LONG, chunks: ["één", "två"], cut: { afterBytes } }, body);
      expect(cut.isEnded).toBe(true);
      expect(Buffer.byteLength(cut.body)).toBe(afterBytes);
      expect(Buffer.from(whole.body).subarray(0, afterBytes).toString()).toBe(cut.body);
    }
  }
});

test("a reset body delivers so many bytes and then resets the connection", async () => {
  for (const afterBytes of [0, 50, 400]) {
    const cut = await bytesOf({ ...LONG, cut: { afterBytes, how: "reset" } });
    expect(cut).toMatchObject({ isEnded: false, error: "ECONNRESET" });
    expect(Buffer.byteLength(cut.body)).toBe(afterBytes);
  }
});

test("a stalled body sends so many bytes and then nothing, until the client leaves", async () => {
  await withSimulator({ script: [{ ...LONG, stallAfterBytes: 50 }] }, async (simulator) => {
    const socket = send(simulator, streamed);
    let bytes = Buffer.alloc(0);
    while (unchunk(bytes).body.length < 50) bytes = Buffer.concat([bytes, (await once(socket, "data"))[0]]);
    const more = await Promise.race([
      once(socket, "data"),
      once(socket, "close"),
      new Promise((r) => setTimeout(r, 50, "silence")),
    ]);
    expect(more).toBe("silence");
    expect(unchunk(bytes)).toMatchObject({ isEnded: false });
    socket.destroy();
  });
});

test("a scripted status has xAI's body for it unless the script says another", async () => {
  const limited = await answer({ status: 429, headers: { "retry-after": "7" } });
  expect([limited.status, limited.headers.get("retry-after"), limited.json.code]).toEqual([
    429,
    "7",
    "resource-exhausted",
  ]);
  expect((await answer({ status: 503 })).json.code).toBe("The service is currently unavailable");
  expect((await answer({ status: 418 })).json).toEqual({ error: "Simulated HTTP 418" });
  expect((await answer({ status: 500, body: { error: { message: "nested" } } })).json).toEqual({
    error: { message: "nested" },
  });
  const page = await answer({ status: 520 });
  expect(page.headers.get("content-type")).toContain("text/html");
  expect((await answer({ status: 502, body: "bad gateway" })).headers.get("content-type")).toContain("text/plain");
  const odd = await answer({ text: "x", headers: { "content-type": "text/html" } }, streamed);
  expect([odd.status, odd.headers.get("content-type")]).toEqual([200, "text/html"]);
});

test("an error may come in a 200 with JSON where a stream was asked for", async () => {
  const own = await answer({ json200Error: true }, streamed);
  expect([own.status, own.json]).toEqual([
    200,
    { code: "The service is currently unavailable", error: "Timed out waiting for first token" },
  ]);
  expect((await answer({ json200Error: { error: "mine" } }, streamed)).json).toEqual({ error: "mine" });
});

test("a redirect names its target", async () => {
  const { status, headers } = await answer({ redirect: "https://elsewhere.example.com/v1" });
  expect([status, headers.get("location")]).toEqual([307, "https://elsewhere.example.com/v1"]);
});

test("an error frame stands in place of the rest of a stream", async () => {
  const { text } = await answer({ text: "a b c", errorEvent: { afterChunks: 2 } }, streamed);
  const chunks = chunksOf(text);
  expect(chunks).toHaveLength(3);
  expect(chunks[2].message).toMatch(/currently at capacity/);
  expect(text).not.toContain("[DONE]");
  const own = await answer({ text: "a", errorEvent: { afterChunks: 0, data: { code: "x", error: "y" } } }, streamed);
  expect(own.text).toBe('data: {"code":"x","error":"y"}\n\n');
});

test("a chunk may come twice, an unknown event between, comments before each, and no [DONE]", async () => {
  const chunks = ["0", "1", "2"];
  const text = async (turn: SimTurn): Promise<string> => (await answer({ chunks, ...turn }, streamed)).text;
  expect(await text({ duplicate: 1 })).toBe("data: 0\n\ndata: 1\n\ndata: 1\n\ndata: 2\n\ndata: [DONE]\n\n");
  expect(await text({ unknownEvent: { afterChunks: 1 } })).toBe(
    'data: 0\n\nevent: ping\ndata: {"type":"ping"}\n\ndata: 1\n\ndata: 2\n\ndata: [DONE]\n\n',
  );
  expect(await text({ unknownEvent: { afterChunks: 9, event: "later", data: [1] } })).toContain(
    "event: later\ndata: [1]",
  );
  expect(await text({ noDone: true })).toBe("data: 0\n\ndata: 1\n\ndata: 2\n\n");
  expect((await text({ comments: true })).match(/: keep-alive\n\n/g)).toHaveLength(4);
});

test("an answer without a finish reason never finishes", async () => {
  const chunks = chunksOf((await answer({ text: "a b", finishReason: null }, streamed)).text);
  expect(JSON.stringify(chunks)).not.toContain("finish_reason");
});

test("delays hold back the headers and the chunks", async () => {
  await withSimulator({ script: [{ chunks: ["0", "1", "2"], delayMs: 30, chunkDelayMs: 30 }] }, async (simulator) => {
    const begun = performance.now();
    await post(simulator, streamed);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(110); // a timer may fire a millisecond early
  });
});

test("a client that leaves ends the work and leaves no socket open", async () => {
  const scripts: SimTurn[] = [
    { text: "a b", chunkDelayMs: 60_000 },
    { text: "a b", delayMs: 60_000 },
    { text: "a b", stallAfterBytes: 10 },
    { text: "word ".repeat(400_000) },
  ];
  const handles = (): number =>
    process.getActiveResourcesInfo().filter((kind) => /TCP(Socket|Server)|Timeout/.test(kind)).length;
  const before = handles();
  await withSimulator({ script: scripts }, async (simulator) => {
    for (const _ of scripts) {
      const socket = send(simulator, streamed);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
    }
    await expect.poll(handles).toBeLessThanOrEqual(before + 1);
  });
  await expect.poll(handles).toBeLessThanOrEqual(before);
});

test("a slow reader slows the simulator down instead of filling its memory", async () => {
  const write = vi.spyOn(ServerResponse.prototype, "write");
  try {
    await withSimulator({ script: [{ text: "word ".repeat(100_000) }] }, async (simulator) => {
      const socket = send(simulator, streamed);
      socket.pause();
      const written: number[] = [];
      const isIdle = (): boolean => written.push(write.mock.calls.length) > 1 && written.at(-1) === written.at(-2);
      await expect.poll(isIdle, { interval: 100, timeout: 10_000 }).toBe(true);
      expect(written.at(-1)).toBeLessThan(90_000);
      const { bytes } = await readAll(socket.resume());
      expect(chunksOf(unchunk(bytes).body)).toHaveLength(100_001);
    });
  } finally {
    write.mockRestore();
  }
});
