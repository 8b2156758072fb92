import { expect, test } from "vitest";
import type { SimTurn } from "../../src/sim/index.ts";
import { ask, chunksOf, response } from "./support.ts";

const streamed = ask({ stream: true, tools: [{ type: "web_search" }] });
const LONG: SimTurn = {
  text: "One two three — ünïcödé.",
  serverTools: [{ kind: "web_search", input: { query: "boats" } }],
};

/** The bytes of a streamed answer; those of an answer that breaks off as far as they come. */
const bytesOf = async (turn: SimTurn): Promise<Buffer> =>
  Buffer.from((await response({ ...LONG, ...turn }, streamed)).text);

/** Times of day differ between two answers. */
const timeless = (bytes: Buffer): string => bytes.toString().replaceAll(/"(created|completed)_at":\d+/g, "");

test("a stream is cut after exactly so many bytes", async () => {
  const whole = await bytesOf({});
  expect(whole.toString()).toMatch(/data: \[DONE\]\n\n$/);
  for (const afterBytes of [0, 1, 700, 2000, whole.length - 1]) {
    const cut = await bytesOf({ cut: { afterBytes } });
    expect(cut.length).toBe(afterBytes);
    expect(timeless(cut)).toBe(timeless(whole.subarray(0, afterBytes)));
  }
});

test("a reset breaks the connection", async () => {
  await expect(bytesOf({ cut: { afterBytes: 900, how: "reset" } })).rejects.toThrow();
});

test("a stalled stream sends nothing more and stays open until the client leaves", async () => {
  const { startSimulator } = await import("../../src/sim/index.ts");
  await using simulator = await startSimulator({ script: [{ ...LONG, stallAfterBytes: 50 }] });
  const left = new AbortController();
  const reply = await fetch(`${simulator.url}/responses`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${simulator.apiKey}` },
    body: JSON.stringify(streamed),
    signal: left.signal,
  });
  const reader = reply.body?.getReader();
  expect((await reader?.read())?.value?.length).toBe(50);
  const more = reader?.read().then(
    () => "more",
    () => "left",
  );
  expect(await Promise.race([more, new Promise((resolve) => setTimeout(resolve, 50, "silence"))])).toBe("silence");
  left.abort();
  expect(await more).toBe("left");
});

test("an error event, a duplicate, an unknown event, comments and a missing [DONE] stand where the script says", async () => {
  const plain = chunksOf((await bytesOf({})).toString());
  const broken = chunksOf((await bytesOf({ errorEvent: { afterChunks: 3 } })).toString());
  expect(broken.map(({ type }) => type)).toEqual([...plain.slice(0, 3).map(({ type }) => type), "error"]);
  const twice = chunksOf((await bytesOf({ duplicate: 4 })).toString());
  expect(twice.length).toBe(plain.length + 1);
  expect(twice[4]).toEqual(twice[5]);
  const data = { type: "response.doom_loop_check", doom_loop_check: { triggers: [] } };
  const odd = await bytesOf({ unknownEvent: { afterChunks: 5, event: data.type, data } });
  expect(chunksOf(odd.toString())[5]).toEqual(data);
  expect((await bytesOf({ comments: true })).toString().match(/^: keep-alive$/gm)?.length).toBe(plain.length + 1);
  expect((await bytesOf({ noDone: true })).toString()).not.toContain("[DONE]");
});

test("statuses, a redirect, raw chunks and JSON in place of a stream are the same as on chat", async () => {
  expect((await response({ status: 429, headers: { "retry-after": "7" } })).headers.get("retry-after")).toBe("7");
  expect((await response({ redirect: "http://127.0.0.1:1/" })).status).toBe(307);
  const error = await response({ json200Error: true }, streamed);
  expect([error.status, error.json.error]).toEqual([200, "Timed out waiting for first token"]);
  expect((await bytesOf({ chunks: [{ type: "ping" }, "{bad"] })).toString()).toBe(
    'data: {"type":"ping"}\n\ndata: {bad\n\ndata: [DONE]\n\n',
  );
});
