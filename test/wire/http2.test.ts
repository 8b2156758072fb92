import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent, createClient } from "fairwitness";
import { describe, expect, test } from "vitest";
import { defaultTransport, type TransportRequest } from "../../src/wire/index.ts";
import { CHAT, chatPiece } from "../support/chaos-bodies.ts";
import { CHAOS_KEY } from "../support/chaos-client.ts";
import { startChild } from "../support/child.ts";
import { startHttp2 } from "../support/http2-server.ts";
import { failureOf, until } from "./support.ts";

const send = defaultTransport();
const SSE = { ":status": 200, "content-type": "text/event-stream" };

const requestTo = (url: string, more: Partial<TransportRequest> = {}): TransportRequest => ({
  method: "POST",
  url,
  headers: {},
  body: new TextEncoder().encode("{}"),
  signal: new AbortController().signal,
  ...more,
});

async function ask(url: string, more: Partial<TransportRequest> = {}): Promise<string> {
  const { body } = await send(requestTo(url, more));
  let text = "";
  for await (const bytes of body) text += Buffer.from(bytes).toString();
  return text;
}

const modelAt = (baseURL: string) => createClient({ apiKey: CHAOS_KEY, baseURL }).model("grok-4.7");

describe("a server that offers HTTP/2", () => {
  test("is asked over it, by many over one connection", async () => {
    await using server = await startHttp2((stream, n) => {
      stream.respond(SSE);
      stream.end(`answer ${n}`);
    });
    expect(await ask(server.url)).toBe("answer 0");
    const many = await Promise.all(Array.from({ length: 20 }, () => ask(server.url)));
    expect(new Set(many).size).toBe(20);
    expect(server.sessions).toBe(1);
    expect(new Set(server.requests)).toEqual(new Set(["POST HTTP/2"]));
  });

  test("is asked over HTTP/1 for what only is fetched", async () => {
    await using server = await startHttp2((stream) => stream.respond(SSE, { endStream: true }));
    await ask(server.url);
    const { body: _, ...get } = requestTo(server.url, { method: "GET" });
    const answer = await send(get);
    for await (const bytes of answer.body) expect(Buffer.from(bytes).toString()).toBe("over HTTP/1");
    expect(server.requests).toEqual(["POST HTTP/2", "GET HTTP/1"]);
  });

  test("and goes away in the middle of an answer is read to the end of it, and asked again over another connection", async () => {
    await using server = await startHttp2((stream, n) => {
      stream.respond(SSE);
      stream.write(CHAT.slice(0, 50));
      if (n === 0) stream.session?.goaway();
      setImmediate(() => stream.end(CHAT.slice(50)));
    });
    const agent = createAgent({ name: "a", model: modelAt(server.url), retry: { attempts: 1 } });
    expect((await agent.run("?")).text).toBe("Sunny");
    expect((await agent.run("?")).text).toBe("Sunny");
    expect(server.sessions).toBe(2);
  });

  test("has the stream of a reader who leaves ended at once, and its connection is used again", async () => {
    await using server = await startHttp2((stream, n) => {
      stream.respond(SSE);
      if (n < 2) stream.write("begun");
      else stream.end("whole");
    });
    const { body } = await send(requestTo(server.url));
    for await (const _ of body) break;
    await until(() => server.ended.length === 1);
    const controller = new AbortController();
    const asking = failureOf(ask(server.url, { signal: controller.signal }));
    await until(() => server.requests.length === 2);
    controller.abort("enough");
    expect(await asking).toBe("enough");
    await until(() => server.ended.length === 2);
    expect(await ask(server.url)).toBe("whole");
    expect(server.sessions).toBe(1);
  });

  test("and sends on to a reader who does not read is stopped", async () => {
    let written = 0;
    await using server = await startHttp2((stream) => {
      stream.respond(SSE);
      const write = (): void => {
        while (!stream.destroyed && stream.write(Buffer.alloc(65_536))) written += 65_536;
        stream.once("drain", write);
      };
      write();
    });
    const { body } = await send(requestTo(server.url));
    let before = -1;
    while (written > before) {
      before = written;
      for (let round = 0; round < 100; round += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(written).toBeLessThan(4 * 1024 * 1024);
    for await (const _ of body) break;
    await until(() => server.ended.length === 1);
  });

  test.each(["the stream", "the connection"])(
    "and breaks off %s is asked again for the whole (row 5)",
    async (what) => {
      await using server = await startHttp2((stream, n) => {
        stream.respond(SSE);
        if (n > 0) return void stream.end(CHAT);
        stream.write(chatPiece("Sun"));
        setImmediate(() => (what === "the stream" ? stream.close(2) : stream.session?.destroy()));
      });
      const agent = createAgent({ name: "a", model: modelAt(server.url), runtime: { random: () => 0 } });
      const { text, usage } = await agent.run("?");
      expect(text).toBe("Sunny");
      expect(usage.requests).toBe(2);
    },
  );

  test("does not hold a program that has nothing more to ask (row 24)", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fairwitness-http2-"));
    const file = join(folder, "authority.pem");
    await using server = await startHttp2((stream) => {
      stream.respond(SSE);
      stream.end(CHAT);
    });
    await writeFile(file, server.authority);
    const environment = { NODE_EXTRA_CA_CERTS: file };
    const { code, out, errors } = await startChild("ask", { baseURLs: [server.url], key: CHAOS_KEY }, environment)
      .ended;
    await rm(folder, { recursive: true });
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(out).toMatchObject({ outcomes: [{ text: "Sunny" }], held: [] });
    expect(server.sessions).toBe(1);
  });
});
