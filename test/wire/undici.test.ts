import { execFile } from "node:child_process";
import { getEventListeners } from "node:events";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "fairwitness";
import { describe, expect, test } from "vitest";
import { defaultTransport, type TransportRequest, type TransportResponse } from "../../src/wire/index.ts";
import { startChaos } from "../support/chaos.ts";
import { CHAOS_KEY } from "../support/chaos-client.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { failureOf, serve, settle, until } from "./support.ts";

// What only the transport of Node can. What it shares with `fetch` is in transport.test.ts.
const send = defaultTransport();

function requestTo(url: string, more: Partial<TransportRequest> = {}): TransportRequest {
  return { method: "POST", url, headers: {}, signal: new AbortController().signal, ...more };
}

async function readsOf({ body }: TransportResponse): Promise<Uint8Array[]> {
  const reads: Uint8Array[] = [];
  for await (const bytes of body) reads.push(bytes);
  return reads;
}

/** A server that takes connections and is silent: a TLS handshake with it never ends. */
async function mute(): Promise<AsyncDisposable & { url: string; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  return {
    url: `https://127.0.0.1:${port}/v1`,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("on Node, undici", () => {
  test("is loaded with the first request, and not before", async () => {
    const program = `
      import { createRequire } from "node:module";
      import { createAgent, createClient } from "fairwitness";
      const { cache } = createRequire(import.meta.url);
      const isLoaded = () => Object.keys(cache).some((file) => /node_modules.undici\\W/.test(file));
      const client = createClient({ apiKey: "sim_k", baseURL: "http://127.0.0.1:1", retry: { attempts: 1 } });
      createAgent({ name: "a", model: client.model("grok-4.7") });
      const before = isLoaded();
      const { code } = await client.models.list().catch((error) => error);
      console.log(JSON.stringify({ before, code, after: isLoaded() }));`;
    const cwd = fileURLToPath(new URL("../..", import.meta.url));
    const options = ["--conditions=fairwitness-dev", "--input-type=module", "-e", program];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, options, { cwd });
    expect(JSON.parse(stdout)).toEqual({ before: false, code: "connection_failed", after: true });
    expect(stderr).toBe("");
  });

  test("sends what it is given, who it is, and what HTTP wants", async () => {
    await using server = await startChaos([{ fault: "none" }]);
    await readsOf(await send(requestTo(`${server.url}/a?b=c`, { headers: { "x-mine": "1" } })));
    const { target, headers } = server.requests[0] ?? {};
    expect(target).toBe("/v1/a?b=c");
    expect(headers).toEqual({
      host: server.host,
      connection: "keep-alive",
      "user-agent": "fairwitness",
      "x-mine": "1",
      "content-length": "0",
    });
    await readsOf(await send(requestTo(server.url, { headers: { "user-agent": "mine" } })));
    expect(server.requests[1]?.headers["user-agent"]).toBe("mine");
  });

  test("has the connections of all clients in common", async () => {
    await using server = await startChaos([{ fault: "none" }]);
    for (const transport of [send, defaultTransport(), defaultTransport()]) {
      await readsOf(await transport(requestTo(server.url)));
      await settle();
    }
    expect([server.requests.length, server.connections]).toEqual([3, 1]);
  });

  test("hands out as one read what came as one, however many chunks it was", async () => {
    await using server = await serve((_, response) => {
      response.cork();
      for (let n = 0; n < 200; n += 1) response.write(`${n},`);
      response.uncork();
      response.end();
    });
    const reads = await readsOf(await send(requestTo(server.url)));
    expect(Buffer.concat(reads).toString()).toBe(`${[...Array(200).keys()].join(",")},`);
    expect(reads.length).toBeLessThan(5);
  });

  test("keeps no listener on a signal that outlives its requests, however they end (row 24)", async () => {
    await using server = await startChaos([
      { fault: "none" },
      { fault: "flood", unit: "a".repeat(60_000) },
      { fault: "cut", at: 40, how: "reset" },
      { fault: "reset-before-headers" },
    ]);
    const { signal } = new AbortController();
    await readsOf(await send(requestTo(server.url, { signal })));
    for await (const _ of (await send(requestTo(server.url, { signal }))).body) break;
    await failureOf(send(requestTo(server.url, { signal })).then(readsOf));
    await failureOf(send(requestTo(server.url, { signal })));
    await failureOf(send(requestTo("http://127.0.0.1:1", { signal })));
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(server.requests).toHaveLength(4);
  });
});

describe("a connection that is made", () => {
  test("is told of, and when it is there", async () => {
    await using server = await startChaos([{ fault: "none" }]);
    const told: string[] = [];
    await readsOf(await send(requestTo(server.url, { onPhase: (phase) => void told.push(phase) })));
    expect(told).toEqual(["connecting", "connected"]);
    told.length = 0;
    await failureOf(send(requestTo("http://127.0.0.1:1", { onPhase: (phase) => void told.push(phase) })));
    expect(told).toEqual(["connecting"]);
  });

  test("has ten seconds, whatever the answer would have, and is closed then (row 6)", async () => {
    await using server = await mute();
    const clock = fakeClock();
    const client = createClient({ apiKey: CHAOS_KEY, baseURL: server.url, clock, retry: { attempts: 1 } });
    const asking = failureOf(client.models.list());
    await until(() => server.sockets.size === 1);
    await clock.pass(9_999);
    expect([server.sockets.size, clock.waiting]).toEqual([1, 2]);
    await clock.pass(1);
    expect(await asking).toMatchObject({ code: "connect_timeout", retryable: true });
    await until(() => server.sockets.size === 0);
    expect(clock.waiting).toBe(0);
  });

  test("for nobody any more is closed at once, and nothing is sent over it (row 88)", async () => {
    await using server = await mute();
    const controllers = [new AbortController(), new AbortController()];
    const failures = controllers.map(({ signal }) => failureOf(send(requestTo(server.url, { signal }))));
    await until(() => server.sockets.size > 0);
    for (const controller of controllers) controller.abort("enough");
    expect(await Promise.all(failures)).toEqual(["enough", "enough"]);
    await until(() => server.sockets.size === 0);
  });
});
